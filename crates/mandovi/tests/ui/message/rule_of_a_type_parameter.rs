//! A type parameter may be anything: rules stand where it is known what it is.

use mandovi::prelude::*;

#[message]
pub struct Page<T> {
    #[field(1, minimum = 1)]
    first: T,
}

fn main() {}
