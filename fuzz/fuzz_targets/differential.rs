//! Fuzzes, or replays, [`mandovi_fuzz::differential`].
#![cfg_attr(fuzzing, no_main)]

mandovi_fuzz::target!(differential);
