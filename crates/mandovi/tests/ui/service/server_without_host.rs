//! A server is a whole URL.

use mandovi::prelude::*;

pub struct Caller;

#[service(server("/rooms"))]
pub trait Rooms {
    #[get("/listen")]
    async fn listen(&self, input: Receiver<String>) -> Outcome<()>;
}

fn main() {}
