//! What is misspelt is said, not ignored.

use mandovi::prelude::*;

#[message]
pub struct Line {
    #[field(1, alias = "t")]
    text: String,
}

fn main() {}
