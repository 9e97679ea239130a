//! A client does one thing about an error.

use mandovi::prelude::*;

#[errors]
pub enum RoomError {
    #[status(503, recoverable, fatal)]
    Busy,
}

fn main() {}
