//! A stream is JSON or raw in both directions.

use mandovi::prelude::*;

#[service]
pub trait Rooms {
    #[get("/lines")]
    async fn lines(&self, input: Receiver<Message>, output: Sender<String>) -> Outcome<()>;
}

fn main() {}
