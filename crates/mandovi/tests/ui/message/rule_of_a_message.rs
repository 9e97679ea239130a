//! The rules of a message stand on its fields.

use mandovi::prelude::*;

#[message]
pub struct Address {
    #[field(1)]
    street: String,
}

#[message]
pub struct Line {
    #[field(1, min_length = 1)]
    member: Address,
}

fn main() {}
