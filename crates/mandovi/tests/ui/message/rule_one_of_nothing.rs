//! Some value must be allowed.

use mandovi::prelude::*;

#[message]
pub struct Line {
    #[field(1, one_of = [])]
    member: String,
}

fn main() {}
