//! Two words of a service that cannot both be meant: told once.
use mandovi::prelude::*;

#[service(limits(max_message_size = "32 KiB", max_frame_size = "33 KiB"))]
pub trait Tuned {
    #[get("/a")]
    async fn a(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;
    #[get("/b", slow = wait)]
    async fn b(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;
}

fn main() {}
