//! The type of the caller is the one of the scheme.

use mandovi::prelude::*;

pub struct Caller;

#[service(schemes(jwt = Jwt<Caller>))]
pub trait Rooms {
    #[get("/listen", auth = jwt)]
    async fn listen(&self, caller: Auth<String>, input: Receiver<String>) -> Outcome<()>;
}

fn main() {}
