//! A handshake has no body.

use mandovi::prelude::*;

#[service]
pub trait Rooms {
    #[get("/listen")]
    async fn listen(&self, #[body] first: String, input: Receiver<String>) -> Outcome<()>;
}

fn main() {}
