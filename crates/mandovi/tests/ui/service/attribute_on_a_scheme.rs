//! A scheme has a description, and no attributes.

use mandovi::prelude::*;

pub struct Caller;

#[service(schemes(#[must_use] jwt = Jwt<Caller>))]
pub trait Rooms {
    #[get("/rooms")]
    async fn rooms(&self) -> Outcome<u32>;
}

fn main() {}
