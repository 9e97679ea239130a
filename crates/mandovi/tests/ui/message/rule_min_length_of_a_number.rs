//! A number has no length.

use mandovi::prelude::*;

#[message]
pub struct Line {
    #[field(1, min_length = 3)]
    member: u32,
}

fn main() {}
