//! The errors of a method are declared.

use mandovi::prelude::*;

#[service]
pub trait Rooms {
    #[get("/listen")]
    async fn listen(&self, input: Receiver<String>) -> Outcome<(), String>;
}

fn main() {}
