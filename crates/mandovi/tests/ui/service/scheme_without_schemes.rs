//! Where there are no schemes, the message says how to declare one.

use mandovi::prelude::*;

#[service]
pub trait Rooms {
    #[get("/listen", auth = jwt)]
    async fn listen(&self, input: Receiver<String>) -> Outcome<()>;
}

fn main() {}
