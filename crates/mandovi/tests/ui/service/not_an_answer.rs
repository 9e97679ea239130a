//! What a method answers travels.

use mandovi::prelude::*;

pub struct Room;

#[service]
pub trait Rooms {
    #[get("/room")]
    async fn room(&self) -> Outcome<Room>;
}

fn main() {}
