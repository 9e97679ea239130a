//! The default view is always there.

use mandovi::prelude::*;

#[message(view(default = [text], viewed = [text], tiny = [text], tiny = []))]
pub struct Line {
    #[field(1)]
    text: String,
}

fn main() {}
