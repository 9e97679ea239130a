//! Raw messages are no events.

use mandovi::prelude::*;

#[service]
pub trait Feed {
    #[get("/follow", raw)]
    async fn follow(&self, #[last_event_id] after: Option<u64>, output: Sender<Message>) -> Outcome<()>;
}

fn main() {}
