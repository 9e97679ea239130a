//! A path with a hole is another path.

use mandovi::prelude::*;

#[service]
pub trait Rooms {
    #[get("/rooms/{room}")]
    async fn listen(&self, room: Option<String>, input: Receiver<String>) -> Outcome<()>;
}

fn main() {}
