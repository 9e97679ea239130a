//! Nothing is what is asked anyway.

use mandovi::prelude::*;

pub struct Caller;

#[service(schemes(jwt = Jwt<Caller>), auth = none)]
pub trait Rooms {
    #[get("/listen")]
    async fn listen(&self, input: Receiver<String>) -> Outcome<()>;
}

fn main() {}
