//! A text has a length, not a size.

use mandovi::prelude::*;

#[message]
pub struct Line {
    #[field(1, minimum = 3)]
    member: String,
}

fn main() {}
