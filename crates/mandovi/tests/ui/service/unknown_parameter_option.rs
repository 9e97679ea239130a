//! What is misspelt is said, not ignored.

use mandovi::prelude::*;

#[service]
pub trait Rooms {
    #[get("/rooms/{room}")]
    async fn room(&self, room: String, #[query(min = 1)] limit: u32) -> Outcome<()>;
}

fn main() {}
