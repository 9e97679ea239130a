//! A title says something.

use mandovi::prelude::*;

#[service(title = "")]
pub trait Rooms {
    #[get("/rooms")]
    async fn rooms(&self) -> Outcome<u32>;
}

fn main() {}
