//! Heartbeats over real sockets: who answers lives, who does not is found.

use std::io::{Read as _, Write as _};
use std::net::SocketAddr;
use std::time::Duration;

use mandovi::Settings;
use mandovi::manager::{ConnectionEvent, ConnectionManager};
use mandovi::prelude::*;
use mandovi::server::Options;
use tokio::net::TcpListener;
use tokio::time::timeout;

#[service]
pub trait Watch {
    /// Says nothing, and takes nothing.
    #[get("/quiet")]
    async fn quiet(&self, output: Sender<u32>) -> Outcome<()>;
}

struct Quiet;

impl Watch for Quiet {
    async fn quiet(&self, output: Sender<u32>) -> Outcome<()> {
        let _output = output;
        std::future::pending().await
    }
}

async fn serve(settings: Settings, manager: &ConnectionManager) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = WatchServer::new(Quiet).options(Options::default().settings(settings));
    tokio::spawn(mandovi::serve(listener, server.into_router()).manager(manager.clone()).into_future());
    address
}

/// A client that says nothing after its handshake.
fn silent(address: SocketAddr) -> std::net::TcpStream {
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    let head = "GET /quiet HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
        sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    let (mut answer, mut byte) = (Vec::new(), [0]);
    while !answer.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).unwrap();
        answer.push(byte[0]);
    }
    assert!(answer.starts_with(b"HTTP/1.1 101"));
    stream
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_peer_is_found_and_told_of() {
    let settings = Settings::server().ping_interval(Duration::from_millis(20)).pong_timeout(Duration::from_millis(50));
    let manager = ConnectionManager::new();
    let mut events = manager.events();
    let address = serve(settings, &manager).await;
    let stream = tokio::task::spawn_blocking(move || silent(address)).await.unwrap();
    let mut next = async || timeout(Duration::from_secs(20), events.recv()).await.unwrap().unwrap().unwrap();
    let ConnectionEvent::Opened { id } = next().await else { panic!("opened") };
    assert_eq!(next().await, ConnectionEvent::Reaped { id });
    let closed = next().await;
    assert!(matches!(closed, ConnectionEvent::Closed { id: it, code, .. } if it == id && code.as_u16() == 1006));
    manager.closed().await;
    drop(stream);
}

#[tokio::test]
async fn a_client_that_only_listens_answers_and_is_measured() {
    let settings = Settings::server().ping_interval(Duration::from_millis(20));
    let manager = ConnectionManager::new();
    let address = serve(settings, &manager).await;
    let client = WatchClient::builder(format!("ws://{address}")).build().unwrap();
    let rx = client.quiet().await.unwrap();
    let measured = async {
        loop {
            if let [info] = &manager.snapshot()[..]
                && info.round_trip.is_some()
            {
                return info.last_pong;
            }
            tokio::task::yield_now().await;
        }
    };
    assert!(timeout(Duration::from_secs(20), measured).await.unwrap().is_some());
    drop(rx);
    timeout(Duration::from_secs(20), manager.closed()).await.unwrap();
}
