//! What follows the question mark are parameters.

use mandovi::prelude::*;

#[service]
pub trait Rooms {
    #[get("/rooms?limit={limit}")]
    async fn rooms(&self, limit: u32) -> Outcome<u32>;
}

fn main() {}
