//! A format is for texts.

use mandovi::prelude::*;

#[message]
pub struct Line {
    #[field(1, format = "date")]
    member: u64,
}

fn main() {}
