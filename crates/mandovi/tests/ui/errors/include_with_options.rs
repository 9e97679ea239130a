//! An include says it all.

use mandovi::prelude::*;

#[errors]
pub enum CommonError {
    #[status(404)]
    NotFound,
}

#[errors]
pub enum RoomError {
    #[include(name = "common")]
    Common(CommonError),
}

fn main() {}
