//! Values are listed for single values.

use mandovi::prelude::*;

#[message]
pub struct Room {
    #[field(1, one_of = ["a", "b"])]
    pub value: Vec<String>,
}

fn main() {}
