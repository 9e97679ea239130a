//! A default is as long as the rules want it.

use mandovi::prelude::*;

#[message]
pub struct Line {
    #[field(1, max_length = 3, default = "four")]
    member: String,
}

fn main() {}
