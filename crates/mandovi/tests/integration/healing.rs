//! A client that heals itself, over real sockets and through its public face. What it does about each failure, and when, is in the
//! unit tests of the client, on a clock that stands still.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use mandovi::ErrorClass;
use mandovi::client::{CallState, ClientEvent};
use mandovi::prelude::*;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A number in a row.
#[message]
pub struct Number {
    /// Which.
    #[field(1, event_id)]
    pub id: u64,
}

/// Counts.
#[service]
pub trait Counter {
    /// From behind an id, for ever.
    #[get("/count")]
    async fn count(&self, #[last_event_id] since: Option<u64>, output: Sender<Number>) -> Outcome<()>;

    /// The same, and ends with the server.
    #[get("/orderly")]
    async fn orderly(&self, cx: Context, #[last_event_id] since: Option<u64>, output: Sender<Number>) -> Outcome<()>;

    /// Says what it hears.
    #[get("/echo")]
    async fn echo(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;

    /// How often it was asked.
    #[post("/asked")]
    async fn asked(&self) -> Outcome<u64>;
}

#[derive(Clone, Default)]
struct Abacus {
    asked: Arc<AtomicU64>,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Counter for Abacus {
    async fn count(&self, since: Option<u64>, output: Sender<Number>) -> Outcome<()> {
        let mut id = since.unwrap_or(0);
        loop {
            id += 1;
            output.send(Number { id }).await?;
            tokio::task::yield_now().await;
        }
    }

    async fn orderly(&self, cx: Context, since: Option<u64>, output: Sender<Number>) -> Outcome<()> {
        let mut id = since.unwrap_or(0);
        loop {
            id += 1;
            tokio::select! {
                sent = output.send(Number { id }) => sent?,
                () = cx.draining() => return Err(Failure::draining()),
            }
            tokio::task::yield_now().await;
        }
    }

    async fn echo(&self, mut input: Receiver<String>, output: Sender<String>) -> Outcome<()> {
        while let Some(line) = input.recv().await? {
            self.heard.lock().unwrap().push(line.clone());
            output.send(line).await?;
        }
        Ok(())
    }

    async fn asked(&self) -> Outcome<u64> {
        Ok(self.asked.fetch_add(1, Ordering::Relaxed) + 1)
    }
}

/// A server that can be killed and started again at the same address.
struct Host {
    address: SocketAddr,
    abacus: Abacus,
    running: Option<(JoinHandle<()>, oneshot::Sender<()>)>,
}

impl Host {
    async fn new() -> Self {
        // The port is free again once the listener is gone.
        let address = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        Self { address, abacus: Abacus::default(), running: None }
    }

    async fn start(&mut self) {
        let listener = loop {
            match TcpListener::bind(self.address).await {
                Ok(listener) => break listener,
                Err(_) => tokio::task::yield_now().await,
            }
        };
        let (stop, stopped) = oneshot::channel();
        let server = CounterServer::new(self.abacus.clone()).into_router();
        // Who does not read does not see its close frame, and is cut.
        let serving = mandovi::serve(listener, server)
            .drain_window(Duration::ZERO)
            .drain_deadline(Duration::from_millis(200))
            .with_graceful_shutdown(async { drop(stopped.await) });
        self.running = Some((tokio::spawn(async { serving.await.map(drop).unwrap() }), stop));
    }

    async fn stop(&mut self) {
        let (serving, stop) = self.running.take().unwrap();
        stop.send(()).unwrap();
        serving.await.unwrap();
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

fn brief() -> Retry {
    Retry::default().base(Duration::from_millis(5)).cap(Duration::from_millis(50)).max_hint(Duration::from_millis(50))
}

#[tokio::test]
async fn a_server_that_is_not_up_yet_is_waited_for() {
    let mut host = Host::new().await;
    let (waits, mut waited) = tokio::sync::mpsc::unbounded_channel();
    let client = CounterClient::builder(host.url())
        .retry(brief())
        .on_event(move |event: &ClientEvent| {
            if let CallState::Waiting { class, .. } = event.state {
                assert_eq!((event.service, event.method, class), ("Counter", "count", ErrorClass::Recoverable));
                let _ = waits.send(());
            }
        })
        .build()
        .unwrap();
    let calling = tokio::spawn(async move { client.count(None).await });
    waited.recv().await.unwrap();
    waited.recv().await.unwrap();
    host.start().await;
    assert_eq!(calling.await.unwrap().unwrap().recv().await.unwrap().unwrap().id, 1);
    host.stop().await;
}

#[tokio::test]
async fn a_server_is_restarted_at_its_address() {
    let mut host = Host::new().await;
    host.start().await;
    let client = CounterClient::builder(host.url()).retry(brief()).build().unwrap();
    let mut numbers = client.count(None).await.unwrap();
    let mut expected = 1;
    for round in 0..5 {
        for _ in 0..100 {
            assert_eq!(numbers.recv().await.unwrap().unwrap().id, expected, "nothing is lost, nothing is said twice");
            expected += 1;
        }
        assert_eq!(client.asked().await.unwrap(), round + 1, "plain calls find the new server too");
        host.stop().await;
        host.start().await;
        // It goes on with the new one once all that the old one said is read.
        while numbers.gaps() as u64 == round {
            assert_eq!(numbers.recv().await.unwrap().unwrap().id, expected);
            expected += 1;
        }
    }
    assert_eq!(numbers.state(), Some(CallState::Open { reconnects: 5 }));
    drop(numbers);
    host.stop().await;
}

/// A handler that ends since its server does has not come to its end: its client goes on with the next.
#[tokio::test]
async fn a_handler_that_ends_with_its_server_is_called_again() {
    let mut host = Host::new().await;
    host.start().await;
    let client = CounterClient::builder(host.url()).retry(brief()).build().unwrap();
    let mut numbers = client.orderly(None).await.unwrap();
    let mut expected = 1;
    for _ in 0..3 {
        for _ in 0..100 {
            assert_eq!(numbers.recv().await.unwrap().unwrap().id, expected);
            expected += 1;
        }
        host.stop().await;
        host.start().await;
    }
    while numbers.gaps() < 3 {
        assert_eq!(numbers.recv().await.unwrap().unwrap().id, expected);
        expected += 1;
    }
    drop(numbers);
    host.stop().await;
}

#[tokio::test]
async fn what_is_said_while_the_server_is_away_is_kept() {
    let mut host = Host::new().await;
    host.start().await;
    let client = CounterClient::builder(host.url()).retry(brief()).unsent(Unsent::Keep).build().unwrap();
    let (sender, mut receiver) = client.echo().await.unwrap();
    sender.send("before").await.unwrap();
    assert_eq!(receiver.recv().await.unwrap().as_deref(), Some("before"));
    let mut states = receiver.states().unwrap();
    host.stop().await;
    while !matches!(states.next().await, Some(CallState::Waiting { .. })) {}
    for line in ["one", "two", "three"] {
        sender.send(line).await.unwrap();
    }
    sender.finish().unwrap();
    host.start().await;
    for line in ["one", "two", "three"] {
        assert_eq!(receiver.recv().await.unwrap().as_deref(), Some(line));
    }
    assert_eq!(receiver.recv().await.unwrap(), None);
    assert_eq!(*host.abacus.heard.lock().unwrap(), ["before", "one", "two", "three"]);
    host.stop().await;
}

#[tokio::test]
async fn a_name_that_is_none_is_given_up_within_the_limits() {
    // RFC 6761: it never resolves.
    let client = CounterClient::builder("http://nobody.invalid").retry(brief().max_retries(2)).build().unwrap();
    let failure = client.asked().await.unwrap_err();
    assert_eq!(failure.class(), ErrorClass::Recoverable);
    assert!(matches!(failure, Failure::Connect(_)), "{failure}");
}

#[tokio::test]
async fn many_plain_calls_need_one_connection() {
    let mut host = Host::new().await;
    let listener = TcpListener::bind(host.address).await.unwrap();
    let accepted = Arc::new(AtomicU64::new(0));
    let counted = CountAccepts { listener, accepted: Arc::clone(&accepted) };
    let server = CounterServer::new(host.abacus.clone()).into_router();
    let serving = tokio::spawn(async move { mandovi::axum::serve(counted, server).await });
    let client = CounterClient::builder(host.url()).build().unwrap();
    for asked in 1..=50 {
        assert_eq!(client.asked().await.unwrap(), asked);
    }
    assert_eq!(accepted.load(Ordering::Relaxed), 1);
    serving.abort();
    let _ = serving.await;
    host.start().await;
    // A stale connection fails no call, not even one that must not be sent twice.
    assert_eq!(client.asked().await.unwrap(), 51);
    host.stop().await;
}

struct CountAccepts {
    listener: TcpListener,
    accepted: Arc<AtomicU64>,
}

impl mandovi::axum::serve::Listener for CountAccepts {
    type Io = tokio::net::TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let accepted = mandovi::axum::serve::Listener::accept(&mut self.listener).await;
        self.accepted.fetch_add(1, Ordering::Relaxed);
        accepted
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}

/// A certificate that is not trusted stays so; a handshake that is cut short does not.
#[cfg(feature = "tls")]
#[tokio::test]
async fn tls_that_fails_for_good_is_not_tried_again() {
    let address = crate::tls::untrusted().await;
    let waits = Arc::new(AtomicU64::new(0));
    let client = |port: u16| {
        let waits = Arc::clone(&waits);
        CounterClient::builder(format!("https://localhost:{port}"))
            .retry(brief().max_retries(3))
            .on_event(move |event: &ClientEvent| {
                if let CallState::Waiting { .. } = event.state {
                    waits.fetch_add(1, Ordering::Relaxed);
                }
            })
            .build()
            .unwrap()
    };
    let failure = client(address.port()).count(None).await.unwrap_err();
    assert_eq!((failure.class(), waits.load(Ordering::Relaxed)), (ErrorClass::Fatal, 0), "{failure}");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move { while listener.accept().await.is_ok() {} });
    let failure = client(port).count(None).await.unwrap_err();
    assert_eq!((failure.class(), waits.load(Ordering::Relaxed)), (ErrorClass::Recoverable, 3), "{failure}");
}
