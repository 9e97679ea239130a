//! None beside a scheme is none.

use mandovi::prelude::*;

pub struct Caller;

#[service(schemes(jwt = Jwt<Caller>))]
pub trait Rooms {
    #[get("/listen", auth = jwt | none)]
    async fn listen(&self, input: Receiver<String>) -> Outcome<()>;
}

fn main() {}
