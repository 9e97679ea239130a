//! A method waits for its caller.

use mandovi::prelude::*;

#[service]
pub trait Rooms {
    #[get("/listen")]
    fn listen(&self, input: Receiver<String>) -> Outcome<()>;
}

fn main() {}
