//! An example is a value of the field.

use mandovi::prelude::*;

#[message]
pub struct Line {
    #[field(1, example = true)]
    count: u64,
}

fn main() {}
