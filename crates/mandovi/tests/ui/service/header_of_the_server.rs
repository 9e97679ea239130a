//! Some headers are the server's own.

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
    #[post("/enter", header(location = "Content-Type"))]
    async fn enter(&self) -> Outcome<Room>;
}

fn main() {}
