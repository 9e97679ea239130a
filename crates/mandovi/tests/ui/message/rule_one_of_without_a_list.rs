//! A list has brackets.

use mandovi::prelude::*;

#[message]
pub struct Room {
    #[field(1, one_of = "a")]
    pub value: String,
}

fn main() {}
