//! A contract holds methods only.

use mandovi::prelude::*;

#[service]
pub trait Rooms {
    type Room;

    #[get("/listen")]
    async fn listen(&self, input: Receiver<String>) -> Outcome<()>;
}

fn main() {}
