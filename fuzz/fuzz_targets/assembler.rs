//! Fuzzes, or replays, [`mandovi_fuzz::assembler`].
#![cfg_attr(fuzzing, no_main)]

mandovi_fuzz::target!(assembler);
