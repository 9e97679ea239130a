//! A raw stream carries messages as they are.

use mandovi::prelude::*;

#[service]
pub trait Rooms {
    #[get("/echo", raw)]
    async fn echo(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;
}

fn main() {}
