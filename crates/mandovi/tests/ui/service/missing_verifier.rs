//! A server becomes a router once every scheme has its verifier.

use mandovi::prelude::*;

pub struct Caller;

#[service(schemes(jwt = Jwt<Caller>))]
pub trait Rooms {
    #[get("/listen", auth = jwt)]
    async fn listen(&self, caller: Auth<Caller>, input: Receiver<String>) -> Outcome<()>;
}

struct Home;

impl Rooms for Home {
    async fn listen(&self, _: Auth<Caller>, _: Receiver<String>) -> Outcome<()> {
        Ok(())
    }
}

fn main() {
    let _ = RoomsServer::new(Home).into_router();
}
