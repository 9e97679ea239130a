//! An implementation that differs is told at its own tokens.

use mandovi::prelude::*;

#[service]
pub trait Rooms {
    #[get("/listen")]
    async fn listen(&self, input: Receiver<String>) -> Outcome<u32>;
}

struct Home;

impl Rooms for Home {
    async fn listen(&self, _: Receiver<u8>) -> Outcome<u32> {
        Ok(1)
    }
}

struct Other;

impl Rooms for Other {
    async fn listen(&self, _: Receiver<String>) -> Outcome<()> {
        Ok(())
    }
}

fn main() {}
