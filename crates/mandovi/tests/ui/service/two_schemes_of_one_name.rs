//! Methods name their scheme.

use mandovi::prelude::*;

pub struct Caller;

#[service(schemes(jwt = Jwt<Caller>, jwt = Basic<Caller>))]
pub trait Rooms {
    #[get("/size", auth = jwt)]
    async fn size(&self) -> Outcome<u32>;
}

fn main() {}
