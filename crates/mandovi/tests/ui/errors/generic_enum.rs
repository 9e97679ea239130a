//! Callers know every type that travels.

use mandovi::prelude::*;

#[errors]
pub enum RoomError<T> {
    #[status(404)]
    NotFound(T),
}

fn main() {}
