//! A stream goes on from one place.

use mandovi::prelude::*;

#[service]
pub trait Feed {
    #[get("/follow")]
    async fn follow(&self, #[last_event_id] after: Vec<u64>, output: Sender<u64>) -> Outcome<()>;
}

fn main() {}
