//! Which of the two is meant?

use mandovi::prelude::*;

#[message(rename_all = "camelCase", rename_all = "kebab-case")]
pub struct Line {
    #[field(1)]
    text: String,
}

fn main() {}
