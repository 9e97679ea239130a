//! An answer is JSON.

use mandovi::prelude::*;

#[service]
pub trait Rooms {
    #[get("/size", raw)]
    async fn size(&self) -> Outcome<u32>;
}

fn main() {}
