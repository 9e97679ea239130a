//! The caller is made of the principal of every alternative.

use mandovi::prelude::*;

pub struct Caller;

pub struct Machine;

#[service(schemes(jwt = Jwt<Caller>, key(header = "X-Key") = ApiKey<Machine>))]
pub trait Rooms {
    #[get("/listen", auth = jwt | key)]
    async fn listen(&self, caller: Auth<Caller>, input: Receiver<String>) -> Outcome<()>;
}

fn main() {}
