//! What is misspelt is said, not ignored.

use mandovi::prelude::*;

#[service]
pub trait Rooms {
    #[get("/listen", scope = ["stream:write"])]
    async fn listen(&self, input: Receiver<String>) -> Outcome<()>;
}

fn main() {}
