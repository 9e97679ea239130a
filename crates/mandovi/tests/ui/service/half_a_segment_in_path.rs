//! A parameter is a whole segment.

use mandovi::prelude::*;

#[service]
pub trait Rooms {
    #[get("/rooms/{room}.json")]
    async fn listen(&self, room: String, input: Receiver<String>) -> Outcome<()>;
}

fn main() {}
