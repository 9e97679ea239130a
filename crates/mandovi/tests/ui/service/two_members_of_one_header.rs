//! A header has one value.

use mandovi::prelude::*;

#[message]
pub struct Room {
    #[field(1)]
    pub location: String,
    #[field(2)]
    pub owner: String,
}

#[service]
pub trait Rooms {
    #[post("/enter", header(location = "Location", owner = "location"))]
    async fn enter(&self) -> Outcome<Room>;
}

fn main() {}
