//! The members of a flattened message have their rules where they are declared.

use mandovi::prelude::*;

#[message]
pub struct Place {
    #[field(2)]
    city: String,
}

#[message]
pub struct Person {
    #[field(flatten, min_length = 1)]
    place: Place,
}

fn main() {}
