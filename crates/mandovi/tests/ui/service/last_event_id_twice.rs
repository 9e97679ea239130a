//! A stream goes on from one place.

use mandovi::prelude::*;

#[service]
pub trait Feed {
    #[get("/follow")]
    async fn follow(&self, #[last_event_id] after: Option<u64>, #[last_event_id] since: Option<u64>, output: Sender<u64>) -> Outcome<()>;
}

fn main() {}
