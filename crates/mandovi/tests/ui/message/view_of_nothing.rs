//! A view shows something.

use mandovi::prelude::*;

#[message(view(tiny = []))]
pub struct Line {
    #[field(1)]
    pub text: String,
}

fn main() {}
