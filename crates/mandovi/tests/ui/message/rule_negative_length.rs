//! A length is never negative.

use mandovi::prelude::*;

#[message]
pub struct Line {
    #[field(1, min_length = -1)]
    member: String,
}

fn main() {}
