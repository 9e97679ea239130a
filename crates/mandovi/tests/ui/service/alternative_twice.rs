//! An alternative is another one.

use mandovi::prelude::*;

pub struct Caller;

#[service(schemes(jwt = Jwt<Caller>))]
pub trait Rooms {
    #[get("/listen", auth = jwt | jwt)]
    async fn listen(&self, input: Receiver<String>) -> Outcome<()>;
}

fn main() {}
