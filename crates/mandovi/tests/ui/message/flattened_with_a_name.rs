//! The members of a flattened message have names and examples of their own.

use mandovi::prelude::*;

#[message]
pub struct Place {
    #[field(1)]
    pub room: String,
}

#[message]
pub struct Event {
    #[field(flatten, rename = "where")]
    pub place: Place,
    #[field(flatten, example = "lobby")]
    pub other: Place,
}

fn main() {}
