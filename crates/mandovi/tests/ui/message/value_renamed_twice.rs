//! A value has one text.

use mandovi::prelude::*;

#[message]
pub enum Event {
    #[value(rename = "in")]
    #[value(rename = "joined")]
    Joined,
}

fn main() {}
