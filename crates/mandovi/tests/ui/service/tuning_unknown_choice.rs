//! Where one of some words stands.
use mandovi::prelude::*;

#[service]
pub trait Tuned {
    #[get("/a", slow = fast)]
    async fn a(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;
    #[get("/b", slow = "wait")]
    async fn b(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;
    #[get("/c", heartbeat(missed = never))]
    async fn c(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;
    #[get("/d", health(unhealthy = kill))]
    async fn d(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;
    #[get("/e", health(unhealthy = close))]
    async fn e(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;
    #[get("/f", health(unhealthy = close(1000)))]
    async fn f(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;
}

fn main() {}
