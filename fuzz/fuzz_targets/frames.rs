//! Fuzzes, or replays, [`mandovi_fuzz::frames`].
#![cfg_attr(fuzzing, no_main)]

mandovi_fuzz::target!(frames);
