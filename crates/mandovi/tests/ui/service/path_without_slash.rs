//! A path begins with a slash.

use mandovi::prelude::*;

#[service]
pub trait Rooms {
    #[get("listen")]
    async fn listen(&self, input: Receiver<String>) -> Outcome<()>;
}

fn main() {}
