//! A default is one of the values.

use mandovi::prelude::*;

#[message]
pub struct Line {
    #[field(1, one_of = ["a", "b"], default = "c")]
    member: String,
}

fn main() {}
