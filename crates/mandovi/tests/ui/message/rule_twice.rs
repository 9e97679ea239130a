//! Two minima are one too many.

use mandovi::prelude::*;

#[message]
pub struct Line {
    #[field(1, minimum = 1, minimum = 2)]
    member: u32,
}

fn main() {}
