//! A field with a default is never absent.

use mandovi::prelude::*;

#[message]
pub struct Line {
    #[field(1, default = 5)]
    length: Option<u32>,
}

fn main() {}
