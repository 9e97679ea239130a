//! The attribute is for structs and enums.

use mandovi::prelude::*;

#[message]
pub fn line() {}

fn main() {}
