//! A call has one context.

use mandovi::prelude::*;

#[service]
pub trait Rooms {
    #[get("/size")]
    async fn size(&self, cx: Context, again: Context) -> Outcome<u32>;
}

fn main() {}
