//! Words that say nothing of the method.
use mandovi::prelude::*;

#[service]
pub trait Tuned {
    #[get("/a", limits(max_message_size = "64 KiB"))]
    async fn a(&self, output: Sender<String>) -> Outcome<()>;
    #[get("/b", limits(message_rate = "100/s"))]
    async fn b(&self, output: Sender<String>) -> Outcome<()>;
    #[get("/c", slow = latest_per_key)]
    async fn c(&self, input: Receiver<String>) -> Outcome<()>;
    #[get("/d", heartbeat(events = "15s"))]
    async fn d(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;
    #[get("/e", raw, heartbeat(events = "15s"))]
    async fn e(&self, output: Sender<Message>) -> Outcome<()>;
    #[get("/f", limits(idle_timeout = "5m"))]
    async fn f(&self) -> Outcome<()>;
    #[get("/g", limits(max_message_size = "64 KiB"))]
    async fn g(&self) -> Outcome<()>;
    #[get("/h", heartbeat = none)]
    async fn h(&self) -> Outcome<()>;
    #[post("/i", slow = wait, limits(idle_timeout = "5m"))]
    async fn i(&self, #[body] text: String) -> Outcome<()>;
}

fn main() {}
