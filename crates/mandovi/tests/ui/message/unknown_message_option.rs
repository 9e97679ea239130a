//! A message has views and nothing else.

use mandovi::prelude::*;

#[message(views(tiny = [text]))]
pub struct Line {
    #[field(1)]
    pub text: String,
}

fn main() {}
