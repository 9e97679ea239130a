//! An event has one id, which is text.

use mandovi::prelude::*;

#[message]
pub struct Line {
    #[field(1, event_id)]
    number: u64,
    #[field(2, event_id)]
    name: String,
}

fn main() {}
