//! A header has a name.

use mandovi::prelude::*;

pub struct Caller;

#[message]
pub struct Room {
    #[field(1)]
    pub location: String,
    #[field(2)]
    pub guests: Vec<String>,
}

#[service()]
pub trait Rooms {
    #[post("/enter", header(location = "The Location"))]
    async fn enter(&self) -> Outcome<Room>;
}

fn main() {}
