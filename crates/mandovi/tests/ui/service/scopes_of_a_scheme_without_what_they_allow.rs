//! A scheme says what each of its scopes allows.

use mandovi::prelude::*;

pub struct Caller;

#[service(schemes(jwt(scopes = ["read"]) = Jwt<Caller>))]
pub trait Rooms {
    #[get("/rooms")]
    async fn rooms(&self) -> Outcome<u32>;
}

fn main() {}
