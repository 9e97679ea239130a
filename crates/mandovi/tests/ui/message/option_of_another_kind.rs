//! Each kind of item has options of its own.

use mandovi::prelude::*;

#[message(tag = "kind")]
pub struct Line {
    #[field(1)]
    text: String,
}

#[message(rename_all = "camelCase")]
pub struct Name(String);

#[message(view(tiny = [a]))]
pub enum Shape {
    A(String),
}

#[message(secret)]
pub enum Kind {
    A,
}

fn main() {}
