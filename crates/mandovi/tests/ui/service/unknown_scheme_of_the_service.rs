//! What the service asks is one of its schemes.

use mandovi::prelude::*;

pub struct Caller;

#[service(schemes(jwt = Jwt<Caller>), auth = key)]
pub trait Rooms {
    #[get("/listen")]
    async fn listen(&self, input: Receiver<String>) -> Outcome<()>;
}

fn main() {}
