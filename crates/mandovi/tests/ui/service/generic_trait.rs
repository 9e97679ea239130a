//! A server is made of one type.

use mandovi::prelude::*;

#[service]
pub trait Rooms<T> {
    #[get("/listen")]
    async fn listen(&self, input: Receiver<T>) -> Outcome<()>;
}

fn main() {}
