//! Every field has a number.

use mandovi::prelude::*;

#[message]
pub struct Line {
    text: String,
    #[field(secret)]
    length: u32,
}

fn main() {}
