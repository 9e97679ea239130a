//! The value of a variant has no number.

use mandovi::prelude::*;

#[message]
pub enum Event {
    Joined(#[field(1)] String),
    Left,
}

fn main() {}
