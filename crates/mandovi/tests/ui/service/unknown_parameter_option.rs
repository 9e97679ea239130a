//! A parameter has a name and a default.

use mandovi::prelude::*;

#[service]
pub trait Rooms {
    #[get("/rooms")]
    async fn rooms(&self, #[query(min = 1)] limit: u32) -> Outcome<u32>;
}

fn main() {}
