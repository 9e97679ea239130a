//! A default matches the pattern.

use mandovi::prelude::*;

#[message]
pub struct Line {
    #[field(1, pattern = "^[a-z]+$", default = "Four")]
    member: String,
}

fn main() {}
