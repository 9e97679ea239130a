//! Only members of objects have numbers.

use mandovi::prelude::*;

#[message]
pub struct Name(#[field(1)] String);

fn main() {}
