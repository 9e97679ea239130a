//! Each enum is included once.

use mandovi::prelude::*;

#[errors]
pub enum CommonError {
    #[status(404)]
    NotFound,
}

#[errors]
pub enum RoomError {
    #[include]
    Common(CommonError),
    #[include]
    Again(CommonError),
}

fn main() {}
