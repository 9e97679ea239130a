//! Slow clients through the public face: the policy of a server and of one send, over WebSocket, compressed, and as events.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration as StdDuration;

use mandovi::manager::{ConnectionEvent, ConnectionManager};
use mandovi::prelude::*;
use mandovi::server::Options;
use mandovi::{Compression, Settings, SlowConsumer};
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::oneshot;

use crate::events::{Source, json};

/// A price.
#[message]
pub struct Tick {
    #[field(1)]
    pub symbol: String,
    #[field(2)]
    pub number: u64,
    /// How many were missed before this one.
    #[field(3)]
    pub missed: Option<u64>,
}

#[service]
pub trait Ticker {
    #[get("/ticks")]
    async fn ticks(&self, output: Sender<Tick>) -> Outcome<()>;
}

/// What a subscriber gets: the policy of the settings, or of the send.
#[derive(Clone)]
struct Exchange {
    when_slow: Option<SlowConsumer>,
    ticks: u64,
    /// How many were dropped, once all are sent.
    done: Arc<Mutex<Option<oneshot::Sender<u64>>>>,
}

impl Ticker for Exchange {
    async fn ticks(&self, output: Sender<Tick>) -> Outcome<()> {
        for number in 0..self.ticks {
            let tick = Tick { symbol: noise(number), number, missed: None };
            let send = output.send(&tick).key(number % 5);
            match self.when_slow {
                Some(policy) => send.when_slow(policy).await?,
                None => send.await?,
            }
        }
        let missed = output.take_lagged();
        if let Some(done) = self.done.lock().unwrap().take() {
            let _ = done.send(missed);
        }
        let last = Tick { symbol: "last".to_owned(), number: self.ticks, missed: Some(missed) };
        output.send(last).when_slow(SlowConsumer::Wait).await?;
        Ok(())
    }
}

/// What the kernels of both ends hold must be far less than all of it, also compressed.
const TICKS: u64 = 5000;
const OUTBOX: usize = 64 * 1024;

/// 4,000 characters that do not compress well.
fn noise(seed: u64) -> String {
    let mut word = seed;
    let words = (0..250).map(|_| {
        word = (word ^ (word >> 29)).wrapping_add(0x9e37_79b9_7f4a_7c15).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        format!("{word:016x}")
    });
    words.collect()
}

fn exchange(when_slow: Option<SlowConsumer>) -> (Exchange, oneshot::Receiver<u64>) {
    let (done, missed) = oneshot::channel();
    (Exchange { when_slow, ticks: TICKS, done: Arc::new(Mutex::new(Some(done))) }, missed)
}

async fn listener() -> TcpListener {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_send_buffer_size(4096).unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    socket.listen(16).unwrap()
}

/// Over a real socket whose client reads only when all is sent: it gets some, in order, the newest of each symbol among them, and
/// the last message says how many are missing.
async fn lags(settings: Settings, when_slow: Option<SlowConsumer>) {
    let (service, missed) = exchange(when_slow);
    let service = TickerServer::new(service).options(Options::default().settings(settings)).into_service();
    let listener = listener().await;
    let address = listener.local_addr().unwrap();
    let manager = ConnectionManager::new();
    let mut events = manager.events();
    let server = tokio::spawn(mandovi::serve(listener, service).manager(manager.clone()).into_future());
    let client_settings = match settings.compression {
        Some(compression) => Settings::client().compression(compression),
        None => Settings::client(),
    };
    let client = TickerClient::builder(format!("ws://{address}")).settings(client_settings).build().unwrap();
    let mut ticks = client.ticks().await.unwrap();
    // The client's runtime reads 64 KiB ahead and its kernel some more: then it stands still.
    let missed = missed.await.unwrap();
    assert!(missed > 0, "{settings:?}");
    let info = manager.snapshot().remove(0);
    assert_eq!(info.dropped, missed);
    assert!((TICKS..=TICKS + 1).contains(&info.messages_sent), "those that were dropped among them");
    let mut seen = Vec::new();
    let mut told = None;
    while let Some(tick) = ticks.recv().await.unwrap() {
        seen.push(tick.number);
        told = tick.missed;
    }
    assert_eq!(told, Some(missed));
    assert!(seen.is_sorted_by(|a, b| a < b), "in order, none twice");
    assert_eq!(seen.len() as u64 + missed, 5001);
    let policy = when_slow.unwrap_or(settings.slow_consumer);
    let seen: HashSet<u64> = seen.into_iter().collect();
    match policy {
        SlowConsumer::DropOldest => assert!(seen.contains(&4999)),
        SlowConsumer::LatestPerKey => assert!((4995..5000).all(|number| seen.contains(&number))),
        _ => assert!((0..10).all(|number| seen.contains(&number))),
    }
    drop((ticks, client));
    let mut lagged = 0;
    loop {
        match events.recv().await.unwrap().unwrap() {
            ConnectionEvent::Lagged { messages, .. } => lagged += messages,
            ConnectionEvent::Closed { .. } => break,
            _ => {}
        }
    }
    assert_eq!(lagged, missed, "those who watch were told of each, once");
    server.abort();
}

#[tokio::test]
async fn the_policy_of_the_settings() {
    for policy in [SlowConsumer::DropOldest, SlowConsumer::DropNewest, SlowConsumer::LatestPerKey] {
        lags(Settings::server().outbox_size(OUTBOX).slow_consumer(policy), None).await;
    }
}

#[tokio::test]
async fn the_policy_of_one_send_wins() {
    let settings = Settings::server().outbox_size(OUTBOX).slow_consumer(SlowConsumer::Close);
    lags(settings, Some(SlowConsumer::DropOldest)).await;
}

/// What was dropped leaves no hole in what is inflated, with and without takeover.
#[tokio::test]
async fn compressed_streams_lag_too() {
    let takeover = Compression::new().own_takeover(true).peer_takeover(true);
    for (compression, policy) in [
        (Compression::new(), SlowConsumer::LatestPerKey),
        (takeover, SlowConsumer::DropNewest),
        (takeover, SlowConsumer::DropOldest),
    ] {
        let settings = Settings::server().outbox_size(OUTBOX).slow_consumer(policy).compression(compression);
        lags(settings, None).await;
    }
}

#[tokio::test]
async fn a_slow_client_is_closed() {
    let settings = Settings::server().outbox_size(OUTBOX).slow_consumer(SlowConsumer::Close);
    let (service, _missed) = exchange(None);
    let service = TickerServer::new(service).options(Options::default().settings(settings)).into_service();
    let listener = listener().await;
    let address = listener.local_addr().unwrap();
    let manager = ConnectionManager::new();
    let mut events = manager.events();
    let server = tokio::spawn(mandovi::serve(listener, service).manager(manager.clone()).into_future());
    let client = TickerClient::builder(format!("ws://{address}")).build().unwrap();
    let mut ticks = client.ticks().await.unwrap();
    // The method ends as soon as its send fails; the connection once the client has read what is on its way.
    let failure = loop {
        match ticks.recv().await {
            // A client that reads as fast as it can still loses to a loop that never pauses, or it gets everything.
            Ok(Some(_)) => tokio::time::sleep(StdDuration::from_micros(200)).await,
            Ok(None) => panic!("all of it went through without a pause"),
            Err(failure) => break failure,
        }
    };
    assert_eq!(failure.class(), mandovi::ErrorClass::Exhausted);
    let Failure::Stream(StreamError::Closed(closed)) = failure else { panic!("{failure}") };
    assert_eq!(closed.code().as_u16(), 1013);
    assert_eq!(closed.reason(), r#"{"name":"slow_consumer","retry_after_ms":1000}"#);
    loop {
        if let ConnectionEvent::Closed { code, .. } = events.recv().await.unwrap().unwrap() {
            assert_eq!(code.as_u16(), 1013);
            break;
        }
    }
    server.abort();
}

/// As events: whole ones are dropped, and what arrives is in order. Without a network, a client that does not ask is slow.
#[tokio::test(start_paused = true)]
async fn events_are_dropped_whole() {
    for policy in [SlowConsumer::DropOldest, SlowConsumer::DropNewest, SlowConsumer::LatestPerKey] {
        let settings = Settings::server().outbox_size(OUTBOX).slow_consumer(policy);
        let (service, missed) = exchange(None);
        let service = TickerServer::new(service).options(Options::default().settings(settings)).into_service();
        let mut source = Source::open(&service, "/ticks").await;
        let missed = missed.await.unwrap();
        assert!(missed > 4900, "{policy:?} {missed}");
        let mut numbers = Vec::new();
        while let Some(event) = source.next().await {
            if event.kind == "end" {
                break;
            }
            let tick = json(&event);
            numbers.push(tick["number"].as_u64().unwrap());
        }
        assert_eq!(numbers.len() as u64 + missed, 5001, "{policy:?}");
        assert!(numbers.is_sorted_by(|a, b| a < b), "{policy:?}");
        let newest = [4995, 4996, 4997, 4998, 4999, 5000];
        assert_eq!(numbers.ends_with(&newest), policy != SlowConsumer::DropNewest, "{policy:?} {numbers:?}");
    }
}

/// An `EventSource` that is slow under the policy to close is told so, and when to come back.
#[tokio::test(start_paused = true)]
async fn a_slow_source_is_closed() {
    let settings = Settings::server().outbox_size(OUTBOX).slow_consumer(SlowConsumer::Close);
    let (service, missed) = exchange(None);
    let service = TickerServer::new(service).options(Options::default().settings(settings)).into_service();
    let mut source = Source::open(&service, "/ticks").await;
    drop(missed);
    tokio::time::sleep(StdDuration::from_secs(1)).await;
    let last = source.last().await;
    assert_eq!(last.kind, "error");
    let told = json(&last);
    assert_eq!(told, serde_json::json!({"name": "slow_consumer", "status": 503, "retry_after_ms": 1000}));
}

/// One that asks for everything misses nothing, however much is sent at once.
#[tokio::test(start_paused = true)]
async fn a_source_that_reads_misses_nothing() {
    let settings = Settings::server().outbox_size(OUTBOX).slow_consumer(SlowConsumer::Close);
    let (service, missed) = exchange(None);
    let service = TickerServer::new(service).options(Options::default().settings(settings)).into_service();
    let mut source = Source::open(&service, "/ticks").await;
    for number in 0..5000 {
        assert_eq!(json(&source.next().await.unwrap())["number"], number);
    }
    assert_eq!(missed.await, Ok(0));
}
