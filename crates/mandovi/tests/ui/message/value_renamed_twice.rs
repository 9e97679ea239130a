//! A value has one text.

use mandovi::prelude::*;

#[message]
pub enum Event {
    #[value("in")]
    #[value("joined")]
    Joined,
}

fn main() {}
