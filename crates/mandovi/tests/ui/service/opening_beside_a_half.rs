//! An opening holds all halves.

use mandovi::prelude::*;

#[service]
pub trait Rooms {
    #[get("/listen")]
    async fn listen(&self, opening: Opening<Receiver<String>>, output: Sender<String>) -> Outcome<()>;
}

fn main() {}
