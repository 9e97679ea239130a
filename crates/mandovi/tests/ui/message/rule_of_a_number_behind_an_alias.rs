//! The compiler sees what the macro does not.

use mandovi::prelude::*;

type Count = u32;

#[message]
pub struct Line {
    #[field(1, min_length = 1)]
    member: Count,
}

fn main() {}
