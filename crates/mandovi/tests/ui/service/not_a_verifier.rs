//! A verifier of passwords is asked with a password.

use mandovi::prelude::*;

pub struct Caller;

#[service(schemes(basic = Basic<Caller>))]
pub trait Rooms {
    #[get("/size", auth = basic)]
    async fn size(&self) -> Outcome<u32>;
}

pub fn verified(server: RoomsServer<impl Rooms>) {
    let _ = server.basic("ada:rocks");
}

fn main() {}
