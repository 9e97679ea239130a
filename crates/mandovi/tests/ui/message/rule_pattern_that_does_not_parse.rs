//! A pattern is a regular expression.

use mandovi::prelude::*;

#[message]
pub struct Line {
    #[field(1, pattern = "[a-z")]
    member: String,
}

fn main() {}
