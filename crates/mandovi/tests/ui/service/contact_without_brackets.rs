//! A contact has parts.

use mandovi::prelude::*;

pub struct Caller;

#[service(contact = "rooms@example.com")]
pub trait Rooms {
    #[get("/rooms")]
    async fn rooms(&self) -> Outcome<u32>;
}

fn main() {}
