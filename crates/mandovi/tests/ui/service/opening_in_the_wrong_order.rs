//! The halves come in the order in which everything else has them.

use mandovi::prelude::*;

#[service]
pub trait Rooms {
    #[get("/listen")]
    async fn listen(&self, opening: Opening<(Sender<String>, Receiver<String>)>) -> Outcome<()>;
}

fn main() {}
