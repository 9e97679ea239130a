//! Fields and values are renamed in one way.

use mandovi::prelude::*;

#[message]
pub enum Kind {
    #[value("taken-back")]
    TakenBack,
}

fn main() {}
