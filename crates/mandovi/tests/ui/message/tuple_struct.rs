//! The members of an object have names.

use mandovi::prelude::*;

#[message]
pub struct Line(String);

fn main() {}
