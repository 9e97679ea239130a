//! The limits are held against each other here, so they stand here.

use mandovi::prelude::*;

const MAX: u32 = 3;

#[message]
pub struct Line {
    #[field(1, maximum = MAX)]
    member: u32,
}

fn main() {}
