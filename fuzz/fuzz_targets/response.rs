//! Fuzzes, or replays, [`mandovi_fuzz::response`].
#![cfg_attr(fuzzing, no_main)]

mandovi_fuzz::target!(response);
