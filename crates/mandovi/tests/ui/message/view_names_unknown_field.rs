//! A view is a part of what is there.

use mandovi::prelude::*;

#[message(view(tiny = [txt]))]
pub struct Line {
    #[field(1)]
    text: String,
    #[field(2)]
    length: u32,
}

fn main() {}
