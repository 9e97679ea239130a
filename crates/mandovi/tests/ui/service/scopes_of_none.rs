//! Who lets everyone in asks for no scopes.

use mandovi::prelude::*;

pub struct Caller;

#[service(schemes(jwt = Jwt<Caller>))]
pub trait Rooms {
    #[get("/listen", auth = none, scopes = ["a"])]
    async fn listen(&self, input: Receiver<String>) -> Outcome<()>;
}

fn main() {}
