//! What a message holds is a value too.

use mandovi::prelude::*;

pub struct Plain;

#[message]
pub struct Line {
    #[field(1)]
    plain: Plain,
}

fn main() {}
