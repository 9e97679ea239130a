//! A flow has three URLs.

use mandovi::prelude::*;

pub struct Caller;

#[service(schemes(oauth(implicit(url = "https://example.com/token")) = OAuth2<Caller>))]
pub trait Rooms {
    #[get("/listen", auth = oauth)]
    async fn listen(&self, input: Receiver<String>) -> Outcome<()>;
}

fn main() {}
