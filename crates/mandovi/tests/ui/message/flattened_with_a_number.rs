//! What is flattened has numbers, rules and defaults of its own.

use mandovi::prelude::*;

#[message]
pub struct Base {
    #[field(1)]
    id: String,
}

#[message]
pub struct Numbered {
    #[field(2, flatten)]
    base: Base,
}

#[message]
pub struct Secret {
    #[field(flatten, secret)]
    base: Base,
}

#[message]
pub struct Maybe {
    #[field(flatten)]
    base: Option<Base>,
}

fn main() {}
