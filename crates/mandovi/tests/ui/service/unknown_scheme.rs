//! A method can only name a scheme of its service.

use mandovi::prelude::*;

pub struct Caller;

#[service(schemes(jwt = Jwt<Caller>))]
pub trait Rooms {
    #[get("/listen", auth = token)]
    async fn listen(&self, input: Receiver<String>) -> Outcome<()>;
}

fn main() {}
