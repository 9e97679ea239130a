//! The header has the name that browsers give it.

use mandovi::prelude::*;

#[service]
pub trait Feed {
    #[get("/follow")]
    async fn follow(&self, #[last_event_id(name = "X-Last")] after: Option<u64>, output: Sender<u64>) -> Outcome<()>;
}

fn main() {}
