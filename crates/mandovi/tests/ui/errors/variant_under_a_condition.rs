//! Both sides are built apart from each other.

use mandovi::prelude::*;

#[errors]
pub enum RoomError {
    #[status(404)]
    NotFound,
    #[cfg(debug_assertions)]
    #[status(500)]
    Bug,
}

fn main() {}
