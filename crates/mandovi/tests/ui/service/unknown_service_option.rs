//! A service has schemes and a path.

use mandovi::prelude::*;

#[service(prefix = "/v1")]
pub trait Rooms {
    #[get("/size")]
    async fn size(&self) -> Outcome<u32>;
}

fn main() {}
