//! No whole number is 0.5.

use mandovi::prelude::*;

#[message]
pub struct Line {
    #[field(1, minimum = 0.5)]
    member: i32,
}

fn main() {}
