//! `null` is the same as absent.

use mandovi::prelude::*;

#[message]
pub struct Line {
    #[field(1)]
    text: Option<Option<String>>,
}

fn main() {}
