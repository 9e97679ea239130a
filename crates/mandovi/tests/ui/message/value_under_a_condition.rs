//! Both sides are built apart from each other.

use mandovi::prelude::*;

#[message]
pub enum Event {
    Joined,
    #[cfg(debug_assertions)]
    Traced,
}

fn main() {}
