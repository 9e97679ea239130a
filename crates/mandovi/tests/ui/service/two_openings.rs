//! An opening holds all halves.

use mandovi::prelude::*;

#[service]
pub trait Rooms {
    #[get("/lines")]
    async fn lines(&self, first: Opening<Sender<String>>, second: Opening<Receiver<u8>>) -> Outcome<()>;
}

fn main() {}
