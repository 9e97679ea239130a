//! Every error has a status.

use mandovi::prelude::*;

#[errors]
pub enum RoomError {
    NotFound,
    #[status(name = "gone")]
    Gone,
}

fn main() {}
