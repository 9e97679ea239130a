//! A key travels where the design says.

use mandovi::prelude::*;

pub struct Caller;

#[service(schemes(key = ApiKey<Caller>))]
pub trait Rooms {
    #[get("/listen", auth = key)]
    async fn listen(&self, input: Receiver<String>) -> Outcome<()>;
}

fn main() {}
