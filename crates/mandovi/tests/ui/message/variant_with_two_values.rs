//! There is one member for the value.

use mandovi::prelude::*;

#[message]
pub enum Shape {
    Point(f64, f64),
    Label(String),
}

fn main() {}
