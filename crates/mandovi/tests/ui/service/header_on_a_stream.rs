//! A stream is answered by its handshake.

use mandovi::prelude::*;

pub struct Caller;

#[service()]
pub trait Rooms {
    #[get("/listen", cookie(session = "sid"))]
    async fn listen(&self, input: Receiver<String>) -> Outcome<String>;
}

fn main() {}
