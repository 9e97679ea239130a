//! A path without the segment is another path.

use mandovi::prelude::*;

#[service]
pub trait Rooms {
    #[get("/rooms/{room}")]
    async fn size(&self, #[path(default = "lobby")] room: String) -> Outcome<u32>;
}

fn main() {}
