//! The first request has no last event.

use mandovi::prelude::*;

#[service]
pub trait Feed {
    #[get("/follow")]
    async fn follow(&self, #[last_event_id] after: u64, output: Sender<u64>) -> Outcome<()>;
}

fn main() {}
