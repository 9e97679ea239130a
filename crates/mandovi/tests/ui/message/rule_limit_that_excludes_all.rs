//! No byte is above 255.

use mandovi::prelude::*;

#[message]
pub struct Line {
    #[field(1, exclusive_minimum = 255)]
    member: u8,
}

fn main() {}
