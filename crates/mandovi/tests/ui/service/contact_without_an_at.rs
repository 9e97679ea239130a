//! An address of mail is one.

use mandovi::prelude::*;

#[service(contact(email = "rooms.example"))]
pub trait Rooms {
    #[get("/rooms")]
    async fn rooms(&self) -> Outcome<u32>;
}

fn main() {}
