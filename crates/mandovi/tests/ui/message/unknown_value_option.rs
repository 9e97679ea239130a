//! What is misspelt is said, not ignored.

use mandovi::prelude::*;

#[message]
pub enum Event {
    #[value(name = "in")]
    Joined,
}

fn main() {}
