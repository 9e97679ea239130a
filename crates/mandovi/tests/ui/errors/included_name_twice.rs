//! A name is declared once, included ones among them.

use mandovi::prelude::*;

#[errors]
pub enum CommonError {
    #[status(404)]
    NotFound,
}

#[errors]
pub enum RoomError {
    #[status(410)]
    NotFound,
    #[include]
    Common(CommonError),
}

fn main() {}
