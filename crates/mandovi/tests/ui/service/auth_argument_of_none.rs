//! Nobody is verified.

use mandovi::prelude::*;

pub struct Caller;

#[service(schemes(jwt = Jwt<Caller>), auth = jwt)]
pub trait Rooms {
    #[get("/listen", auth = none)]
    async fn listen(&self, caller: Auth<Caller>, input: Receiver<String>) -> Outcome<()>;
}

fn main() {}
