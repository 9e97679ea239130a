//! A key travels in one place.

use mandovi::prelude::*;

pub struct Caller;

#[service(schemes(key(header = "X-Key", query = "key") = ApiKey<Caller>))]
pub trait Rooms {
    #[get("/listen", auth = key)]
    async fn listen(&self, input: Receiver<String>) -> Outcome<()>;
}

fn main() {}
