//! A scheme may be told where else a token stands.

use mandovi::prelude::*;

pub struct Caller;

#[service(schemes(jwt(header = "token") = Jwt<Caller>))]
pub trait Rooms {
    #[get("/size", auth = jwt)]
    async fn size(&self) -> Outcome<u32>;
}

fn main() {}
