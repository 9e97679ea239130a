//! Both sides are built apart from each other.

use mandovi::prelude::*;

#[service]
pub trait Rooms {
    #[cfg(debug_assertions)]
    #[get("/size")]
    async fn size(&self) -> Outcome<u32>;
}

fn main() {}
