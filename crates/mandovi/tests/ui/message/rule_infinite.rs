//! A limit is finite.

use mandovi::prelude::*;

#[message]
pub struct Line {
    #[field(1, maximum = 1e999)]
    member: f64,
}

fn main() {}
