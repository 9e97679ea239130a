//! More is written somewhere.

use mandovi::prelude::*;

#[service(docs(description = "More."))]
pub trait Rooms {
    #[get("/rooms")]
    async fn rooms(&self) -> Outcome<u32>;
}

fn main() {}
