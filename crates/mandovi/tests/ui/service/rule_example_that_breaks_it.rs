//! An example keeps the rules.

use mandovi::prelude::*;

#[service]
pub trait Rooms {
    #[get("/rooms/{room}")]
    async fn room(&self, #[path(min_length = 3, example = "ab")] room: String) -> Outcome<()>;
}

fn main() {}
