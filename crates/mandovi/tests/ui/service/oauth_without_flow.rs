//! OAuth2 is its flows.

use mandovi::prelude::*;

pub struct Caller;

#[service(schemes(oauth = OAuth2<Caller>))]
pub trait Rooms {
    #[get("/listen", auth = oauth)]
    async fn listen(&self, input: Receiver<String>) -> Outcome<()>;
}

fn main() {}
