//! All mistakes are told, each once, and the trait is there nonetheless.

use mandovi::prelude::*;

#[service]
pub trait Rooms {
    #[post("/one")]
    async fn one(&self, input: Receiver<String>) -> Outcome<()>;

    #[get("/two", auth = nobody)]
    async fn two(&self, what: u8, input: Receiver<String>) -> Outcome<()>;

    #[get("/three")]
    async fn three(&self, input: Receiver<Option<u8>>, again: Receiver<u8>) -> Outcome<()>;

    async fn four(&self, #[query] limit: u32) -> Outcome<()>;
}

fn main() {}

struct Home;

impl Rooms for Home {
    async fn one(&self, _: Receiver<String>) -> Outcome<()> {
        Ok(())
    }

    async fn two(&self, _: u8, _: Receiver<String>) -> Outcome<()> {
        Ok(())
    }

    async fn three(&self, _: Receiver<Option<u8>>, _: Receiver<u8>) -> Outcome<()> {
        Ok(())
    }

    async fn four(&self, _: u32) -> Outcome<()> {
        Ok(())
    }
}
