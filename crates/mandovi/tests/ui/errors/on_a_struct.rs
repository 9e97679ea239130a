//! The attribute is for enums.

use mandovi::prelude::*;

#[errors]
pub struct RoomError;

fn main() {}
