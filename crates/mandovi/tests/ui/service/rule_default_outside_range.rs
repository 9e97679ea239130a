//! A default keeps the rules.

use mandovi::prelude::*;

#[service]
pub trait Rooms {
    #[get("/rooms/{room}")]
    async fn room(&self, room: String, #[query(minimum = 1, default = 0)] limit: u32) -> Outcome<()>;
}

fn main() {}
