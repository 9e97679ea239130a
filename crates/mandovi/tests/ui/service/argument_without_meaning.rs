//! Every argument says what it is.

use mandovi::prelude::*;

#[service]
pub trait Rooms {
    #[get("/listen")]
    async fn listen(&self, room: String, input: Receiver<String>) -> Outcome<()>;
}

fn main() {}
