//! The attribute is for traits.

use mandovi::prelude::*;

#[service]
pub struct Rooms;

fn main() {}
