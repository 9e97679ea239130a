//! A text stands for one variant.

use mandovi::prelude::*;

#[message]
pub enum Event {
    Joined,
    #[value(rename = "joined")]
    Entered,
}

fn main() {}
