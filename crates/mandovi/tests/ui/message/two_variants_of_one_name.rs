//! A name stands for one variant.

use mandovi::prelude::*;

#[message]
pub enum Shape {
    Label(String),
    #[value(rename = "label")]
    Title(String),
}

fn main() {}
