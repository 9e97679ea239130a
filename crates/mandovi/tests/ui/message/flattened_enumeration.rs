//! Only an object has members.

use mandovi::prelude::*;

#[message]
pub enum Kind {
    Added,
}

#[message]
pub struct Line {
    #[field(flatten)]
    kind: Kind,
}

fn main() {}
