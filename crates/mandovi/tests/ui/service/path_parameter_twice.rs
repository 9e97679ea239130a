//! A parameter has one value.

use mandovi::prelude::*;

#[service]
pub trait Rooms {
    #[get("/rooms/{room}/{room}")]
    async fn size(&self, room: String) -> Outcome<u32>;
}

fn main() {}
