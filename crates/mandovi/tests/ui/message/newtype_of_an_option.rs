//! Whether something is absent is a matter of where it is used.

use mandovi::prelude::*;

#[message]
pub struct Name(Option<String>);

fn main() {}
