//! A view has a name.

use mandovi::prelude::*;

#[message(view = [text])]
pub struct Line {
    #[field(1)]
    pub text: String,
}

fn main() {}
