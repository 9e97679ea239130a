//! A value of it could neither be sent nor received.

use mandovi::prelude::*;

#[message]
pub enum Event {}

fn main() {}
