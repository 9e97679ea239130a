//! A thousand clients that never read, and somebody who sends to them all: what it costs under each policy, as a table.
//!
//! ```sh
//! cargo test -p mandovi --test stalled -- --nocapture
//! MANDOVI_STALLED_MESSAGES=10000 cargo test --release -p mandovi --test stalled -- --nocapture
//! ```
//!
//! Real sockets over loopback, in one process; their buffers in the kernel are kept small, so that the clients are slow after a few
//! messages. What is measured is the resident memory of the process before the first message and after the last.
#![allow(clippy::unwrap_used, unreachable_pub, missing_docs, reason = "a test that cannot go on fails")]

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use mandovi::manager::ConnectionManager;
use mandovi::prelude::*;
use mandovi::server::Options;
use mandovi::{Settings, SlowConsumer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

const CLIENTS: usize = 1000;
const MESSAGE: usize = 1024;
const OUTBOX: usize = 16 * 1024;
/// What the kernel is asked for, for each direction of each socket.
const KERNEL: u32 = 4096;
/// What a message counts for beside its bytes, while it can be dropped.
const PLACE: usize = 96;

#[service]
pub trait Feed {
    #[get("/feed", raw)]
    async fn feed(&self, output: Sender<Message>) -> Outcome<()>;
}

#[derive(Clone, Default)]
struct Subscribers(Arc<Mutex<Vec<Sender<Message>>>>);

impl Feed for Subscribers {
    async fn feed(&self, output: Sender<Message>) -> Outcome<()> {
        self.0.lock().unwrap().push(output);
        std::future::pending().await
    }
}

/// Resident bytes of this process.
fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}

async fn connect(address: std::net::SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(KERNEL).unwrap();
    let mut stream = socket.connect(address).await.unwrap();
    let request = "GET /feed HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    assert!(head.starts_with(b"HTTP/1.1 101"));
    stream
}

struct Row {
    policy: SlowConsumer,
    growth: usize,
    sent: u64,
    dropped: u64,
    queued: usize,
    most: usize,
    blocked: u64,
    closed: usize,
    took: Duration,
}

async fn run(policy: SlowConsumer, messages: usize) -> Row {
    let subscribers = Subscribers::default();
    let settings = Settings::server().outbox_size(OUTBOX).slow_consumer(policy);
    let service = FeedServer::new(subscribers.clone()).options(Options::default().settings(settings)).into_service();
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_send_buffer_size(KERNEL).unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1024).unwrap();
    let address = listener.local_addr().unwrap();
    let manager = ConnectionManager::new();
    let server = tokio::spawn(mandovi::serve(listener, service).manager(manager.clone()).into_future());
    let mut clients = Vec::new();
    for _ in 0..CLIENTS {
        clients.push(connect(address).await);
    }
    while subscribers.0.lock().unwrap().len() < CLIENTS {
        tokio::task::yield_now().await;
    }
    let outputs = std::mem::take(&mut *subscribers.0.lock().unwrap());
    let payload = "x".repeat(MESSAGE);
    let (before, started) = (resident(), Instant::now());
    let (mut sent, mut blocked, mut gone) = (0, 0, vec![false; CLIENTS]);
    'all: for n in 0..messages {
        for (output, gone) in outputs.iter().zip(&mut gone) {
            if *gone {
                continue;
            }
            let send = output.send(Message::text(&*payload)).key(n % 10);
            if policy == SlowConsumer::Wait {
                // A peer that takes nothing holds everyone up: that is what the policy is.
                match tokio::time::timeout(Duration::from_millis(1), send).await {
                    Ok(sent_it) => sent_it.unwrap(),
                    Err(_) => {
                        blocked += 1;
                        *gone = true;
                        continue;
                    }
                }
            } else if send.await.is_err() {
                *gone = true;
                continue;
            }
            sent += 1;
        }
        if gone.iter().all(|gone| *gone) {
            break 'all;
        }
    }
    let took = started.elapsed();
    let growth = resident().saturating_sub(before);
    let closed = outputs.iter().filter(|output| output.is_closed()).count();
    let dropped = outputs.iter().map(Sender::lagged).sum();
    let infos = manager.snapshot();
    let queued = infos.iter().map(|info| info.queue_bytes).sum();
    let most = infos.iter().map(|info| info.queue_bytes).max().unwrap_or(0);
    drop((clients, outputs));
    server.abort();
    let _ = server.await;
    Row { policy, growth, sent, dropped, queued, most, blocked, closed, took }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_is_bounded_whatever_the_policy() {
    let messages = std::env::var("MANDOVI_STALLED_MESSAGES").ok().and_then(|n| n.parse().ok()).unwrap_or(200);
    println!("{CLIENTS} clients that read nothing, {messages} messages of {MESSAGE} bytes, outbox_size {OUTBOX}");
    println!("| policy | resident growth | queued | most of one | sent | dropped | blocked | closed | took |");
    println!("|---|---:|---:|---:|---:|---:|---:|---:|---:|");
    for policy in [
        SlowConsumer::Wait,
        SlowConsumer::DropOldest,
        SlowConsumer::DropNewest,
        SlowConsumer::LatestPerKey,
        SlowConsumer::Close,
    ] {
        let row = run(policy, messages).await;
        let Row { policy, growth, sent, dropped, queued, most, blocked, closed, took } = row;
        println!(
            "| {policy:?} | {:.1} MiB | {:.1} MiB | {most} | {sent} | {dropped} | {blocked} | {closed} | {:.1} s |",
            growth as f64 / f64::from(1 << 20),
            queued as f64 / f64::from(1 << 20),
            took.as_secs_f64(),
        );
        // The bound, and the message that may exceed it: beside what is on its way, in the worst case.
        let bound = OUTBOX + 2 * (MESSAGE + 4 + PLACE);
        assert!(most <= bound, "{policy:?}: {most} bytes wait for one client, of {bound}");
        // A buffer that grows has up to twice the room that it needs; the allocator has its own.
        let resident = CLIENTS * (2 * bound + 4096);
        assert!(growth <= resident, "{policy:?}: {growth} bytes resident, of {resident}");
        match policy {
            SlowConsumer::Wait => assert_eq!((dropped, blocked), (0, CLIENTS as u64)),
            SlowConsumer::Close => assert_eq!((dropped, closed), (0, CLIENTS)),
            _ => {
                assert_eq!((sent, closed), ((CLIENTS * messages) as u64, 0));
                assert!(dropped > sent / 2, "{dropped} of {sent}");
            }
        }
    }
}
