//! A shape does not depend on numbers.

use mandovi::prelude::*;

#[message]
pub struct Grid<const N: u8> {
    #[field(1)]
    cells: Vec<u8>,
}

fn main() {}
