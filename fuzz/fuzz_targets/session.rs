//! Fuzzes, or replays, [`mandovi_fuzz::session`].
#![cfg_attr(fuzzing, no_main)]

mandovi_fuzz::target!(session);
