//! One implementation serves all calls at once.

use mandovi::prelude::*;

#[service]
pub trait Rooms {
    #[get("/one")]
    async fn one(self, input: Receiver<String>) -> Outcome<()>;

    #[get("/two")]
    async fn two(&mut self, input: Receiver<String>) -> Outcome<()>;

    #[get("/three")]
    async fn three(input: Receiver<String>) -> Outcome<()>;
}

fn main() {}
