//! What is said of a field stands in one place.

use mandovi::prelude::*;

#[message]
pub struct Line {
    #[field(1)]
    #[field(name = "words")]
    pub text: String,
}

fn main() {}
