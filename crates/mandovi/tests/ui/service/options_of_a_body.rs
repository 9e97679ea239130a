//! A body is all of the request that is not its head.

use mandovi::prelude::*;

#[service]
pub trait Rooms {
    #[post("/rooms")]
    async fn open(&self, #[body(name = "room")] room: String) -> Outcome<()>;
}

fn main() {}
