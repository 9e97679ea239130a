//! One member cannot hold both.

use mandovi::prelude::*;

#[message(tag = "value")]
pub enum Shape {
    Label(String),
}

fn main() {}
