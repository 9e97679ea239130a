//! A WebSocket handshake is a GET.

use mandovi::prelude::*;

#[service]
pub trait Rooms {
    #[post("/listen")]
    async fn listen(&self, input: Receiver<String>) -> Outcome<()>;
}

fn main() {}
