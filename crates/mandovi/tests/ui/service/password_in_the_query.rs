//! A password would stand in every log.

use mandovi::prelude::*;

pub struct Caller;

#[service(schemes(basic(query = "password") = Basic<Caller>))]
pub trait Rooms {
    #[get("/size", auth = basic)]
    async fn size(&self) -> Outcome<u32>;
}

fn main() {}
