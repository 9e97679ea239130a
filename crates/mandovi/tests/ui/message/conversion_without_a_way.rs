//! Each field is converted by `.into()`.

use mandovi::prelude::*;

pub struct Counter;

pub struct Stored {
    pub text: String,
    pub count: Counter,
}

#[message]
pub struct Count(u64);

#[message(from = Stored)]
pub struct Line {
    #[field(1)]
    text: String,
    #[field(2)]
    count: Count,
}

fn main() {}
