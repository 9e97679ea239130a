//! A licence has a name.

use mandovi::prelude::*;

pub struct Caller;

#[service(license(url = "https://example.com"))]
pub trait Rooms {
    #[get("/listen")]
    async fn listen(&self, input: Receiver<String>) -> Outcome<()>;
}

fn main() {}
