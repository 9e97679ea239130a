//! A segment of the path is no parameter of the query.

use mandovi::prelude::*;

#[service]
pub trait Rooms {
    #[get("/rooms/{room}")]
    async fn size(&self, #[query] room: String) -> Outcome<u32>;
}

fn main() {}
