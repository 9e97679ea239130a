//! A call has one stream in each direction.

use mandovi::prelude::*;

#[service]
pub trait Rooms {
    #[get("/listen")]
    async fn listen(&self, first: Receiver<String>, second: Receiver<u8>) -> Outcome<()>;
}

fn main() {}
