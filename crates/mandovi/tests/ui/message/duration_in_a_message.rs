//! A length of time has no form in JSON that others would expect.

use mandovi::prelude::*;

#[message]
pub struct Line {
    #[field(1)]
    lasts: Duration,
}

fn main() {}
