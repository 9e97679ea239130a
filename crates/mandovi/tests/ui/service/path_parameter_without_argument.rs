//! A name in the path claims an argument.

use mandovi::prelude::*;

#[service]
pub trait Rooms {
    #[get("/rooms/{room}")]
    async fn listen(&self, input: Receiver<String>) -> Outcome<()>;
}

fn main() {}
