//! Fuzzes, or replays, [`mandovi_fuzz::utf8`].
#![cfg_attr(fuzzing, no_main)]

mandovi_fuzz::target!(utf8);
