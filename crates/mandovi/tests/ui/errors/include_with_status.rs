//! Included errors have statuses of their own.

use mandovi::prelude::*;

#[errors]
pub enum CommonError {
    #[status(404)]
    NotFound,
}

#[errors]
pub enum RoomError {
    #[include]
    #[status(404)]
    Common(CommonError),
}

fn main() {}
