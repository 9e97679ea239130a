//! A contract says what, not how.

use mandovi::prelude::*;

#[service]
pub trait Rooms {
    #[get("/listen")]
    async fn listen(&self, input: Receiver<String>) -> Outcome<()> {
        Ok(())
    }
}

fn main() {}
