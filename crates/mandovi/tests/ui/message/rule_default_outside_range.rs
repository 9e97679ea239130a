//! A default keeps the rules.

use mandovi::prelude::*;

#[message]
pub struct Line {
    #[field(1, maximum = 100, default = 101)]
    member: u32,
}

fn main() {}
