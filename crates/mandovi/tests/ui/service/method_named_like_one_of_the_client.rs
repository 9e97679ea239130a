//! The client has functions of its own.

use mandovi::prelude::*;

#[service]
pub trait Rooms {
    #[get("/builder")]
    async fn builder(&self) -> Outcome<u32>;
}

fn main() {}
