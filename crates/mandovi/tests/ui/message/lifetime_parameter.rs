//! What is received must be kept.

use mandovi::prelude::*;

#[message]
pub struct Line<'a> {
    #[field(1)]
    text: &'a str,
}

fn main() {}
