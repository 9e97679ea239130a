//! The struct of a view has one name.

use mandovi::prelude::*;

#[message(view(tiny = [next]))]
pub struct Page<T> {
    #[field(1)]
    items: Vec<T>,
    #[field(2)]
    next: Option<String>,
}

fn main() {}
