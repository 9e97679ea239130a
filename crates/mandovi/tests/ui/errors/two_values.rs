//! Several values have names.

use mandovi::prelude::*;

#[errors]
pub enum RoomError {
    #[status(404)]
    NotFound(String, u32),
}

fn main() {}
