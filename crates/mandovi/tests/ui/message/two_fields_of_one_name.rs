//! An object cannot hold two members of one name.

use mandovi::prelude::*;

#[message]
pub struct Line {
    #[field(1)]
    text: String,
    #[field(2, rename = "text")]
    other: String,
}

fn main() {}
