//! A call has one shape.

use mandovi::prelude::*;

#[service]
pub trait Rooms {
    #[get("/size")]
    async fn size(&self) -> Outcome<u32>
    where
        Self: Clone;
}

fn main() {}
