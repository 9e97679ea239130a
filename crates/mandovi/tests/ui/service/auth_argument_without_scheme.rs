//! Nobody would have verified the caller.

use mandovi::prelude::*;

pub struct Caller;

#[service(schemes(jwt = Jwt<Caller>))]
pub trait Rooms {
    #[get("/listen")]
    async fn listen(&self, caller: Auth<Caller>, input: Receiver<String>) -> Outcome<()>;
}

fn main() {}
