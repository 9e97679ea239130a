//! Two words that cannot both be meant.
use mandovi::prelude::*;

#[service(limits(max_message_size = "32 KiB"))]
pub trait Tuned {
    #[get("/a", limits(max_message_size = "64 KiB", max_frame_size = "65 KiB"))]
    async fn a(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;
    #[get("/b", limits(max_frame_size = "33 KiB"))]
    async fn b(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;
    #[get("/c", limits(burst = 200))]
    async fn c(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;
    #[get("/d", limits(message_rate = none, burst = 200))]
    async fn d(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;
    #[get("/e", heartbeat(interval = none, timeout = "5s"))]
    async fn e(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;
    #[get("/f", heartbeat(interval = "40s"), health(max_ping_age = "35s"))]
    async fn f(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;
    #[get("/g", health(max_message_size = "32 KiB"))]
    async fn g(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;
}

fn main() {}
