//! Zero where it is not possible, and too much.
use mandovi::prelude::*;

#[service]
pub trait Tuned {
    #[get("/a", limits(max_message_size = 0))]
    async fn a(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;
    #[get("/b", limits(max_message_size = "2 GiB"))]
    async fn b(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;
    #[get("/c", limits(read_buffer_size = 512))]
    async fn c(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;
    #[get("/d", limits(write_buffer_size = "2 MiB"))]
    async fn d(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;
    #[get("/e", limits(write_timeout = "0s"))]
    async fn e(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;
    #[get("/f", limits(idle_timeout = "0s"))]
    async fn f(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;
    #[get("/g", limits(max_lifetime = "9000h"))]
    async fn g(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;
    #[get("/h", limits(message_rate = "0/s"))]
    async fn h(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;
    #[get("/i", limits(message_rate = "5000000000/s"))]
    async fn i(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;
    #[get("/j", heartbeat(timeout = "0ms"))]
    async fn j(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;
    #[get("/k", health(max_queue = "101%"))]
    async fn k(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;
}

fn main() {}
