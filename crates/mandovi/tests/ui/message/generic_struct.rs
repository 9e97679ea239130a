//! A message has one shape.

use mandovi::prelude::*;

#[message]
pub struct Page<T> {
    #[field(1)]
    items: Vec<T>,
}

fn main() {}
