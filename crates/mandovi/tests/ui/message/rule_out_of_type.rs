//! No byte is 300.

use mandovi::prelude::*;

#[message]
pub struct Line {
    #[field(1, maximum = 300)]
    member: u8,
}

fn main() {}
