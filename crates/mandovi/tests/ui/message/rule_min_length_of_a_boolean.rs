//! A boolean has no length.

use mandovi::prelude::*;

#[message]
pub struct Room {
    #[field(1, min_length = 1)]
    pub value: bool,
}

fn main() {}
