//! The accept loop against clients that take their time, over a pipe and a clock that stands still.

#![allow(
    clippy::unwrap_used,
    unreachable_pub,
    missing_docs,
    reason = "a test that cannot go on fails; nobody depends on it"
)]

#[path = "../../../tests/integration/http2/peer.rs"]
mod peer;

use std::pin::pin;

use axum::Router;
use axum::routing::{any, get};
use http::{Method, Request, StatusCode};
use hyper::upgrade::OnUpgrade;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use self::peer::{Client, Seen, close, connect, request, text};
use super::*;
use crate::connection::Io;
use crate::error::Outcome;
use crate::prelude::{Message, Receiver, Sender};
use crate::server::connect::{Opened, Upgrade};
use crate::{Settings, websocket};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// A SETTINGS frame that sets nothing.
const SETTINGS: &[u8] = &[0, 0, 0, 4, 0, 0, 0, 0, 0];
const UPGRADE: &str = "GET /echo HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: \
                       13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

async fn echo(mut input: Receiver<Message>, output: Sender<Message>) -> Outcome<()> {
    while let Some(message) = input.recv_ref().await? {
        output.send(message).await?;
    }
    Ok(())
}

async fn flood(_input: Receiver<Message>, output: Sender<Message>) -> Outcome<()> {
    let message = Message::binary(vec![7; 1000]);
    loop {
        output.send(&message).await?;
    }
}

fn router() -> Router {
    // What comes is what was sent.
    let no_pings = crate::server::Options::default().settings(Settings::server().ping_interval(Duration::ZERO));
    let waits = crate::server::Options::default().settings(Settings::server().write_timeout(Duration::from_secs(30)));
    Router::new()
        .route("/hello", get(|| async { "hello" }))
        .route("/echo", get(websocket(echo).options(no_pings)))
        .route("/flood", get(websocket(flood).options(waits)))
}

struct Server {
    task: JoinHandle<()>,
    stop: watch::Sender<()>,
    connections: ConnectionManager,
}

/// A connection to a server of its own.
fn start(router: Router) -> (DuplexStream, Server) {
    start_with(router, Heads::default())
}

fn start_with(router: Router, heads: Heads) -> (DuplexStream, Server) {
    let (ours, theirs) = duplex(64 * 1024);
    let (stop, stopped) = watch::channel(());
    let connections = ConnectionManager::new();
    let task = tokio::spawn(serve_connection(
        theirs,
        None,
        router,
        Connections::of(connections.clone(), None),
        heads,
        stopped,
    ));
    (ours, Server { task, stop, connections })
}

/// What a client reads to the end, and how long that took.
async fn to_the_end(io: &mut (impl AsyncRead + Unpin)) -> (Vec<u8>, Duration) {
    let started = Instant::now();
    let mut all = Vec::new();
    let _ = io.read_to_end(&mut all).await;
    (all, started.elapsed())
}

#[track_caller]
fn about(took: Duration, expected: Duration) {
    assert!(took >= expected && took < expected + Duration::from_millis(50), "{took:?} instead of {expected:?}");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_brings_no_request_is_dropped() {
    let settings = [PREFACE, SETTINGS].concat();
    // The header of a HEADERS frame that announces 100 bytes.
    let half_head = [PREFACE, SETTINGS, &[0, 0, 100, 1, 4, 0, 0, 0, 1]].concat();
    for said in [&b""[..], b"\r\n", b"GET / HT", b"GET / HTTP/1.1\r\n", b"PRI * HT", PREFACE, &settings, &half_head] {
        let (mut io, server) = start(router());
        io.write_all(said).await.unwrap();
        let (_, took) = to_the_end(&mut io).await;
        about(took, Heads::default().timeout);
        server.task.await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_head_that_trickles_is_dropped() {
    let trickle = |head: &'static [u8], line: &'static [u8]| async move {
        let (io, server) = start(router());
        let (mut reads, mut writes) = tokio::io::split(io);
        tokio::spawn(async move {
            writes.write_all(head).await?;
            loop {
                writes.write_all(line).await?;
                sleep(Duration::from_secs(1)).await;
            }
            #[allow(unreachable_code, reason = "its type")]
            std::io::Result::Ok(())
        });
        let (_, took) = to_the_end(&mut reads).await;
        about(took, Heads::default().timeout);
        server.task.await.unwrap();
    };
    trickle(b"GET /hello HTTP/1.1\r\n", b"a: b\r\n").await;
    trickle(b"GET /hello", b"o").await;
    trickle(PREFACE, SETTINGS).await;
}

#[tokio::test(start_paused = true)]
async fn a_head_over_the_limit_is_refused_at_once() {
    let line = format!("GET /hello HTTP/1.1\r\nHost: x\r\nX-A: {}\r\n\r\n", "a".repeat(Heads::default().max));
    let endless = format!("GET /hello HTTP/1.1\r\n{}", "a: b\r\n".repeat(50_000));
    for head in [line, endless] {
        let (io, server) = start(router());
        let (mut reads, mut writes) = tokio::io::split(io);
        tokio::spawn(async move { writes.write_all(head.as_bytes()).await });
        let (answer, took) = to_the_end(&mut reads).await;
        assert!(answer.starts_with(b"HTTP/1.1 431 "), "{}", String::from_utf8_lossy(&answer));
        about(took, Duration::ZERO);
        server.task.await.unwrap();
    }
    // Over HTTP/2 it is one stream that is refused.
    let (io, _server) = start(router());
    let mut client = Client::new(io).await;
    let head = |value: usize| {
        let mut request = request(Method::GET, "/hello");
        request.headers_mut().insert("x-a", "a".repeat(value).parse().unwrap());
        request
    };
    let half = client.request(head(Heads::default().max / 2)).await.unwrap();
    assert_eq!(half.0.status(), 200);
    let over = client.request(head(Heads::default().max)).await.unwrap();
    assert_eq!(over.0.status(), 431);
    assert_eq!(client.request(head(1)).await.unwrap().0.status(), 200);
}

/// Just below a limit of our own choice, at it, and above it.
#[tokio::test(start_paused = true)]
async fn the_size_of_a_head_is_a_setting() {
    for max in [8 * 1024, 16 * 1024, 32 * 1024, 100_000, 128 * 1024] {
        let heads = Heads { max, ..Heads::default() };
        let above = if max.is_power_of_two() { max + 1 } else { 2 * max };
        for (size, status) in [(max - 1, "200"), (max, "200"), (above, "431"), (2 * max, "431")] {
            let (io, server) = start_with(router(), heads);
            let (mut reads, mut writes) = tokio::io::split(io);
            let bare = "GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-A: \r\n\r\n";
            let head = bare.replace("X-A: ", &format!("X-A: {}", "a".repeat(size - bare.len())));
            assert_eq!(head.len(), size);
            tokio::spawn(async move { writes.write_all(head.as_bytes()).await });
            let (answer, _) = to_the_end(&mut reads).await;
            let answer = String::from_utf8_lossy(&answer);
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{size} of {max}: {answer}");
            server.task.await.unwrap();
        }
        // RFC 9113 counts 32 bytes more for each field; four of them are there anyway.
        let (io, _server) = start_with(router(), heads);
        let mut client = Client::new(io).await;
        for (value, status) in [(max - 500, 200), (max, 431)] {
            let mut request = request(Method::GET, "/hello");
            request.headers_mut().insert("x-a", "a".repeat(value).parse().unwrap());
            assert_eq!(client.request(request).await.unwrap().0.status(), status, "{value} of {max}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_time_for_a_head_is_a_setting() {
    let timeout = Duration::from_secs(3);
    let heads = Heads { timeout, ..Heads::default() };
    for said in [&b""[..], b"GET /hello HTTP/1.1\r\n", PREFACE] {
        let (mut io, server) = start_with(router(), heads);
        io.write_all(said).await.unwrap();
        let (answer, took) = to_the_end(&mut io).await;
        about(took, timeout);
        assert!(!answer.starts_with(b"HTTP/1.1 "), "it is dropped without a word");
        server.task.await.unwrap();
    }
    // One that is whole a moment before is answered.
    let (mut io, _server) = start_with(router(), heads);
    io.write_all(b"GET /hello HTTP/1.1\r\nHost: x\r\n").await.unwrap();
    sleep(timeout - Duration::from_millis(5)).await;
    io.write_all(b"Connection: close\r\n\r\n").await.unwrap();
    assert!(to_the_end(&mut io).await.0.starts_with(b"HTTP/1.1 200 "));
    // So is a later one.
    let (mut io, _server) = start_with(router(), heads);
    io.write_all(b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    sleep(Duration::from_secs(1)).await;
    io.write_all(b"GET /hello HTTP/1.1\r\n").await.unwrap();
    let (answer, took) = to_the_end(&mut io).await;
    assert!(answer.starts_with(b"HTTP/1.1 200 "));
    assert!((timeout - Duration::from_secs(1)..=timeout + Duration::from_millis(50)).contains(&took), "{took:?}");
}

/// The first request was in time: what comes after it is not judged by the same clock, and idle is no fault.
#[tokio::test(start_paused = true)]
async fn an_idle_websocket_stays() {
    let (mut io, _server) = start(router());
    io.write_all(UPGRADE.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(io.read_u8().await.unwrap());
    }
    sleep(Duration::from_secs(3600)).await;
    io.write_all(&[0x81, 0x81, 0, 0, 0, 0, b'x']).await.unwrap();
    let mut answer = [0; 3];
    io.read_exact(&mut answer).await.unwrap();
    while answer[0] == 0x89 {
        // A ping of four bytes, which it did not answer.
        io.read_exact(&mut [0; 3]).await.unwrap();
        io.read_exact(&mut answer).await.unwrap();
    }
    assert_eq!(&answer, b"\x81\x01x");

    let (io, _server) = start(router());
    let mut client = Client::new(io).await;
    let mut stream = client.open("/echo").await;
    sleep(Duration::from_secs(3600)).await;
    stream.text("x");
    let mut next = stream.next().await;
    while next != text("x") {
        assert!(format!("{next:?}").starts_with("Ping"), "{next:?}");
        next = stream.next().await;
    }
}

/// It cannot answer a ping in the middle of its head.
#[tokio::test(start_paused = true)]
async fn a_later_head_over_http2_that_does_not_end_is_dropped() {
    let (mut io, server) = start(router());
    // GET http://x/: `:method`, `:scheme` and `:path` of the static table, `:authority` by name. The second one goes on in a
    // CONTINUATION that never comes.
    let head = [0x82, 0x86, 0x84, 0x41, 1, b'x'];
    let frame = |stream: u8, flags: u8| [&[0, 0, 6, 1, flags, 0, 0, 0, stream], &head[..]].concat();
    io.write_all(&[PREFACE, SETTINGS, &frame(1, 5), &frame(3, 1)].concat()).await.unwrap();
    let (answer, took) = to_the_end(&mut io).await;
    // `:status: 404` of the static table, on the first stream.
    let answered = [1, 5, 0, 0, 0, 1, 0x8d];
    assert!(answer.windows(7).any(|bytes| bytes == answered), "the first is answered: {answer:?}");
    about(took, ALIVE_INTERVAL + ALIVE_TIMEOUT);
    server.task.await.unwrap();
}

/// Streams that are opened and reset without end (CVE-2023-44487): the connection is ended, with ENHANCE_YOUR_CALM.
#[tokio::test(start_paused = true)]
async fn a_flood_of_resets_ends_the_connection() {
    let (mut io, server) = start(router());
    let mut flood = [PREFACE, SETTINGS].concat();
    for n in 0..2000u16 {
        let [high, low] = (2 * n + 1).to_be_bytes();
        flood.extend([0, 0, 6, 1, 4, 0, 0, high, low, 0x82, 0x86, 0x84, 0x41, 1, b'x']);
        flood.extend([0, 0, 4, 3, 0, 0, 0, high, low, 0, 0, 0, 8]);
    }
    io.write_all(&flood).await.unwrap();
    let (answer, took) = to_the_end(&mut io).await;
    about(took, Duration::ZERO);
    let goaway = answer.windows(17).find(|bytes| bytes[3..9] == [7, 0, 0, 0, 0, 0]);
    assert_eq!(goaway.map(|bytes| bytes[16]), Some(11), "{answer:?}");
    server.task.await.unwrap();
}

/// The same with streams that are answered first: their handlers may go on for a while, but not for any number of them.
#[tokio::test(start_paused = true)]
async fn handlers_whose_streams_are_reset_are_counted() {
    async fn busy(_input: Receiver<Message>, _output: Sender<Message>) -> Outcome<()> {
        std::future::pending().await
    }
    let (io, server) = start(router().route("/busy", get(websocket(busy))));
    let mut client = Client::new(io).await;
    for _ in 0..2 * STREAMS_MAX {
        client.open("/busy").await.reset(h2::Reason::CANCEL);
    }
    assert_eq!(client.connect("/busy", &[]).await.0.status(), 503);
    assert_eq!(client.connect("/echo", &[]).await.0.status(), 503);
    assert_eq!(server.connections.len(), 512);
    // Then they were given their time.
    sleep(Settings::server().leave_timeout).await;
    server.connections.closed().await;
    let mut stream = client.open("/echo").await;
    stream.text("again");
    assert_eq!(stream.next().await, text("again"));
}

/// A peer that is gone without a word: its machine lost power.
#[tokio::test(start_paused = true)]
async fn a_dead_http2_peer_is_noticed() {
    let (io, server) = start(router());
    let (requests, connection) = peer::handshake(io).await;
    let mut connection = pin!(connection);
    let opened = async {
        let mut requests = requests.ready().await.unwrap();
        while !requests.is_extended_connect_protocol_enabled() {
            tokio::task::yield_now().await;
        }
        let (response, send) = requests.send_request(connect("/echo", &[]), false).unwrap();
        (response.await.unwrap(), send, requests)
    };
    let held = tokio::select! {
        held = opened => held,
        _ = connection.as_mut() => unreachable!(),
    };
    assert_eq!((held.0.status().as_u16(), server.connections.len()), (200, 1));
    // From here on nobody reads or writes.
    let started = Instant::now();
    server.connections.closed().await;
    server.task.await.unwrap();
    about(started.elapsed(), ALIVE_INTERVAL + ALIVE_TIMEOUT);
}

/// The window of the stream closes, so the handler waits; after the write timeout the peer is told, and reads whole frames and
/// 1013 when it comes back.
#[tokio::test(start_paused = true)]
async fn a_stream_that_is_not_read_is_closed_with_1013() {
    let (io, server) = start(router());
    let mut client = Client::new(io).await;
    let mut slow = client.open("/flood").await;
    let mut absent = client.open("/flood").await;
    slow.takes_no_more();
    absent.takes_no_more();
    let mut lively = client.open("/echo").await;
    // 30 seconds without progress, and three of the five that are the last chance.
    for _ in 0..33 {
        // The other stream of the connection does not notice.
        lively.text("still here");
        assert_eq!(lively.next().await, text("still here"));
        sleep(Duration::from_secs(1)).await;
    }
    assert_eq!(server.connections.len(), 3);
    slow.takes_again();
    let mut read = 0;
    let last = loop {
        match slow.next().await {
            Seen::Binary(payload) => read += payload.len(),
            other => break other,
        }
    };
    assert_eq!(last, close(1013, "the peer took nothing within the write timeout"));
    assert!((65_000..=65_535 + 4 * 16 * 1024 + STREAM_OUT_MAX).contains(&read), "what was under way: {read} bytes");
    slow.close(1013, "");
    assert_eq!(slow.next().await, Seen::End);
    sleep(Duration::from_secs(3)).await;
    assert_eq!(server.connections.len(), 1, "the one that never came back holds nothing");
    lively.text("and after");
    assert_eq!(lively.next().await, text("and after"));
}

/// 2 KiB in a second are not nothing, though it takes longer than the write timeout until a whole run of frames is gone.
#[tokio::test(start_paused = true)]
async fn a_stream_that_is_read_slowly_goes_on() {
    let (io, server) = start(router());
    let mut client = Client::new(io).await;
    let mut slow = client.open("/flood").await;
    for _ in 0..100 {
        slow.takes_no_more();
        for _ in 0..20 {
            assert!(matches!(slow.next().await, Seen::Binary(_)));
        }
        slow.takes_again();
        sleep(Duration::from_secs(10)).await;
    }
    assert_eq!(server.connections.len(), 1);
}

/// The transport under a WebSocket is never wrapped in more than it needs.
#[tokio::test]
async fn an_upgrade_finds_the_plain_transport() {
    let (found, mut finds) = mpsc::unbounded_channel();
    let probe = move |mut request: Request<Body>| {
        let found = found.clone();
        async move {
            let over_http2 = request.version() == http::Version::HTTP_2;
            let status = if over_http2 { StatusCode::OK } else { StatusCode::SWITCHING_PROTOCOLS };
            let on_upgrade = request.extensions_mut().remove::<OnUpgrade>().unwrap();
            let upgrade = Upgrade::new(on_upgrade, status);
            tokio::spawn(async move { found.send(upgrade.within(Duration::from_secs(10)).await.unwrap()) });
            let mut response = http::Response::builder().status(status);
            if !over_http2 {
                response = response.header("connection", "upgrade").header("upgrade", "websocket");
            }
            response.extension(Opened).body(Body::empty()).unwrap()
        }
    };
    let router = Router::new().route("/echo", any(probe));
    // A frame that comes with the head is not lost.
    let said = [UPGRADE.as_bytes(), b"\x81\x80\0\0\0\0"].concat();

    let (mut memory, _server) = start(router.clone());
    memory.write_all(&said).await.unwrap();
    let (io, ahead) = finds.recv().await.unwrap();
    assert!(matches!(io, Io::Memory(_)), "{io:?}");
    assert_eq!(ahead, &b"\x81\x80\0\0\0\0"[..]);

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(serve(listener, router.clone()).into_future());
    let mut tcp = tokio::net::TcpStream::connect(address).await.unwrap();
    tcp.write_all(&said).await.unwrap();
    let (io, ahead) = finds.recv().await.unwrap();
    assert!(matches!(io, Io::Tcp(_)), "{io:?}");
    assert_eq!(ahead, &b"\x81\x80\0\0\0\0"[..]);

    #[cfg(feature = "tls")]
    {
        let mut tls = over_tls(router.clone()).await;
        tls.write_all(&said).await.unwrap();
        let (io, ahead) = finds.recv().await.unwrap();
        assert!(matches!(io, Io::Tls(_)) && io.tcp().is_some(), "{io:?}");
        assert_eq!(ahead, &b"\x81\x80\0\0\0\0"[..]);
    }

    let mut client = Client::tcp(address).await;
    let _stream = client.open("/echo").await;
    let (io, _) = finds.recv().await.unwrap();
    assert!(matches!(io, Io::Http2(_)), "{io:?}");
}

/// Whatever is set: a server serves, or says at once why it cannot.
#[tokio::test]
async fn settings_at_their_ends() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let error = serve(listener, router()).head_timeout(Duration::ZERO).await.unwrap_err();
    assert!(error.to_string().contains("`head_timeout`"), "{error}");

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let limits = crate::manager::ConnectionLimits::default().max_connections(usize::MAX);
    let limits = limits.max_connections_per_address(usize::MAX).max_connections_per_principal(usize::MAX);
    let server = serve(listener, router())
        .manager(ConnectionManager::builder().limits(limits).build())
        .head_timeout(Duration::MAX)
        .max_head_size(usize::MAX)
        .max_sockets_per_address(usize::MAX)
        .readiness_delay(Duration::MAX);
    tokio::spawn(server.into_future());
    let mut tcp = TcpStream::connect(address).await.unwrap();
    tcp.write_all(b"GET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
    let (answer, _) = to_the_end(&mut tcp).await;
    assert!(answer.starts_with(b"HTTP/1.1 404"), "{}", String::from_utf8_lossy(&answer));
    let mut client = Client::tcp(address).await;
    let _stream = client.open("/echo").await;
}

/// The deadline of a shutdown holds for an HTTP/2 connection whose peer does not take part.
#[tokio::test(start_paused = true)]
async fn a_peer_that_does_not_take_part_in_a_shutdown_is_cut() {
    let (mut io, server) = start(router());
    io.write_all(&[PREFACE, SETTINGS].concat()).await.unwrap();
    // Its settings: it is served as HTTP/2.
    let mut frame = [0; 9];
    io.read_exact(&mut frame).await.unwrap();
    assert_eq!(frame[3], 4, "SETTINGS");
    server.stop.send(()).unwrap();
    let mut said = Vec::new();
    // GOAWAY, of no stream and without an error.
    while !said.ends_with(&[0, 0, 8, 7, 0, 0, 0, 0, 0]) {
        said.push(io.read_u8().await.unwrap());
    }
    assert!(!server.task.is_finished(), "it waits for the peer");
    drop(server.stop);
    let (_, took) = to_the_end(&mut io).await;
    about(took, Duration::ZERO);
    server.task.await.unwrap();
}

mod events {
    use super::*;
    use crate::prelude::service;

    #[service]
    trait Flood {
        /// As fast as it can.
        #[get("/events")]
        async fn events(&self, output: Sender<String>) -> Outcome<()>;
    }

    struct Source;

    impl Flood for Source {
        async fn events(&self, output: Sender<String>) -> Outcome<()> {
            let line = "x".repeat(1000);
            loop {
                output.send(&line).await?;
            }
        }
    }

    /// The client is told nothing more, so it must not take what it has for all.
    #[tokio::test(start_paused = true)]
    async fn over_http1_a_client_that_takes_no_more_is_dropped() {
        let (mut io, server) = start(FloodServer::new(Source).into_router());
        io.write_all(b"GET /events HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n").await.unwrap();
        let started = Instant::now();
        server.task.await.unwrap();
        // Whenever anything else has it look, the HTTP layer takes a last piece into its own buffer, until that is full.
        let took = started.elapsed();
        assert!((Duration::from_secs(30)..=Duration::from_secs(60)).contains(&took), "{took:?}");
        server.connections.closed().await;
        let (all, _) = to_the_end(&mut io).await;
        assert!(all.starts_with(b"HTTP/1.1 200 OK") && !all.ends_with(b"0\r\n\r\n"));
    }

    /// The connection is also that of others: only the stream goes.
    #[tokio::test(start_paused = true)]
    async fn over_http2_only_the_stream_is_dropped() {
        let (io, server) = start(FloodServer::new(Source).into_router().merge(router()));
        let mut client = Client::new(io).await;
        let events = || {
            let mut events = request(Method::GET, "/events");
            events.headers_mut().insert("accept", "text/event-stream".parse().unwrap());
            events
        };
        let (answer, stream) = client.request(events()).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        let started = Instant::now();
        server.connections.closed().await;
        about(started.elapsed(), Duration::from_secs(30));
        let (answer, _) = client.request(request(Method::GET, "/hello")).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        drop(stream);
    }
}

/// A connection to a server of its own that speaks TLS.
#[cfg(feature = "tls")]
async fn over_tls(router: Router) -> tokio_rustls::client::TlsStream<TcpStream> {
    use crate::rustls::crypto::ring;
    use crate::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
    use crate::rustls::{ClientConfig, RootCertStore, ServerConfig};
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let provider = Arc::new(ring::default_provider());
    let server = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    let client = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(serve(listener, router).tls_config(server).into_future());
    let stream = TcpStream::connect(address).await.unwrap();
    let connector = tokio_rustls::TlsConnector::from(Arc::new(client));
    connector.connect(ServerName::try_from("localhost").unwrap(), stream).await.unwrap()
}
