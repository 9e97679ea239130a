//! A number identifies a field.

use mandovi::prelude::*;

#[message]
pub struct Line {
    #[field(1)]
    text: String,
    #[field(1)]
    length: u32,
}

fn main() {}
