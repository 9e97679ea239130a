//! The second should have been another.

use mandovi::prelude::*;

#[message]
pub struct Line {
    #[field(1, one_of = [1, 2, 1])]
    member: u8,
}

fn main() {}
