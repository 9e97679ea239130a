//! The numbers are those of other encodings.

use mandovi::prelude::*;

#[message]
pub struct Line {
    #[field(0)]
    zero: u8,
    #[field(-1)]
    negative: u8,
    #[field(19000)]
    reserved: u8,
    #[field(536870912)]
    large: u8,
}

fn main() {}
