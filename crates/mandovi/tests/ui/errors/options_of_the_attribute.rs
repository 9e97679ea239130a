//! What there is to say stands on the variants.

use mandovi::prelude::*;

#[errors(fault)]
pub enum RoomError {
    #[status(404)]
    NotFound,
}

fn main() {}
