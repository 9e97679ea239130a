//! The values of an enumeration hold nothing.

use mandovi::prelude::*;

#[message]
pub enum Event {
    Joined,
    Said(String),
}

fn main() {}
