//! A half carries one type.

use mandovi::prelude::*;

#[service]
pub trait Rooms {
    #[get("/listen")]
    async fn listen(&self, input: Receiver) -> Outcome<()>;
}

fn main() {}
