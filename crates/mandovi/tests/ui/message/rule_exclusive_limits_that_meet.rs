//! Nothing is above 0.5 and below it.

use mandovi::prelude::*;

#[message]
pub struct Line {
    #[field(1, exclusive_minimum = 0.5, exclusive_maximum = 0.5)]
    member: f64,
}

fn main() {}
