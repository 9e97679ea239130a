//! A plain method has no events.

use mandovi::prelude::*;

#[service]
pub trait Feed {
    #[get("/follow")]
    async fn follow(&self, #[last_event_id] after: Option<u64>) -> Outcome<u64>;
}

fn main() {}
