//! The values are in the documents: they stand here themselves.

use mandovi::prelude::*;

#[message]
pub struct Room {
    #[field(1, one_of = [LOBBY])]
    pub value: String,
}

fn main() {}
