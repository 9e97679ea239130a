//! The rules of a parameter that repeats are those of each value.

use mandovi::prelude::*;

#[service]
pub trait Rooms {
    #[get("/rooms/{room}")]
    async fn room(&self, room: String, #[query(min_length = 1)] numbers: Vec<u32>) -> Outcome<()>;
}

fn main() {}
