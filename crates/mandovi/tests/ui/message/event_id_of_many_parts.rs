//! The id of an event is one text.

use mandovi::prelude::*;

#[message]
pub struct Line {
    #[field(1, event_id)]
    ids: Vec<u64>,
}

fn main() {}
