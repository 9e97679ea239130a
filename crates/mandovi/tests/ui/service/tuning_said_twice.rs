//! A word or a group twice.
use mandovi::prelude::*;

#[service]
pub trait Tuned {
    #[get("/a", limits(idle_timeout = "5m", idle_timeout = "6m"))]
    async fn a(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;
    #[get("/b", limits(message_rate = "5/s", burst = 5, burst = 6))]
    async fn b(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;
    #[get("/c", limits(idle_timeout = "5m"), limits(max_lifetime = "1h"))]
    async fn c(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;
    #[get("/d", slow = wait, slow = close)]
    async fn d(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;
}

fn main() {}
