//! The names of members are text.

use std::collections::BTreeMap;

use mandovi::prelude::*;

#[message]
pub struct Line {
    #[field(1)]
    counts: BTreeMap<Vec<u8>, u8>,
}

fn main() {}
