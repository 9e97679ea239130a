//! Serde has eight words.

use mandovi::prelude::*;

#[message(rename_all = "camel_case")]
pub struct Line {
    #[field(1)]
    sent_at: String,
}

fn main() {}
