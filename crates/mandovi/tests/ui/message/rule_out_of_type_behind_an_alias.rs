//! The compiler sees what the macro does not.

use mandovi::prelude::*;

type Count = Option<u8>;

#[message]
pub struct Line {
    #[field(1, maximum = 300)]
    member: Count,
}

fn main() {}
