//! An argument travels in one place.

use mandovi::prelude::*;

#[service]
pub trait Rooms {
    #[get("/listen")]
    async fn listen(&self, #[query] #[header] room: String, input: Receiver<String>) -> Outcome<()>;
}

fn main() {}
