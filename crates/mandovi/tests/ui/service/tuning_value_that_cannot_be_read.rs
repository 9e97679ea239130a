//! Values of another kind.
use mandovi::prelude::*;

#[service]
pub trait Tuned {
    #[get("/a", limits(max_message_size = "64"))]
    async fn a(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;
    #[get("/b", limits(max_message_size = "64 kB"))]
    async fn b(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;
    #[get("/c", limits(outbox_size = 1.5))]
    async fn c(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;
    #[get("/d", limits(max_message_size = none))]
    async fn d(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;
    #[get("/e", limits(idle_timeout = "5 minutes"))]
    async fn e(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;
    #[get("/f", limits(idle_timeout = 300))]
    async fn f(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;
    #[get("/g", limits(write_timeout = none))]
    async fn g(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;
    #[get("/h", limits(message_rate = 100))]
    async fn h(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;
    #[get("/i", limits(message_rate = "100/s", burst = "200"))]
    async fn i(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;
    #[get("/j", health(max_errors = "ten"))]
    async fn j(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;
    #[get("/k", health(max_queue = 80))]
    async fn k(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;
    #[get("/l", heartbeat(interval = often))]
    async fn l(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;
}

fn main() {}
