//! A derived `Debug` would show the secret.

use mandovi::prelude::*;

#[message]
#[derive(Debug)]
pub struct Login {
    #[field(1, secret)]
    password: String,
}

fn main() {}
