//! The members of an object have names.

use mandovi::prelude::*;

#[message]
pub struct Line(String, u64);

fn main() {}
