//! The values are of the type.

use mandovi::prelude::*;

#[message]
pub struct Room {
    #[field(1, one_of = [0, 1])]
    pub value: bool,
}

fn main() {}
