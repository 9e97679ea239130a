//! Who is connected, and what can be done about it: over every transport, through the public face.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mandovi::manager::{ConnectionEvent, ConnectionEvents, ConnectionInfo, ConnectionState, Transport};
use mandovi::prelude::*;
use mandovi::testing::InMemory;
use mandovi::{CloseCode, ConnectionManager, websocket};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::http2::peer::{Client as Http2, Seen, close, text};

pub struct User(pub String);

/// A service whose callers have names.
#[service(schemes(basic = Basic<User>))]
pub trait Desk {
    /// Says who is there, then again what it hears.
    #[get("/talk", auth = basic)]
    async fn talk(
        &self,
        cx: Context,
        who: Auth<User>,
        input: Receiver<String>,
        output: Sender<String>,
    ) -> Outcome<(), NoError>;

    /// Says who is there, and when it is to end.
    #[get("/watch", auth = basic)]
    async fn watch(&self, cx: Context, who: Auth<User>, output: Sender<String>) -> Outcome<(), NoError>;

    /// The name of the caller.
    #[get("/name", auth = basic)]
    async fn name(&self, cx: Context, who: Auth<User>) -> Outcome<String, NoError>;

    /// Where the caller comes from.
    #[get("/from")]
    async fn from(&self, cx: Context) -> Outcome<String, NoError>;

    /// The same, as a stream.
    #[get("/place")]
    async fn place(&self, cx: Context, output: Sender<String>) -> Outcome<(), NoError>;
}

#[derive(Clone)]
pub struct Clerk;

impl Desk for Clerk {
    async fn talk(
        &self,
        cx: Context,
        who: Auth<User>,
        mut input: Receiver<String>,
        output: Sender<String>,
    ) -> Outcome<(), NoError> {
        assert_eq!(cx.principal_name(), Some(&*who.0));
        output.send(format!("{}", cx.id())).await?;
        loop {
            match input.recv().await {
                Ok(Some(line)) => output.send(line).await?,
                Ok(None) => return Ok(()),
                Err(StreamError::Invalid(_)) => output.send("what?").await?,
                Err(error) => return Err(error.into()),
            }
        }
    }

    async fn watch(&self, cx: Context, who: Auth<User>, output: Sender<String>) -> Outcome<(), NoError> {
        assert_eq!(cx.principal_name(), Some(&*who.0));
        output.send(format!("{}", cx.id())).await?;
        cx.draining().await;
        output.send("draining").await?;
        cx.closed().await;
        Ok(())
    }

    async fn name(&self, cx: Context, _who: Auth<User>) -> Outcome<String, NoError> {
        Ok(cx.principal_name().unwrap_or_default().to_owned())
    }

    async fn from(&self, cx: Context) -> Outcome<String, NoError> {
        assert_eq!(cx.principal_name(), None);
        Ok(cx.peer().map(|peer| peer.ip().to_string()).unwrap_or_default())
    }

    async fn place(&self, cx: Context, output: Sender<String>) -> Outcome<(), NoError> {
        output.send(cx.peer().map(|peer| peer.ip().to_string()).unwrap_or_default()).await?;
        cx.closed().await;
        Ok(())
    }
}

pub type Ready = DeskServer<Clerk, mandovi::auth::Verifies<Basic<User>>>;

pub fn desk() -> Ready {
    DeskServer::new(Clerk).basic(async |credential: BasicCredential| Ok::<_, Denied>(User(credential.user)))
}

pub fn router() -> Router {
    async fn echo(mut input: Receiver<Message>, output: Sender<Message>) -> Outcome<()> {
        while let Some(message) = input.recv_ref().await? {
            output.send(message).await?;
        }
        Ok(())
    }
    desk().into_router().route("/raw", get(websocket(echo).named("raw-echo")))
}

/// A server on a port of its own.
pub async fn listen(manager: &ConnectionManager) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(mandovi::serve(listener, router()).manager(manager.clone()).into_future());
    address
}

pub fn client(address: SocketAddr, user: &str) -> DeskClient {
    DeskClient::builder(format!("ws://{address}")).basic(user, "x").build().unwrap()
}

pub fn authorization(user: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:x")))
}

/// A stream of events by hand, up to some text of it.
pub struct Events(pub TcpStream, pub String);

impl Events {
    pub async fn open(address: SocketAddr, path: &str, headers: &str) -> Self {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let head = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nAccept: text/event-stream\r\n{headers}\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        Self(stream, String::new())
    }

    pub async fn until(&mut self, end: &str) -> String {
        while !self.1.contains(end) {
            let mut some = [0; 1024];
            let n = self.0.read(&mut some).await.unwrap();
            assert!(n > 0, "{end:?} is not in {:?}", self.1);
            self.1.push_str(std::str::from_utf8(&some[..n]).unwrap());
        }
        self.1.clone()
    }
}

/// The connection once it is as it has to be.
async fn until(manager: &ConnectionManager, id: u64, is: impl Fn(&ConnectionInfo) -> bool) -> ConnectionInfo {
    loop {
        let info = manager.get(id).expect("it is there");
        if is(&info) {
            return info;
        }
        tokio::task::yield_now().await;
    }
}

async fn next(events: &mut ConnectionEvents) -> ConnectionEvent {
    events.recv().await.unwrap().unwrap()
}

fn closed(error: Failure<NoError>) -> (u16, String) {
    match error {
        Failure::Stream(StreamError::Closed(closed)) => (closed.code().as_u16(), closed.reason().to_owned()),
        other => panic!("{other:?}"),
    }
}

/// Several streams over every transport, and the one stream of somebody else, which stays.
#[tokio::test]
async fn log_out_everywhere() {
    let manager = ConnectionManager::new();
    let address = listen(&manager).await;
    let ada = client(address, "ada");
    let (_first, mut first) = ada.talk().await.unwrap();
    let mut second = ada.watch().await.unwrap();
    first.recv().await.unwrap().unwrap();
    second.recv().await.unwrap().unwrap();
    let mut http2 = Http2::tcp(address).await;
    let (_, mut third) = http2.connect("/talk", &[("authorization", &authorization("ada"))]).await;
    assert!(matches!(third.next().await, Seen::Text(_)));
    let (_, mut fourth) = http2.connect("/watch", &[("authorization", &authorization("ada"))]).await;
    assert!(matches!(fourth.next().await, Seen::Text(_)));
    let mut fifth = Events::open(address, "/watch", &format!("Authorization: {}\r\n", authorization("ada"))).await;
    fifth.until("data: ").await;
    let (to_grace, mut grace) = client(address, "grace").talk().await.unwrap();
    grace.recv().await.unwrap().unwrap();
    let (_, mut graces) = http2.connect("/talk", &[("authorization", &authorization("grace"))]).await;
    assert!(matches!(graces.next().await, Seen::Text(_)));

    let mut transports: Vec<_> = manager.of_principal("ada").iter().map(|info| info.transport.as_str()).collect();
    transports.sort_unstable();
    assert_eq!(transports, ["events", "http2", "http2", "websocket", "websocket"]);
    let all = manager.snapshot();
    assert_eq!(all.len(), 7);
    assert!(all.is_sorted_by_key(|info| info.id));
    let mut each = Vec::new();
    manager.for_each(|info| {
        // No lock is held.
        assert_eq!(manager.get(info.id).map(|info| info.id), Some(info.id));
        each.push(info.id);
    });
    each.sort_unstable();
    assert_eq!(each, all.iter().map(|info| info.id).collect::<Vec<_>>());

    assert_eq!(manager.close_principal("nobody", CloseCode::POLICY_VIOLATION, "logged out"), 0);
    assert_eq!(manager.close_principal("ada", CloseCode::POLICY_VIOLATION, "logged out"), 5);
    let told = (1008, "logged out".to_owned());
    assert_eq!(closed(first.recv().await.unwrap_err()), told);
    assert_eq!(closed(second.recv().await.unwrap_err()), told);
    assert_eq!(third.next().await, close(1008, "logged out"));
    assert_eq!(fourth.next().await, close(1008, "logged out"));
    assert!(fifth.until("0\r\n\r\n").await.contains("event: error"), "{}", fifth.1);
    third.close(1008, "");
    fourth.close(1008, "");
    while manager.len() > 2 {
        tokio::task::yield_now().await;
    }
    assert!(manager.of_principal("ada").is_empty());
    // Everybody else goes on, on the same HTTP/2 connection too; and who is let in again comes in.
    to_grace.send("here").await.unwrap();
    assert_eq!(grace.recv().await.unwrap(), Some("here".into()));
    graces.text("\"here\"");
    assert_eq!(graces.next().await, text("\"here\""));
    let (_, mut again) = ada.talk().await.unwrap();
    assert!(again.recv().await.unwrap().is_some());
}

#[tokio::test]
async fn one_is_closed_and_one_is_drained() {
    let manager = ConnectionManager::new();
    let address = listen(&manager).await;
    let mut events = manager.events();
    let ada = client(address, "ada");
    let mut one = ada.watch().await.unwrap();
    let mut other = ada.watch().await.unwrap();
    let id = |line: Option<String>| line.unwrap().parse::<u64>().unwrap();
    let (one_id, other_id) = (id(one.recv().await.unwrap()), id(other.recv().await.unwrap()));
    assert_eq!(next(&mut events).await, ConnectionEvent::Opened { id: one_id });
    assert_eq!(next(&mut events).await, ConnectionEvent::Opened { id: other_id });

    assert!(manager.drain_connection(one_id));
    assert!(manager.drain_connection(one_id), "twice is once");
    assert_eq!(one.recv().await.unwrap(), Some("draining".into()));
    assert_eq!(manager.get(one_id).unwrap().state, ConnectionState::Draining);
    assert_eq!(manager.get(other_id).unwrap().state, ConnectionState::Open);
    assert_eq!(next(&mut events).await, ConnectionEvent::Draining { id: one_id });

    assert!(manager.close(one_id, CloseCode::new(3321).unwrap(), "enough"));
    assert_eq!(closed(one.recv().await.unwrap_err()), (3321, "enough".to_owned()));
    let ConnectionEvent::Closed { id, code, info } = next(&mut events).await else { panic!() };
    assert_eq!((id, code.as_u16(), info.id, info.state), (one_id, 3321, one_id, ConnectionState::Closed));
    assert_eq!((info.messages_sent, info.principal.as_deref()), (2, Some("ada")));
    assert!(info.bytes_sent > 0 && info.age > Duration::ZERO);
    assert!(manager.get(one_id).is_none());
    for gone in [one_id, u64::MAX] {
        assert!(!manager.close(gone, CloseCode::NORMAL, ""));
        assert!(!manager.drain_connection(gone));
    }
    assert_eq!(manager.get(other_id).unwrap().state, ConnectionState::Open);
    // A client that leaves without a word.
    drop(other);
    let ConnectionEvent::Closed { id, .. } = next(&mut events).await else { panic!() };
    assert_eq!(id, other_id);
    manager.closed().await;
    // What was missed is told.
    let mut slow = manager.events();
    drop(events);
    for _ in 0..600 {
        let mut rx = ada.watch().await.unwrap();
        rx.recv().await.unwrap();
        drop(rx);
        manager.closed().await;
    }
    let missed = slow.recv().await.unwrap_err().0;
    assert_eq!(missed, 1200 - 1024);
    assert!(matches!(slow.recv().await, Ok(Some(_))), "the oldest that is left");
    drop(manager);
}

/// Each number, against what the other side has written and read.
#[tokio::test]
async fn the_numbers_are_true() {
    let manager = ConnectionManager::new();
    let address = listen(&manager).await;
    let (tx, mut rx) = client(address, "ada").talk().await.unwrap();
    let id: u64 = rx.recv().await.unwrap().unwrap().parse().unwrap();
    let info = until(&manager, id, |info| info.bytes_sent > 0).await;
    assert_eq!((info.service, info.method, info.transport), ("Desk", "talk", Transport::WebSocket));
    assert_eq!(info.peer.unwrap().ip(), address.ip());
    assert_eq!(info.principal.as_deref(), Some("ada"));
    assert_eq!((info.messages_received, info.messages_sent), (0, 1));
    let header = 2;
    let said = id.to_string().len() as u64 + 2 + header;
    assert_eq!((info.bytes_received, info.bytes_sent), (0, said));
    assert_eq!((info.errors, info.dropped, info.queue_bytes), (0, 0, 0));
    assert_eq!(info.state, ConnectionState::Open);
    let line = "x".repeat(98);
    for _ in 0..10 {
        tx.send(&line).await.unwrap();
        assert!(rx.recv().await.unwrap().is_some());
    }
    let info = until(&manager, id, |info| info.bytes_sent >= said + 1020).await;
    assert_eq!((info.messages_received, info.messages_sent), (10, 11));
    // With two quotes; a client masks.
    assert_eq!((info.bytes_received, info.bytes_sent), (10 * 106, said + 10 * 102));
    assert!(info.last_activity.unwrap() <= info.age);
    let elapsed = info.opened_at.elapsed().unwrap();
    assert!(elapsed >= info.age && elapsed - info.age < Duration::from_secs(5));

    // A page that breaks the contract, twice, and then ends its stream.
    let mut http2 = Http2::tcp(address).await;
    let (_, mut page) = http2.connect("/talk", &[("authorization", &authorization("joan"))]).await;
    let Seen::Text(id) = page.next().await else { panic!() };
    let id: u64 = serde_json::from_str::<String>(&id).unwrap().parse().unwrap();
    for n in 1..3 {
        page.text("{");
        assert_eq!(page.next().await, text("\"what?\""));
        let info = manager.get(id).unwrap();
        assert_eq!((info.errors, info.messages_received, info.transport), (n, n, Transport::Http2));
    }
    page.send_frame_masked(mandovi_websocket::Opcode::Text, None, b"not masked");
    assert!(matches!(page.next().await, Seen::Close(1002, _)));
    assert_eq!(manager.get(id).map_or(3, |info| info.errors), 3);
}

/// Through all states, and each of them is seen.
#[tokio::test]
async fn the_states() {
    #[service]
    pub trait Slow {
        /// Opens when it may, and ends when it may.
        #[get("/slow")]
        async fn slow(&self, opening: Opening<(Receiver<String>, Sender<String>)>) -> Outcome<(), NoError>;
    }
    struct Step(Arc<tokio::sync::Semaphore>);
    impl Step {
        async fn wait(&self) {
            self.0.acquire().await.unwrap().forget();
        }
    }
    impl Slow for Step {
        async fn slow(&self, opening: Opening<(Receiver<String>, Sender<String>)>) -> Outcome<(), NoError> {
            self.wait().await;
            let (mut input, _output) = opening.accept().await?;
            while input.recv().await?.is_some() {}
            self.wait().await;
            Ok(())
        }
    }
    let steps = Arc::new(tokio::sync::Semaphore::new(0));
    let memory = InMemory::from(SlowServer::new(Step(Arc::clone(&steps))));
    let manager = memory.manager().clone();
    let mut events = manager.events();
    let client = SlowClient::in_memory(memory).build().unwrap();
    let opens = tokio::spawn(async move { client.slow().await });
    while manager.is_empty() {
        tokio::task::yield_now().await;
    }
    let id = manager.snapshot()[0].id;
    let state = || manager.get(id).unwrap().state;
    assert_eq!(state(), ConnectionState::Opening);
    steps.add_permits(1);
    let (tx, rx) = opens.await.unwrap().unwrap();
    assert_eq!(next(&mut events).await, ConnectionEvent::Opened { id });
    assert_eq!(state(), ConnectionState::Open);
    tx.finish().unwrap();
    until(&manager, id, |info| info.state == ConnectionState::HalfClosed).await;
    assert!(manager.drain_connection(id));
    assert_eq!(state(), ConnectionState::Draining);
    drop((tx, rx));
    until(&manager, id, |info| info.state == ConnectionState::Closed).await;
    assert_eq!(manager.len(), 1, "its handler is at work");
    steps.add_permits(1);
    manager.closed().await;
    assert_eq!(next(&mut events).await, ConnectionEvent::Draining { id });
    let ConnectionEvent::Closed { info, .. } = next(&mut events).await else { panic!() };
    assert_eq!((info.id, info.peer, info.state), (id, None, ConnectionState::Closed));
}

/// What a reader does not take is counted while it waits, and not after it has gone.
#[tokio::test]
async fn the_queue_is_counted() {
    #[service]
    pub trait Hose {
        /// Sends until there is no room.
        #[get("/fill")]
        async fn fill(&self, output: Sender<String>) -> Outcome<(), NoError>;
    }
    struct Water;
    impl Hose for Water {
        async fn fill(&self, output: Sender<String>) -> Outcome<(), NoError> {
            loop {
                output.send("x".repeat(1000)).await?;
            }
        }
    }
    let memory = InMemory::from(HoseServer::new(Water));
    let manager = memory.manager().clone();
    let client = HoseClient::in_memory(memory).build().unwrap();
    let mut rx = client.fill().await.unwrap();
    assert!(rx.recv().await.unwrap().is_some());
    let id = manager.snapshot()[0].id;
    // The client's inbox, the pipe, the outbox: then everything waits.
    let info = until(&manager, id, |info| info.queue_bytes >= 64 * 1024).await;
    assert!(info.queue_bytes < 64 * 1024 + 2 * 1004, "{}", info.queue_bytes);
    assert!(info.messages_sent > info.queue_bytes as u64 / 1004);
    drop(rx);
    manager.closed().await;
}

#[tokio::test]
async fn a_raw_websocket_has_the_name_it_was_given() {
    let manager = ConnectionManager::new();
    let address = listen(&manager).await;
    let mut http2 = Http2::tcp(address).await;
    let mut stream = http2.open("/raw").await;
    stream.text("hello");
    assert_eq!(stream.next().await, text("hello"));
    let info = manager.snapshot().remove(0);
    assert_eq!((info.service, info.method, info.principal), ("", "raw-echo", None));
    assert_eq!((info.messages_received, info.messages_sent), (1, 1));
}

/// Under `axum::serve` a layer brings the manager; where there is one already, that one stays.
#[tokio::test]
async fn a_layer_brings_a_manager() {
    let (manager, other) = (ConnectionManager::new(), ConnectionManager::new());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = router().layer(manager.layer()).into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, app).await });
    let (_tx, mut rx) = client(address, "ada").talk().await.unwrap();
    rx.recv().await.unwrap().unwrap();
    let info = manager.snapshot().remove(0);
    assert_eq!((info.principal.as_deref(), info.peer.map(|peer| peer.ip())), (Some("ada"), Some(address.ip())));
    assert_eq!(manager.close_principal("ada", CloseCode::POLICY_VIOLATION, "bye"), 1);
    assert_eq!(closed(rx.recv().await.unwrap_err()), (1008, "bye".to_owned()));
    // A stream of events that its client has left ends too.
    let mut events = Events::open(address, "/watch", &format!("Authorization: {}\r\n", authorization("ada"))).await;
    events.until("data: ").await;
    assert_eq!(manager.len(), 1);
    drop(events);
    manager.closed().await;

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = router().layer(other.layer());
    tokio::spawn(mandovi::serve(listener, app).manager(manager.clone()).into_future());
    let (_tx, mut rx) = client(address, "ada").talk().await.unwrap();
    rx.recv().await.unwrap().unwrap();
    assert_eq!((manager.len(), other.len()), (1, 0));
}

#[tokio::test]
async fn a_plain_method_knows_the_name_too() {
    let client = DeskClient::in_memory(desk()).basic("ada", "x").build().unwrap();
    assert_eq!(client.name().await.unwrap(), "ada");
    assert_eq!(client.from().await.unwrap(), "");
}

/// Somebody is logged out between the moment at which their credential was found good and the moment at which they are in.
#[tokio::test]
async fn log_out_reaches_who_is_on_the_way_in() {
    let (asked, allowed) = (Arc::new(tokio::sync::Notify::new()), Arc::new(tokio::sync::Notify::new()));
    let verifier = {
        let (asked, allowed) = (Arc::clone(&asked), Arc::clone(&allowed));
        move |credential: BasicCredential| {
            let (asked, allowed) = (Arc::clone(&asked), Arc::clone(&allowed));
            async move {
                // It has looked, and the credential was good.
                asked.notify_one();
                allowed.notified().await;
                Ok::<_, Denied>(User(credential.user))
            }
        }
    };
    let memory = InMemory::from(DeskServer::new(Clerk).basic(verifier));
    let manager = memory.manager().clone();
    for (logs_out, survives) in [("ada", false), ("grace", true), ("ada", false)] {
        let client = DeskClient::in_memory(memory.clone()).basic("ada", "x").build().unwrap();
        let opens = tokio::spawn(async move { client.watch().await });
        asked.notified().await;
        assert_eq!(manager.close_principal(logs_out, CloseCode::POLICY_VIOLATION, "logged out"), 0);
        allowed.notify_one();
        let mut rx = opens.await.unwrap().unwrap();
        let first = rx.recv().await;
        if survives {
            assert!(first.unwrap().is_some());
            assert_eq!(manager.len(), 1);
        } else {
            let end = match first {
                Ok(_) => rx.recv().await.unwrap_err(),
                Err(error) => error,
            };
            assert_eq!(closed(end), (1008, "logged out".to_owned()));
        }
        drop(rx);
        manager.closed().await;
    }
}
