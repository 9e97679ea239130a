//! One lower limit is enough.

use mandovi::prelude::*;

#[message]
pub struct Line {
    #[field(1, minimum = 1, exclusive_minimum = 0)]
    member: u32,
}

fn main() {}
