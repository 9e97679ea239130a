//! Serde's word is another.

use mandovi::prelude::*;

#[message]
pub struct Line {
    #[field(1, name = "sentAt")]
    sent_at: String,
}

fn main() {}
