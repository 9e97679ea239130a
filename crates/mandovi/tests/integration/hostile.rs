//! Peers that mean no good, and ends in the wrong moment: over real TCP.

use std::future::{Future as _, poll_fn};
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::Poll;
use std::time::Instant;

use mandovi::prelude::*;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, mpsc};

use crate::board::{Wall, listen};

const UPGRADE: &str = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: \
                       dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

fn request(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{UPGRADE}")
}

/// Opens a stream by hand and reads the head of the answer.
async fn open(address: SocketAddr, path: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request(path).as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    assert!(head.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&head));
    stream
}

fn reset(stream: TcpStream) {
    stream.set_zero_linger().unwrap();
}

fn sockets() -> usize {
    std::fs::read_dir("/proc/self/fd")
        .unwrap()
        .filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok())
        .filter(|target| target.to_string_lossy().starts_with("socket:"))
        .count()
}

/// Whole streams, half heads, half frames and undecided calls, dropped or reset: no handler and no socket stays.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_left_of_clients_that_come_and_go() {
    let wall = Wall::default();
    let address = listen(&wall).await;
    let before = sockets();
    for round in 0..40usize {
        let mut open_ones = Vec::new();
        for n in 0..50 {
            match (round + n) % 5 {
                0 => open_ones.push(open(address, "/echo").await),
                1 => {
                    let mut stream = TcpStream::connect(address).await.unwrap();
                    stream.write_all(&request("/echo").as_bytes()[..n + 10]).await.unwrap();
                    open_ones.push(stream);
                }
                2 => {
                    let mut stream = open(address, "/countdown?from=100000").await;
                    let _ = stream.write_all(&[0x81, 0xfe, 0x10]).await;
                    open_ones.push(stream);
                }
                3 => {
                    let mut stream = open(address, "/echo").await;
                    stream.write_all(&[0x81, 0x84, 0, 0, 0, 0, b'n']).await.unwrap();
                    open_ones.push(stream);
                }
                _ => {
                    let mut stream = TcpStream::connect(address).await.unwrap();
                    stream.write_all(request("/boards/undecided/join").as_bytes()).await.unwrap();
                    open_ones.push(stream);
                }
            }
        }
        for (n, stream) in open_ones.into_iter().enumerate() {
            if n % 2 == 0 { reset(stream) } else { drop(stream) }
        }
    }
    let started = Instant::now();
    loop {
        let now = sockets();
        let running = wall.running.load(std::sync::atomic::Ordering::SeqCst);
        if now <= before + 8 && running == 0 {
            break;
        }
        assert!(started.elapsed().as_secs() < 60, "{now} sockets, {before} before; {running} handlers");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// The status line of the answer to some bytes.
async fn answer(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // The server may close before it has read everything.
    let _ = stream.write_all(bytes).await;
    let mut answer = vec![0; 12];
    let _ = stream.read_exact(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn a_head_is_bounded() {
    let address = listen(&Wall::default()).await;
    let path = request(&format!("/{}", "a".repeat(1 << 20)));
    assert_eq!(answer(address, path.as_bytes()).await, "HTTP/1.1 431");
    let header = format!("GET /echo HTTP/1.1\r\nHost: x\r\nX-A: {}\r\n{UPGRADE}", "a".repeat(1 << 20));
    assert_eq!(answer(address, header.as_bytes()).await, "HTTP/1.1 431");
    let many = format!("GET /echo HTTP/1.1\r\nHost: x\r\n{}{UPGRADE}", "a: b\r\n".repeat(500));
    assert_eq!(answer(address, many.as_bytes()).await, "HTTP/1.1 431");
    let odd = request(&format!("/boards/{}/join", "%00%ff%2f..".repeat(500)));
    assert_eq!(answer(address, odd.as_bytes()).await, "HTTP/1.1 400");
}

/// The service of these tests hands its halves to other tasks.
#[service]
pub trait Away {
    /// Accepts later, somewhere else.
    #[get("/later")]
    async fn later(&self, opening: Opening<Sender<String>>) -> Outcome<()>;
    /// Never decides, and never rests.
    #[get("/restless")]
    async fn restless(&self, opening: Opening<Sender<String>>) -> Outcome<()>;
    /// Panics while another task accepts.
    #[get("/panics")]
    async fn panics(&self, opening: Opening<Sender<String>>) -> Outcome<()>;
    /// Watches the connection from another task.
    #[get("/watched")]
    async fn watched(&self, cx: Context, opening: Opening<Sender<String>>) -> Outcome<()>;
}

struct Elsewhere {
    openings: mpsc::UnboundedSender<Opening<Sender<String>>>,
    ended: Arc<Semaphore>,
}

/// Tells when its method is gone.
struct Gone(Arc<Semaphore>);

impl Drop for Gone {
    fn drop(&mut self) {
        self.0.add_permits(1);
    }
}

impl Away for Elsewhere {
    async fn later(&self, opening: Opening<Sender<String>>) -> Outcome<()> {
        let _gone = Gone(Arc::clone(&self.ended));
        let _ = self.openings.send(opening);
        std::future::pending().await
    }

    async fn restless(&self, _opening: Opening<Sender<String>>) -> Outcome<()> {
        poll_fn(|cx| {
            cx.waker().wake_by_ref();
            Poll::Pending
        })
        .await
    }

    async fn panics(&self, opening: Opening<Sender<String>>) -> Outcome<()> {
        let ended = Arc::clone(&self.ended);
        let (asked, was_asked) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let mut accepting = std::pin::pin!(opening.accept());
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let refused = runtime.block_on(poll_fn(|cx| {
                let polled = accepting.as_mut().poll(cx);
                let _ = asked.send(());
                polled
            }));
            assert!(refused.is_err());
            ended.add_permits(1);
        });
        was_asked.recv().unwrap();
        panic!("on purpose");
    }

    async fn watched(&self, cx: Context, opening: Opening<Sender<String>>) -> Outcome<()> {
        let ended = Arc::clone(&self.ended);
        tokio::spawn(async move {
            cx.closed().await;
            ended.add_permits(1);
        });
        let _ = self.openings.send(opening);
        std::future::pending().await
    }
}

async fn elsewhere() -> (SocketAddr, mpsc::UnboundedReceiver<Opening<Sender<String>>>, Arc<Semaphore>) {
    let (openings, received) = mpsc::unbounded_channel();
    let ended = Arc::new(Semaphore::new(0));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = AwayServer::new(Elsewhere { openings, ended: Arc::clone(&ended) });
    tokio::spawn(mandovi::serve(listener, server.into_router()).into_future());
    (address, received, ended)
}

/// The client has gone when the call is accepted in another task: that task learns it.
#[tokio::test]
async fn an_opening_accepted_after_its_client_left_fails() {
    let (address, mut openings, gone) = elsewhere().await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request("/later").as_bytes()).await.unwrap();
    let opening = openings.recv().await.unwrap();
    drop(stream);
    gone.acquire().await.unwrap().forget();
    let accepted = tokio::time::timeout(Duration::from_secs(5), opening.accept()).await;
    assert!(accepted.expect("it ends").is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_opening_accepted_while_its_method_panics_fails() {
    let (address, _openings, ended) = elsewhere().await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request("/panics").as_bytes()).await.unwrap();
    tokio::time::timeout(Duration::from_secs(5), ended.acquire()).await.expect("it ends").unwrap().forget();
}

/// Whoever watches the connection of a call that never opened learns that it is over.
#[tokio::test]
async fn a_call_that_never_opened_is_closed_for_those_who_watch_it() {
    let (address, mut openings, ended) = elsewhere().await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request("/watched").as_bytes()).await.unwrap();
    let _opening = openings.recv().await.unwrap();
    drop(stream);
    tokio::time::timeout(Duration::from_secs(5), ended.acquire()).await.expect("it ends").unwrap().forget();
}

/// A method that is always ready to go on takes its turns, and its deadline holds.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restless_opening_is_refused_in_the_end() {
    let (openings, _received) = mpsc::unbounded_channel();
    let server = AwayServer::new(Elsewhere { openings, ended: Arc::new(Semaphore::new(0)) }).options(
        mandovi::server::Options::default()
            .settings(mandovi::Settings::server().handshake_timeout(Duration::from_millis(300))),
    );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(mandovi::serve(listener, server.into_router()).into_future());
    let answered = tokio::task::spawn_blocking(move || {
        use std::io::{Read as _, Write as _};
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(std::time::Duration::from_secs(5))).unwrap();
        stream.write_all(request("/restless").as_bytes()).unwrap();
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).map(|()| answer)
    });
    assert_eq!(&answered.await.unwrap().expect("an answer"), b"HTTP/1.1 504");
}

/// The halves of a stream live in another task, and the upgrade never comes about.
#[service]
pub trait Moved {
    /// Hands its halves away.
    #[get("/moved")]
    async fn moved(&self, cx: Context, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;
}

struct Mover(Arc<Semaphore>, Arc<Semaphore>);

impl Moved for Mover {
    async fn moved(&self, _cx: Context, mut input: Receiver<String>, output: Sender<String>) -> Outcome<()> {
        let ended = Arc::clone(&self.0);
        self.1.add_permits(1);
        tokio::spawn(async move {
            let _ = input.recv().await;
            drop(output);
            ended.add_permits(1);
        });
        std::future::pending().await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn halves_in_another_task_learn_that_the_stream_never_opened() {
    let (ended, begun) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = MovedServer::new(Mover(Arc::clone(&ended), Arc::clone(&begun)));
    tokio::spawn(mandovi::serve(listener, server.into_router()).into_future());
    for _ in 0..200 {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request("/moved").as_bytes()).await.unwrap();
        reset(stream);
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    let begun = begun.available_permits();
    let all = u32::try_from(begun).unwrap();
    let acquired = tokio::time::timeout(Duration::from_secs(15), ended.acquire_many(all)).await;
    assert!(acquired.is_ok(), "{} of {begun} ended", ended.available_permits());
}
