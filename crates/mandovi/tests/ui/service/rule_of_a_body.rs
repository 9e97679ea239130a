//! The rules of a body stand in its message.

use mandovi::prelude::*;

#[service]
pub trait Rooms {
    #[get("/rooms/{room}")]
    async fn room(&self, room: String, #[body(min_length = 1)] text: String) -> Outcome<()>;
}

fn main() {}
