//! `#[last_event_id]` is read from the query `last_event_id` too.

use mandovi::prelude::*;

#[service]
pub trait Feed {
    #[get("/follow")]
    async fn follow(&self, #[last_event_id] after: Option<u64>, #[query] last_event_id: Option<u64>, output: Sender<u64>) -> Outcome<()>;
}

fn main() {}
