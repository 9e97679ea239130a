//! A caller tells errors apart by their names.

use mandovi::prelude::*;

#[errors]
pub enum RoomError {
    #[status(404)]
    NotFound,
    #[status(410, name = "not_found")]
    Gone,
}

fn main() {}
