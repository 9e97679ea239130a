//! An upload has no events.

use mandovi::prelude::*;

#[service]
pub trait Feed {
    #[get("/follow")]
    async fn follow(&self, #[last_event_id] after: Option<u64>, input: Receiver<u64>) -> Outcome<()>;
}

fn main() {}
