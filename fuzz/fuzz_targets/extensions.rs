//! Fuzzes, or replays, [`mandovi_fuzz::extensions`].
#![cfg_attr(fuzzing, no_main)]

mandovi_fuzz::target!(extensions);
