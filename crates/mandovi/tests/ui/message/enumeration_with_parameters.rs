//! There is nothing that the parameter could be the type of.

use mandovi::prelude::*;

#[message]
pub enum Kind<T> {
    Added,
    Removed,
}

fn main() {}
