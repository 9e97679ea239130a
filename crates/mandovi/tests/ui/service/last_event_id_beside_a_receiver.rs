//! Server-sent events flow one way.

use mandovi::prelude::*;

#[service]
pub trait Feed {
    #[get("/follow")]
    async fn follow(&self, #[last_event_id] after: Option<u64>, input: Receiver<u64>, output: Sender<u64>) -> Outcome<()>;
}

fn main() {}
