//! The name of a scheme becomes a method of the server.

use mandovi::prelude::*;

pub struct Caller;

#[service(schemes(options = Jwt<Caller>))]
pub trait Rooms {
    #[get("/listen", auth = options)]
    async fn listen(&self, input: Receiver<String>) -> Outcome<()>;
}

fn main() {}
