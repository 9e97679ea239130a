//! A text stands for one variant.

use mandovi::prelude::*;

#[message]
pub enum Event {
    Joined,
    #[value("joined")]
    Entered,
}

fn main() {}
