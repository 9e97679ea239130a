//! A number of a list is one of some type.

use mandovi::prelude::*;

#[message]
pub struct Room {
    #[field(1, one_of = [1, 99999999999999999999])]
    pub value: u64,
}

fn main() {}
