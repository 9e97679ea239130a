//! The status of an error says that it is one.

use mandovi::prelude::*;

#[errors]
pub enum RoomError {
    #[status(200)]
    Fine,
    #[status(600)]
    Unheard,
    #[status(70000)]
    Huge,
}

fn main() {}
