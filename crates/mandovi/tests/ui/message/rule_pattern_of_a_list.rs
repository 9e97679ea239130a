//! A pattern is for each element, so it stands on a newtype.

use mandovi::prelude::*;

#[message]
pub struct Line {
    #[field(1, pattern = "^[a-z]+$")]
    member: Vec<String>,
}

fn main() {}
