//! Values are renamed one by one.

use mandovi::prelude::*;

#[message(rename_all = "kebab-case")]
pub enum Event {
    Joined,
}

fn main() {}
