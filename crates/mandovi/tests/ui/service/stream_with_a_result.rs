//! What a stream sends and what it answers would be the same messages.

use mandovi::prelude::*;

#[service]
pub trait Rooms {
    #[get("/listen")]
    async fn listen(&self, output: Sender<String>) -> Outcome<u32>;
}

fn main() {}
