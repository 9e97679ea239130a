//! A scope is one of those that the scheme lists.

use mandovi::prelude::*;

pub struct Caller;

#[service(schemes(jwt(scopes("rooms:read" = "may listen")) = Jwt<Caller>))]
pub trait Rooms {
    #[get("/listen", auth = jwt, scopes = ["rooms:raed"])]
    async fn listen(&self, input: Receiver<String>) -> Outcome<()>;
}

fn main() {}
