//! A stream is answered by its handshake.

use mandovi::prelude::*;

pub struct Caller;

#[service()]
pub trait Rooms {
    #[get("/listen", status = 201)]
    async fn listen(&self, input: Receiver<String>) -> Outcome<()>;
}

fn main() {}
