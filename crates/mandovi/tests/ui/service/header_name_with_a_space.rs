//! The name of a header is a token, RFC 9110 section 5.6.2.

use mandovi::prelude::*;

#[service]
pub trait Rooms {
    #[get("/size")]
    async fn size(&self, #[header(name = "room name")] room: String) -> Outcome<u32>;
}

fn main() {}
