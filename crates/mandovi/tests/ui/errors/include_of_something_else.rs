//! What is included is declared.

use mandovi::prelude::*;

#[errors]
pub enum CommonError {
    #[status(404)]
    NotFound,
}

#[errors]
pub enum RoomError {
    #[status(410)]
    Gone,
    #[include]
    Common(String),
}

fn main() {}
