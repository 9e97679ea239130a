//! Heartbeats over real sockets: who answers lives, who does not is found.

use std::io::{Read as _, Write as _};
use std::net::SocketAddr;
use std::sync::mpsc;
use std::time::Duration;

use mandovi::manager::{ConnectionEvent, ConnectionManager};
use mandovi::prelude::*;
use mandovi::server::Options;
use mandovi::{HealthPolicy, Settings};
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

/// What a heartbeat costs the server: its one thread's CPU over many of them, at an interval that makes them countable.
#[cfg(target_os = "linux")]
#[test]
#[ignore = "a measurement, of ten seconds: `--release .. -- --ignored --nocapture heartbeat`"]
fn what_idle_heartbeats_cost() {
    const CONNECTIONS: usize = 1000;
    const RUN: Duration = Duration::from_secs(10);

    fn cpu() -> Duration {
        let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
        Duration::from_nanos(stat.split(' ').next().unwrap().parse().unwrap())
    }

    let run_server = |told: mpsc::Sender<SocketAddr>, began: mpsc::Receiver<()>| {
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let mut health = HealthPolicy::new();
                health.max_ping_age = Duration::ZERO;
                let settings = Settings::server().ping_interval(Duration::from_secs(1)).health(health);
                let manager = ConnectionManager::new();
                told.send(serve(settings, &manager).await).unwrap();
                tokio::task::spawn_blocking(move || began.recv().unwrap()).await.unwrap();
                let sent = || manager.snapshot().iter().map(|info| info.bytes_sent).sum::<u64>();
                assert_eq!(manager.len(), CONNECTIONS);
                let (before, start) = (sent(), cpu());
                tokio::time::sleep(RUN).await;
                let spent = cpu() - start;
                assert_eq!(manager.len(), CONNECTIONS);
                // A ping is six bytes, and nothing else is sent.
                (spent, ((sent() - before) / 6) as usize)
            })
        })
    };
    let (told, address) = mpsc::channel();
    let (begin, began) = mpsc::channel();
    let server = run_server(told, began);
    let address = address.recv().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let spent = runtime.block_on(async {
        let client = WatchClient::builder(format!("ws://{address}"))
            .settings(Settings::client().ping_interval(Duration::ZERO))
            .build()
            .unwrap();
        let mut open = Vec::new();
        for _ in 0..CONNECTIONS {
            open.push(client.quiet().await.unwrap());
        }
        begin.send(()).unwrap();
        tokio::task::spawn_blocking(move || server.join().unwrap()).await.unwrap()
    });
    let (spent, heartbeats) = spent;
    // One each second, a tenth more or less.
    assert!(heartbeats >= CONNECTIONS * 8, "{heartbeats}");
    let each = spent.as_secs_f64() * 1e6 / heartbeats as f64;
    println!("{heartbeats} heartbeats of {CONNECTIONS} connections: {each:.2} microseconds of CPU each");
    println!("at 25 seconds: {:.3} microseconds for each second and connection", each / 25.0);
    // A build without optimization says nothing of that.
    let bounded = cfg!(debug_assertions) || each / 25.0 <= 2.0;
    assert!(bounded, "more than 2 microseconds of CPU for each second and connection");
}
