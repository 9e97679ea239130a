//! RE2 has no look-around.

use mandovi::prelude::*;

#[message]
pub struct Line {
    #[field(1, pattern = "(?=a)b")]
    member: String,
}

fn main() {}
