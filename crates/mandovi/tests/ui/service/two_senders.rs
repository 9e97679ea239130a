//! A call has one stream in each direction.

use mandovi::prelude::*;

#[service]
pub trait Rooms {
    #[get("/lines")]
    async fn lines(&self, first: Sender<String>, second: Sender<u8>) -> Outcome<()>;
}

fn main() {}
