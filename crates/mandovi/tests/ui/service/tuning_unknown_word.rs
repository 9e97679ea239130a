//! A word that a group does not have; a word without its group.
use mandovi::prelude::*;

#[service]
pub trait Tuned {
    #[get("/a", limits(max_mesage_size = "64 KiB"))]
    async fn a(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;
    #[get("/b", limits(color = "64 KiB"))]
    async fn b(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;
    #[get("/c", heartbeat(pings = "10s"))]
    async fn c(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;
    #[get("/d", health(max_error = 10))]
    async fn d(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;
    #[get("/e", idle_timeout = "5m")]
    async fn e(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;
    #[get("/f", limits = none)]
    async fn f(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;
    #[get("/g", limits())]
    async fn g(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;
    #[get("/h", heartbeat = often)]
    async fn h(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;
    #[get("/i", heartbeat())]
    async fn i(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;
    #[get("/j", health)]
    async fn j(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;
}

fn main() {}
