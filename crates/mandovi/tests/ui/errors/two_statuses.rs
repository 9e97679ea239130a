//! An error is refused with one status.

use mandovi::prelude::*;

#[errors]
pub enum RoomError {
    #[status(404)]
    #[status(410)]
    NotFound,
}

fn main() {}
