//! Fuzzes, or replays, [`mandovi_fuzz::request`].
#![cfg_attr(fuzzing, no_main)]

mandovi_fuzz::target!(request);
