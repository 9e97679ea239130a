//! The derive would show it.

use mandovi::prelude::*;

#[message(secret)]
#[derive(Debug)]
pub struct Password(String);

fn main() {}
