//! An argument of the path has its place there.

use mandovi::prelude::*;

#[service]
pub trait Rooms {
    #[get("/rooms")]
    async fn listen(&self, #[path] room: String, input: Receiver<String>) -> Outcome<()>;
}

fn main() {}
