//! A base path has no parameters.

use mandovi::prelude::*;

#[service(path = "/{tenant}")]
pub trait Rooms {
    #[get("/size")]
    async fn size(&self) -> Outcome<u32>;
}

fn main() {}
