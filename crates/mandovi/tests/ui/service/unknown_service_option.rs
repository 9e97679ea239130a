//! A service has few options.

use mandovi::prelude::*;

pub struct Caller;

#[service(name = "Rooms")]
pub trait Rooms {
    #[get("/listen")]
    async fn listen(&self, input: Receiver<String>) -> Outcome<()>;
}

fn main() {}
