//! A variant that would be a message of its own.

use mandovi::prelude::*;

#[message]
pub enum Shape {
    Circle { radius: f64 },
    Nothing,
}

fn main() {}
