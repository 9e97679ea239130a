//! Between 3 and 4 there is no whole number.

use mandovi::prelude::*;

#[message]
pub struct Line {
    #[field(1, exclusive_minimum = 3, exclusive_maximum = 4)]
    member: Option<i64>,
}

fn main() {}
