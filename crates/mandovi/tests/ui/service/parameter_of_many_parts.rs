//! Parameters are single values.

use mandovi::prelude::*;

#[message]
pub struct Point {
    #[field(1)]
    x: u8,
}

#[service]
pub trait Rooms {
    #[get("/listen")]
    async fn listen(&self, #[query] point: Point, input: Receiver<String>) -> Outcome<()>;
}

fn main() {}
