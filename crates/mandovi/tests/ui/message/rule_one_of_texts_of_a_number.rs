//! The values are of the type.

use mandovi::prelude::*;

#[message]
pub struct Room {
    #[field(1, one_of = ["a", "b"])]
    pub value: f64,
}

fn main() {}
