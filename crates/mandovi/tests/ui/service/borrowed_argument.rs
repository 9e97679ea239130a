//! What arrives is owned.

use mandovi::prelude::*;

#[service]
pub trait Rooms {
    #[get("/rooms/{room}")]
    async fn listen(&self, room: &str, input: Receiver<String>) -> Outcome<()>;
}

fn main() {}
