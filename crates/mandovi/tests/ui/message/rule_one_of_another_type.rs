//! The values are of the type of the field.

use mandovi::prelude::*;

#[message]
pub struct Line {
    #[field(1, one_of = [1, 2])]
    member: String,
}

fn main() {}
