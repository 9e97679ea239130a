//! Only what has views is shown in one.

use mandovi::prelude::*;

#[message(view(short = [text(tiny)]))]
pub struct Line {
    #[field(1)]
    pub text: String,
}

fn main() {}
