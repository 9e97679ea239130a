//! No number keeps both.

use mandovi::prelude::*;

#[message]
pub struct Line {
    #[field(1, minimum = 10, maximum = 9)]
    member: u32,
}

fn main() {}
