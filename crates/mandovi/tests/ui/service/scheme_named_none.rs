//! None is no name.

use mandovi::prelude::*;

pub struct Caller;

#[service(schemes(none = Jwt<Caller>))]
pub trait Rooms {
    #[get("/listen", auth = none)]
    async fn listen(&self, input: Receiver<String>) -> Outcome<()>;
}

fn main() {}
