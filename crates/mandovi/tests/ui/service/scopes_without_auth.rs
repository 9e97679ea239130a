//! Scopes belong to a credential.

use mandovi::prelude::*;

pub struct Caller;

#[service(schemes(jwt = Jwt<Caller>))]
pub trait Rooms {
    #[get("/listen", scopes = ["stream:write"])]
    async fn listen(&self, input: Receiver<String>) -> Outcome<()>;
}

fn main() {}
