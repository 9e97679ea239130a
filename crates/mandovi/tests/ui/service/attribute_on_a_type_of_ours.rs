//! The type already says what the argument is.

use mandovi::prelude::*;

#[service]
pub trait Rooms {
    #[get("/listen")]
    async fn listen(&self, #[query] cx: Context, input: Receiver<String>) -> Outcome<()>;
}

fn main() {}
