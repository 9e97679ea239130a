//! Types that mean something else elsewhere, or nothing in JSON.

use mandovi::prelude::*;

#[message]
pub struct Line {
    #[field(1)]
    length: usize,
    #[field(2)]
    offset: Option<isize>,
    #[field(3)]
    initial: char,
    #[field(4)]
    total: Vec<u128>,
    #[field(5)]
    text: &'static str,
}

fn main() {}
