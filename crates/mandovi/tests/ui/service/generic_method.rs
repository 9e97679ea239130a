//! What travels has one shape.

use mandovi::prelude::*;

#[service]
pub trait Rooms {
    #[get("/listen")]
    async fn listen<T: Send>(&self, input: Receiver<T>) -> Outcome<()>;
}

fn main() {}
