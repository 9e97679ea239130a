//! Every alternative is a scheme of the service.

use mandovi::prelude::*;

pub struct Caller;

#[service(schemes(jwt = Jwt<Caller>))]
pub trait Rooms {
    #[get("/listen", auth = jwt | key)]
    async fn listen(&self, input: Receiver<String>) -> Outcome<()>;
}

fn main() {}
