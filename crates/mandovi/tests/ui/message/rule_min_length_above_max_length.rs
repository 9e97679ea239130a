//! Nothing is as long.

use mandovi::prelude::*;

#[message]
pub struct Line {
    #[field(1, min_length = 3, max_length = 2)]
    member: Vec<u8>,
}

fn main() {}
