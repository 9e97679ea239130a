//! A method has one verb and one path.

use mandovi::prelude::*;

#[service]
pub trait Rooms {
    #[get("/listen")]
    #[post("/listen")]
    async fn listen(&self, input: Receiver<String>) -> Outcome<()>;
}

fn main() {}
