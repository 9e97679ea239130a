//! A sender sends what the contract says.

use mandovi::prelude::*;

#[service]
pub trait Rooms {
    #[get("/lines")]
    async fn lines(&self, output: Sender<String>) -> Outcome<()>;
}

struct Hall;

impl Rooms for Hall {
    async fn lines(&self, output: Sender<String>) -> Outcome<()> {
        output.send(7u8).await?;
        Ok(())
    }
}

fn main() {}
