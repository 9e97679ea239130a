//! Fuzzes, or replays, [`mandovi_fuzz::inflate`].
#![cfg_attr(fuzzing, no_main)]

mandovi_fuzz::target!(inflate);
