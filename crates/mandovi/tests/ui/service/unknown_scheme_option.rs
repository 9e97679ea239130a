//! Schemes have few options.

use mandovi::prelude::*;

pub struct Caller;

#[service(schemes(jwt(realm = "here") = Jwt<Caller>))]
pub trait Rooms {
    #[get("/listen", auth = jwt)]
    async fn listen(&self, input: Receiver<String>) -> Outcome<()>;
}

fn main() {}
