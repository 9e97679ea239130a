//! A request has one body.

use mandovi::prelude::*;

#[service]
pub trait Rooms {
    #[post("/rooms")]
    async fn open(&self, #[body] room: String, #[body] topic: String) -> Outcome<()>;
}

fn main() {}
