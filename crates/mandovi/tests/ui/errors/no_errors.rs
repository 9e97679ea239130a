//! Methods that declare no errors have `NoError`.

use mandovi::prelude::*;

#[errors]
pub enum RoomError {}

fn main() {}
