//! The time to wait has a unit.

use mandovi::prelude::*;

#[errors]
pub enum RoomError {
    #[status(429)]
    SlowDown {
        #[retry_after]
        seconds: u32,
    },
    #[status(503)]
    Busy {
        #[retry_after]
        one: Duration,
        #[retry_after]
        two: Duration,
    },
    #[status(420)]
    Calm(#[retry_after] Duration),
}

fn main() {}
