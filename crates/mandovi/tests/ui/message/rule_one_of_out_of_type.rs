//! No byte is 256.

use mandovi::prelude::*;

#[message]
pub struct Line {
    #[field(1, one_of = [1, 256])]
    member: u8,
}

fn main() {}
