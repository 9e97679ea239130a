//! The name travels in a header.

use mandovi::prelude::*;

#[errors]
pub enum RoomError {
    #[status(404, name = "not found")]
    NotFound,
}

fn main() {}
