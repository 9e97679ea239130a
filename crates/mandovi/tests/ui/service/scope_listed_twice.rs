//! A scope is listed once.

use mandovi::prelude::*;

pub struct Caller;

#[service(schemes(jwt(scopes("a" = "one", "a" = "two")) = Jwt<Caller>))]
pub trait Rooms {
    #[get("/listen", auth = jwt)]
    async fn listen(&self, input: Receiver<String>) -> Outcome<()>;
}

fn main() {}
