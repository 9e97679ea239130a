//! The design says how a field travels.

use mandovi::prelude::*;

#[message]
pub struct Line {
    #[field(1)]
    #[serde(rename = "t")]
    text: String,
}

fn main() {}
