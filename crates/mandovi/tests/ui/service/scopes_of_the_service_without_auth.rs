//! Scopes belong to a credential.

use mandovi::prelude::*;

pub struct Caller;

#[service(schemes(jwt = Jwt<Caller>), scopes = ["a"])]
pub trait Rooms {
    #[get("/listen")]
    async fn listen(&self, input: Receiver<String>) -> Outcome<()>;
}

fn main() {}
