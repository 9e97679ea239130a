//! One request is one call.

use mandovi::prelude::*;

#[service]
pub trait Rooms {
    #[get("/rooms/{room}")]
    async fn one(&self, room: String, input: Receiver<String>) -> Outcome<()>;

    #[get("/rooms/{name}")]
    async fn two(&self, name: String, input: Receiver<String>) -> Outcome<()>;

    #[post("/rooms/{id}")]
    async fn three(&self, id: String) -> Outcome<()>;
}

fn main() {}
