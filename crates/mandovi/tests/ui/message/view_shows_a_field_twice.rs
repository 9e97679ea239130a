//! An object has each member once.

use mandovi::prelude::*;

#[message(view(tiny = [text, text]))]
pub struct Line {
    #[field(1)]
    pub text: String,
}

fn main() {}
