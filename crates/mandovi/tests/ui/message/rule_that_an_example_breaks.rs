//! An example keeps the rules.

use mandovi::prelude::*;

#[message(max_length = 3, example = "four")]
pub struct Name(String);

fn main() {}
