//! The rules of a newtype stand on itself.

use mandovi::prelude::*;

#[message]
pub struct Name(String);

#[message]
pub struct Person {
    #[field(1, min_length = 1)]
    name: Name,
}

fn main() {}
