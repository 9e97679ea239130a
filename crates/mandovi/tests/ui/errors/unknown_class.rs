//! There are four classes, and Goa's three words.

use mandovi::prelude::*;

#[errors]
pub enum RoomError {
    #[status(503, sometimes)]
    Busy,
}

fn main() {}
