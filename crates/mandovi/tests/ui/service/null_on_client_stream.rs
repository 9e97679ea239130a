//! `null` ends the stream of a client.

use mandovi::prelude::*;

#[service]
pub trait Rooms {
    #[get("/options")]
    async fn options(&self, input: Receiver<Option<String>>) -> Outcome<()>;

    #[get("/units")]
    async fn units(&self, opening: Opening<Receiver<()>>) -> Outcome<()>;
}

fn main() {}
