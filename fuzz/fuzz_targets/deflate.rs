//! Fuzzes, or replays, [`mandovi_fuzz::deflate`].
#![cfg_attr(fuzzing, no_main)]

mandovi_fuzz::target!(deflate);
