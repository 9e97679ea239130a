//! A drain over real sockets: what load balancers, plain methods and streams of HTTP/2 see of it, and what becomes of streams under
//! load.

use std::fmt::Write as _;
use std::net::SocketAddr;

use mandovi::ConnectionManager;
use mandovi::manager::{Drain, DrainReport};
use mandovi::prelude::*;
use mandovi::server::Serve;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{Notify, oneshot};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep};

use crate::http2::peer::{Client, Seen};

/// Handlers of every kind.
#[service]
pub trait Kinds {
    /// Echoes until it learns of the drain.
    #[get("/at_once")]
    async fn at_once(&self, cx: Context, input: Receiver<u32>, output: Sender<u32>) -> Outcome<()>;

    /// Goes on for 200 ms more.
    #[get("/later")]
    async fn later(&self, cx: Context, input: Receiver<u32>, output: Sender<u32>) -> Outcome<()>;

    /// Sends for ever, now and then.
    #[get("/ignores")]
    async fn ignores(&self, output: Sender<u32>) -> Outcome<()>;

    /// Sends for ever, as fast as it can.
    #[get("/floods")]
    async fn floods(&self, output: Sender<Message>) -> Outcome<()>;

    /// Holds its receiver and never looks at it.
    #[get("/stubborn")]
    async fn stubborn(&self, input: Receiver<u32>) -> Outcome<()>;

    /// A plain method that takes until it is told to end.
    #[get("/slow")]
    async fn slow(&self) -> Outcome<String>;

    /// A plain method.
    #[get("/plain")]
    async fn plain(&self) -> Outcome<String>;
}

#[derive(Clone, Default)]
struct All {
    slow_begins: std::sync::Arc<Notify>,
    slow_ends: std::sync::Arc<Notify>,
}

async fn echo(mut input: Receiver<u32>, output: Sender<u32>) -> Outcome<()> {
    while let Some(number) = input.recv().await? {
        output.send(number).await?;
    }
    Ok(())
}

impl Kinds for All {
    async fn at_once(&self, cx: Context, input: Receiver<u32>, output: Sender<u32>) -> Outcome<()> {
        tokio::select! {
            ended = echo(input, output) => ended,
            () = cx.draining() => Ok(()),
        }
    }

    async fn later(&self, cx: Context, input: Receiver<u32>, output: Sender<u32>) -> Outcome<()> {
        let ends = async {
            cx.draining().await;
            sleep(Duration::from_millis(200)).await;
        };
        tokio::select! {
            ended = echo(input, output) => ended,
            () = ends => Ok(()),
        }
    }

    async fn ignores(&self, output: Sender<u32>) -> Outcome<()> {
        for number in 0.. {
            output.send(number).await?;
            sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }

    async fn floods(&self, output: Sender<Message>) -> Outcome<()> {
        let message = Message::binary(vec![7; 32 * 1024]);
        loop {
            output.send(&message).await?;
        }
    }

    async fn stubborn(&self, input: Receiver<u32>) -> Outcome<()> {
        let _input = input;
        std::future::pending().await
    }

    async fn slow(&self) -> Outcome<String> {
        self.slow_begins.notify_one();
        self.slow_ends.notified().await;
        Ok("done".to_owned())
    }

    async fn plain(&self) -> Outcome<String> {
        Ok("plain".to_owned())
    }
}

type Serving = Serve<mandovi::axum::Router>;

struct Server {
    address: SocketAddr,
    manager: ConnectionManager,
    all: All,
    stop: oneshot::Sender<()>,
    served: JoinHandle<std::io::Result<DrainReport>>,
}

impl Server {
    async fn start(with: impl FnOnce(Serving) -> Serving) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let (manager, all) = (ConnectionManager::new(), All::default());
        let app = KindsServer::new(all.clone()).into_router().merge(manager.health_router());
        let serve = mandovi::serve(listener, app).manager(manager.clone()).with_graceful_shutdown(async {
            let _ = stopped.await;
        });
        Self { address, manager, all, stop, served: tokio::spawn(with(serve).into_future()) }
    }

    fn client(&self) -> KindsClient {
        KindsClient::builder(format!("ws://{}", self.address)).build().unwrap()
    }

    async fn connect(&self) -> Http {
        Http(TcpStream::connect(self.address).await.unwrap())
    }
}

const UPGRADE: &str = "GET /ignores HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: \
                       13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/// An HTTP/1.1 connection by hand.
struct Http(TcpStream);

impl Http {
    /// What comes, up to an end; every byte is a character.
    async fn until(&mut self, end: &str) -> String {
        let mut all = String::new();
        while !all.ends_with(end) {
            all.push(char::from(self.0.read_u8().await.unwrap()));
        }
        all
    }

    /// Head and body of an answer.
    async fn get(&mut self, path: &str) -> String {
        self.0.write_all(format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).await.unwrap();
        let mut all = String::new();
        loop {
            if let Some((head, body)) = all.split_once("\r\n\r\n") {
                let length = head.to_lowercase().split("content-length: ").nth(1).unwrap().to_owned();
                if body.len() == length.split("\r\n").next().unwrap().parse::<usize>().unwrap() {
                    return all;
                }
            }
            let mut piece = [0; 1000];
            let read = self.0.read(&mut piece).await.unwrap();
            assert!(read > 0, "the end instead of an answer, after {all:?}");
            all.push_str(str::from_utf8(&piece[..read]).unwrap());
        }
    }
}

#[track_caller]
fn answers(answer: &str, status: u16, body: &str) {
    assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")) && answer.ends_with(body), "{answer}");
}

/// The port stays open for the delay, and tells everyone to go elsewhere; plain methods go on on connections that are open.
#[tokio::test]
async fn readiness_flips_at_once_and_the_port_closes_later() {
    let delay = Duration::from_secs(2);
    let server = Server::start(|serve| serve.readiness_delay(delay).drain_notice(Duration::from_secs(10))).await;
    let client = server.client();
    let stream = client.ignores().await.unwrap();
    let mut open = server.connect().await;
    for path in ["/readyz", "/healthz"] {
        answers(&open.get(path).await, 200, "{\"status\":\"ok\"}\n");
    }
    server.stop.send(()).unwrap();
    let began = Instant::now();
    while server.manager.is_ready() {
        tokio::task::yield_now().await;
    }
    let mut new = Http(TcpStream::connect(server.address).await.unwrap());
    for connection in [&mut new, &mut open] {
        let not_ready = connection.get("/readyz").await;
        answers(&not_ready, 503, "{\"status\":\"unavailable\"}\n");
        assert!(not_ready.contains("\r\nretry-after: 1\r\n"), "{not_ready}");
        answers(&connection.get("/healthz").await, 200, "{\"status\":\"ok\"}\n");
        answers(&connection.get("/plain").await, 200, "\"plain\"\n");
    }
    let Failure::Remote(remote) = client.ignores().await.unwrap_err() else { panic!() };
    assert_eq!((remote.status, remote.retry_after), (503, Some(Duration::from_secs(1))));
    // A page that wants to be told by a close code is, and one that asks for events is as well.
    let mut page = Http(TcpStream::connect(server.address).await.unwrap());
    let asked = format!("{UPGRADE}Sec-WebSocket-Protocol: mandovi.plain, mandovi.refuse\r\n\r\n");
    page.0.write_all(asked.as_bytes()).await.unwrap();
    let told = page.until("}").await;
    assert!(told.starts_with("HTTP/1.1 101 ") && told.contains("\u{11}\u{97}"), "4503: {told:?}");
    assert!(told.contains(r#"{"name":"unavailable","retry_after_ms":1000"#), "{told:?}");
    let events = "GET /ignores HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n";
    open.0.write_all(events.as_bytes()).await.unwrap();
    let told = open.until("}\n").await.to_lowercase();
    assert!(told.starts_with("http/1.1 503 ") && told.contains("\r\nretry-after: 1\r\n"), "{told}");
    let closed = async {
        while TcpStream::connect(server.address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    closed.await;
    assert!(began.elapsed() >= delay);
    // There is still a stream, and so the connections that were open.
    for connection in [&mut new, &mut open] {
        answers(&connection.get("/plain").await, 200, "\"plain\"\n");
    }
    drop(stream);
    let report = server.served.await.unwrap().unwrap();
    assert_eq!((report.finished, report.total()), (1, 1), "{report}");
    for mut connection in [new, open] {
        assert_eq!(connection.0.read(&mut [0]).await.unwrap(), 0);
    }
}

#[tokio::test]
async fn a_plain_method_under_way_has_until_the_deadline() {
    for (ends, deadline) in [(true, 60_000), (false, 300)] {
        let server = Server::start(|serve| serve.drain_deadline(Duration::from_millis(deadline))).await;
        let client = server.client();
        let call = tokio::spawn(async move { client.slow().await });
        server.all.slow_begins.notified().await;
        server.stop.send(()).unwrap();
        if ends {
            while server.manager.is_ready() {
                tokio::task::yield_now().await;
            }
            server.all.slow_ends.notify_one();
            assert_eq!(call.await.unwrap().unwrap(), "done");
        } else {
            assert!(matches!(call.await.unwrap().unwrap_err(), Failure::Connect(_)));
        }
        assert_eq!(server.served.await.unwrap().unwrap().total(), 0);
    }
}

/// The HTTP/2 connection goes after its streams: each has its close frame first, whether its client answers or not.
#[tokio::test]
async fn every_stream_of_an_http2_connection_has_its_close_frame() {
    for answers in [true, false] {
        let drain = Drain::new().window(Duration::from_millis(300)).deadline(Duration::from_secs(1));
        let server = Server::start(|serve| serve.drain(drain.grace(Duration::from_millis(200)))).await;
        let mut client = Client::tcp(server.address).await;
        let mut streams = Vec::new();
        for number in 0..200 {
            streams.push(client.open(["/ignores", "/stubborn"][number % 2]).await);
        }
        server.stop.send(()).unwrap();
        for stream in &mut streams {
            let close = loop {
                match stream.next().await {
                    Seen::Text(_) => {}
                    other => break other,
                }
            };
            let Seen::Close(1012, reason) = close else { panic!("{close:?}") };
            assert!(reason.starts_with(r#"{"name":"draining","retry_after_ms":"#), "{reason}");
            if answers {
                stream.close(1012, "");
            }
        }
        let report = server.served.await.unwrap().unwrap();
        // A handler that holds its receiver does not end, whatever its client does.
        let expected = if answers { (100, 100) } else { (0, 200) };
        assert_eq!((report.closed_in_window, report.cut, report.total()), (expected.0, expected.1, 200), "{report}");
        drop(streams);
    }
}

/// What a client of a stream saw at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Saw {
    Code(u16),
    /// It did not look.
    Nothing,
}

async fn ended<T: mandovi::value::Item + mandovi::value::Value>(mut stream: Receiver<T, Failure<NoError>>) -> Saw {
    loop {
        match stream.recv().await {
            Ok(Some(_)) => {}
            Ok(None) => return Saw::Code(1000),
            Err(Failure::Stream(StreamError::Closed(closed))) => return Saw::Code(closed.code().as_u16()),
            Err(other) => panic!("{other:?}"),
        }
    }
}

async fn talk(sender: Sender<u32>) {
    for number in 0.. {
        if sender.send(number).await.is_err() {
            return;
        }
        sleep(Duration::from_millis(50)).await;
    }
}

/// A client that opens a stream and reads nothing of it.
async fn never_reads(address: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut stream = socket.connect(address).await.unwrap();
    let upgrade = format!("{}\r\n", UPGRADE.replace("/ignores", "/floods"));
    stream.write_all(upgrade.as_bytes()).await.unwrap();
    let mut head = [0; 12];
    stream.read_exact(&mut head).await.unwrap();
    assert_eq!(&head, b"HTTP/1.1 101");
    stream
}

/// How many streams there are of each kind: `at_once`, `later`, `ignores`, `floods` and `stubborn`.
const STREAMS: [(&str, usize); 5] = [
    ("ends at once", 150),
    ("ends after 200 ms", 150),
    ("ignores it", 100),
    ("peer never reads", 50),
    ("never ends, holds its receiver", 50),
];

/// Drains a server with all of them. Gives what the clients of each kind saw, and the report.
async fn under_load(drain: Drain) -> (Vec<Vec<Saw>>, DrainReport) {
    let server = Server::start(|serve| serve.drain(drain)).await;
    let client = server.client();
    let mut seen: Vec<JoinSet<Saw>> = STREAMS.iter().map(|_| JoinSet::new()).collect();
    let mut held = Vec::new();
    for (kind, (_, count)) in STREAMS.into_iter().enumerate() {
        for _ in 0..count {
            match kind {
                0 | 1 => {
                    let (sender, echoes) =
                        if kind == 0 { client.at_once().await } else { client.later().await }.unwrap();
                    tokio::spawn(talk(sender));
                    seen[kind].spawn(ended(echoes));
                }
                2 => {
                    let numbers = client.ignores().await.unwrap();
                    seen[kind].spawn(ended(numbers));
                }
                3 => {
                    held.push(never_reads(server.address).await);
                    seen[kind].spawn(async { Saw::Nothing });
                }
                _ => {
                    let (sender, reply) = client.stubborn().await.unwrap();
                    seen[kind].spawn(async move {
                        let _sender = sender;
                        match reply.await {
                            Err(Failure::Stream(StreamError::Closed(closed))) => Saw::Code(closed.code().as_u16()),
                            other => panic!("{other:?}"),
                        }
                    });
                }
            }
        }
    }
    // Those who do not read have all that fits.
    let are_full =
        || server.manager.snapshot().iter().filter(|info| info.queue_bytes >= 64 * 1024).count() == STREAMS[3].1;
    while !are_full() {
        sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(server.manager.len(), 500);
    server.stop.send(()).unwrap();
    let report = server.served.await.unwrap().unwrap();
    assert!(server.manager.is_empty());
    drop(held);
    let mut all = Vec::new();
    for kind in seen {
        all.push(kind.join_all().await);
    }
    (all, report)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn drain_under_load() {
    let millis = Duration::from_millis;
    let grace = Drain::new().grace(millis(500));
    let gentle = grace.notice(millis(2000)).window(millis(1000)).deadline(millis(5000));
    let hard = grace.notice(millis(60_000)).deadline(millis(2000));
    let mut table = String::new();
    for (name, drain, late) in [("gentle", gentle, 1012), ("hard", hard, 1001)] {
        let (seen, report) = under_load(drain).await;
        let _ = writeln!(
            table,
            "\n{name}: notice {} ms, window {} ms, deadline {} ms, grace {} ms\n{:32} {:>8} {:>6} {:>6} {:>6} {:>9}",
            drain.notice.as_millis(),
            drain.window.as_millis(),
            drain.deadline.as_millis(),
            drain.grace.as_millis(),
            "handler",
            "streams",
            "1000",
            "1012",
            "1001",
            "no close"
        );
        let mut counts = Vec::new();
        for ((kind, streams), seen) in STREAMS.iter().zip(&seen) {
            let count = |what: Saw| seen.iter().filter(|saw| **saw == what).count();
            let row = [1000, 1012, 1001].map(|code| count(Saw::Code(code)));
            let none = streams - row.iter().sum::<usize>();
            let _ = writeln!(table, "{kind:32} {streams:8} {:6} {:6} {:6} {none:9}", row[0], row[1], row[2]);
            counts.push((row, none));
        }
        let _ = writeln!(table, "report: {report}");
        println!("{table}");
        let told = |count: usize| if late == 1012 { [0, count, 0] } else { [0, 0, count] };
        let expected = [([150, 0, 0], 0), ([150, 0, 0], 0), (told(100), 0), ([0; 3], 50), (told(50), 0)];
        assert_eq!(counts, expected);
        // Who never reads and who never ends is cut, whatever was said.
        let closed = if late == 1012 { (100, 0) } else { (0, 100) };
        assert_eq!((report.finished, report.cut, report.total()), (300, 100, 500), "{report}");
        assert_eq!((report.closed_in_window, report.closed_at_deadline), closed, "{report}");
        assert!(report.took >= drain.deadline + drain.grace, "{report}");
        table.clear();
    }
}
