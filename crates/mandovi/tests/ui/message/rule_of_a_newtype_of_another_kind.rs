//! A newtype has the rules that suit what it holds.

use mandovi::prelude::*;

#[message(minimum = 1)]
pub struct Name(String);

fn main() {}
