//! The first of two would always win.

use mandovi::prelude::*;

#[service]
pub trait Rooms {
    #[get("/listen")]
    async fn listen(&self, #[query] limit: u32, #[query(name = "limit")] max: u32, input: Receiver<String>) -> Outcome<()>;
}

fn main() {}
