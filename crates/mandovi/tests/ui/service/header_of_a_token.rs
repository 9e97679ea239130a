//! A token travels in Authorization.

use mandovi::prelude::*;

pub struct Caller;

#[service(schemes(jwt(header = "X-Token") = Jwt<Caller>))]
pub trait Rooms {
    #[get("/listen", auth = jwt)]
    async fn listen(&self, input: Receiver<String>) -> Outcome<()>;
}

fn main() {}
