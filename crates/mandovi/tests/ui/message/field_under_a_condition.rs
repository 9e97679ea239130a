//! Both sides are built apart from each other.

use mandovi::prelude::*;

#[message]
pub struct Line {
    #[field(1)]
    pub text: String,
    #[cfg(debug_assertions)]
    #[field(2)]
    pub trace: String,
}

fn main() {}
