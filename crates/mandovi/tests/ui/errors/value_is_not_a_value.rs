//! What an error holds is a value of the design.

use mandovi::prelude::*;

pub struct Plain;

#[errors]
pub enum RoomError {
    #[status(404)]
    NotFound(Plain),
}

fn main() {}
