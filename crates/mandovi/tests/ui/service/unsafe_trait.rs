//! Nothing that an implementation does can make it unsound.

use mandovi::prelude::*;

#[service]
pub unsafe trait Rooms {
    #[get("/size")]
    async fn size(&self) -> Outcome<u32>;
}

fn main() {}
