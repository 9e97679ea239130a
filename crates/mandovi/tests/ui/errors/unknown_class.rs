//! There are four classes.

use mandovi::prelude::*;

#[errors]
pub enum RoomError {
    #[status(503, recoverable)]
    Busy,
}

fn main() {}
