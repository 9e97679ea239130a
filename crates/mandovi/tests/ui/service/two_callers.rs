//! A call has one caller.

use mandovi::prelude::*;

pub struct Caller;

#[service(schemes(jwt = Jwt<Caller>))]
pub trait Rooms {
    #[get("/size", auth = jwt)]
    async fn size(&self, caller: Auth<Caller>, again: Auth<Caller>) -> Outcome<u32>;
}

fn main() {}
