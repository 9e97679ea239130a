//! A parameter with a default is never absent.

use mandovi::prelude::*;

#[service]
pub trait Rooms {
    #[get("/listen")]
    async fn listen(&self, #[query(default = 5)] limit: Option<u32>, input: Receiver<String>) -> Outcome<()>;
}

fn main() {}
