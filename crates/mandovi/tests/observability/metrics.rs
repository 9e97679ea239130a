//! What is measured, of calls of every kind and by both sides.

use std::collections::{BTreeMap, BTreeSet};

use mandovi::metrics::{self as names, Kind, TABLE};
use mandovi::testing::InMemory;
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};

use crate::board::{self, BoardClient, Wall, server};

/// What was recorded, by name and labels: a counter's or a gauge's value, and how often a histogram was told.
#[derive(Debug, Default)]
pub struct Recorded {
    numbers: BTreeMap<String, f64>,
    names: BTreeSet<String>,
}

/// A recorder of this thread, for as long as it is kept.
pub struct Recording {
    snapshotter: Snapshotter,
    recorded: Recorded,
    _local: ::metrics::LocalRecorderGuard<'static>,
}

impl Recording {
    pub fn start() -> Self {
        let recorder: &'static DebuggingRecorder = Box::leak(Box::default());
        let _local = ::metrics::set_default_local_recorder(recorder);
        Self { snapshotter: recorder.snapshotter(), recorded: Recorded::default(), _local }
    }

    /// What was recorded until now.
    pub fn now(&mut self) -> &Recorded {
        for (key, _, _, value) in self.snapshotter.snapshot().into_vec() {
            let (kind, key) = key.into_parts();
            let (name, labels) = key.into_parts();
            let row = TABLE.iter().find(|metric| metric.name == name.as_str());
            let row = row.unwrap_or_else(|| panic!("{} is in no table", name.as_str()));
            let expected = match row.kind {
                Kind::Counter => metrics_util::MetricKind::Counter,
                Kind::Gauge => metrics_util::MetricKind::Gauge,
                _ => metrics_util::MetricKind::Histogram,
            };
            assert_eq!(kind, expected, "{}", row.name);
            assert_eq!(labels.iter().map(|label| label.key()).collect::<Vec<_>>(), row.labels, "{}", row.name);
            let values: Vec<_> = labels.iter().map(|label| label.value()).collect();
            let id = format!("{} {}", row.name, values.join(" "));
            self.recorded.names.insert(row.name.to_owned());
            // Reading takes the values away.
            *self.recorded.numbers.entry(id).or_default() += match value {
                DebugValue::Counter(more) => more as f64,
                DebugValue::Gauge(more) => more.0,
                DebugValue::Histogram(values) => values.len() as f64,
            };
        }
        &self.recorded
    }

    /// Lets the tasks of this thread run until a number is that.
    pub async fn until(&mut self, id: &str, value: f64) {
        for _ in 0..10_000 {
            if self.now().get(id) == value {
                return;
            }
            tokio::task::yield_now().await;
        }
        panic!("{id} is not {value}: {:#?}", self.now());
    }
}

impl Recorded {
    pub fn get(&self, id: &str) -> f64 {
        self.numbers.get(id).copied().unwrap_or_default()
    }

    /// The sum over all labels.
    fn sum(&self, name: &str) -> f64 {
        self.numbers.iter().filter(|(id, _)| id.split(' ').next() == Some(name)).map(|(_, number)| number).sum()
    }
}

fn memory(wall: &Wall) -> (InMemory, BoardClient) {
    let server = InMemory::from(server(wall).into_service());
    let client = BoardClient::in_memory(server.clone()).token("ada").basic("ada", "rocks").build().unwrap();
    (server, client)
}

#[tokio::test]
async fn a_stream_is_measured_from_its_handshake_to_its_end() {
    let mut recording = Recording::start();
    let (server, client) = memory(&Wall::default());
    let (tx, mut rx) = client.echo().await.unwrap();
    tx.send("hello").await.unwrap();
    assert_eq!(rx.recv().await.unwrap().as_deref(), Some("hello"));
    tx.send("again").await.unwrap();
    assert_eq!(rx.recv().await.unwrap().as_deref(), Some("again"));

    let now = recording.now();
    assert_eq!(now.get("mandovi_connections_active Board echo websocket"), 1.0);
    assert_eq!(now.get("mandovi_connections_opened_total Board echo websocket"), 1.0);
    assert_eq!(now.get("mandovi_handshake_seconds Board echo"), 1.0);
    assert_eq!(now.get("mandovi_handler_seconds Board echo"), 0.0, "it runs");
    assert_eq!(now.get("mandovi_client_connections_active Board echo websocket"), 1.0);
    assert_eq!(now.get("mandovi_client_calls_total Board echo ok"), 1.0);
    assert_eq!(now.get("mandovi_client_handshake_seconds Board echo"), 1.0);

    tx.finish().unwrap();
    assert_eq!(rx.recv().await.unwrap(), None);
    server.closed().await;
    drop(rx);
    recording.until("mandovi_client_connections_active Board echo websocket", 0.0).await;
    let now = recording.now();
    assert_eq!(now.get("mandovi_connections_active Board echo websocket"), 0.0);
    assert_eq!(now.get("mandovi_connections_closed_total Board echo 1000 local"), 1.0, "{now:#?}");
    assert_eq!(now.get("mandovi_handler_seconds Board echo"), 1.0);
    assert_eq!(now.get("mandovi_received_messages_total Board echo"), 2.0);
    assert_eq!(now.get("mandovi_sent_messages_total Board echo"), 2.0);
    // Two texts in quotes of 7 bytes, the end (null), and the close frame; masked.
    assert_eq!(now.get("mandovi_received_bytes_total Board echo"), 2.0 * 13.0 + 10.0 + 8.0, "{now:#?}");
    // The same unmasked, and a close frame with a reason of 25 bytes.
    assert_eq!(now.get("mandovi_sent_bytes_total Board echo"), 2.0 * 9.0 + 4.0 + 25.0, "{now:#?}");
    assert_eq!(now.get("mandovi_queue_seconds Board echo"), 3.0, "{now:#?}");
    assert_eq!(now.get("mandovi_client_connections_closed_total Board echo 1000 peer"), 1.0, "{now:#?}");
    assert_eq!(now.get("mandovi_client_received_messages_total Board echo"), 2.0);
    assert_eq!(now.get("mandovi_client_sent_messages_total Board echo"), 2.0);
    assert_eq!(now.get("mandovi_client_call_seconds Board echo"), 1.0);
    assert_eq!(now.sum(names::ERRORS) + now.sum(names::CLIENT_ERRORS) + now.sum(names::REFUSED), 0.0);
    let bytes = |name: &str| now.get(&format!("{name} Board echo"));
    assert_eq!(bytes("mandovi_received_bytes_total"), bytes("mandovi_client_sent_bytes_total"));
    assert_eq!(bytes("mandovi_sent_bytes_total"), bytes("mandovi_client_received_bytes_total"));
}

/// The refusal of what nobody can say before the stream is open, over plain HTTP.
#[tokio::test]
async fn refusals_and_failures_are_counted_by_status_code_and_class() {
    let mut recording = Recording::start();
    let wall = Wall::default();
    let (server, client) = memory(&wall);
    client.touch().await.unwrap();
    client.sum("nowhere", 1, None, None, None).await.unwrap_err();
    client.pin("panics", &board::note("x")).await.unwrap_err();
    let bad = BoardClient::in_memory(server.clone()).token("bad").basic("ada", "wrong").build().unwrap();
    bad.whoami().await.unwrap_err();
    bad.wait().await.unwrap_err();
    client.join("busy").await.unwrap_err();
    for fail in ["full", "slow", "internal", "panic"] {
        let mut rx = client.countdown(1, Some(fail.to_owned())).await.unwrap();
        assert_eq!(rx.recv().await.unwrap(), Some(0));
        rx.recv().await.unwrap_err();
    }
    server.closed().await;
    let now = recording.now();
    for (id, value) in [
        ("mandovi_handler_seconds Board touch", 1.0),
        ("mandovi_client_call_seconds Board touch", 1.0),
        ("mandovi_client_calls_total Board touch ok", 1.0),
        ("mandovi_refused_total Board sum 404", 1.0),
        ("mandovi_errors_total Board sum fatal", 1.0),
        ("mandovi_handler_seconds Board sum", 1.0),
        ("mandovi_client_calls_total Board sum refused", 1.0),
        ("mandovi_refused_total Board pin 500", 1.0),
        ("mandovi_errors_total Board pin recoverable", 1.0),
        ("mandovi_refused_total Board whoami 401", 1.0),
        ("mandovi_errors_total Board whoami unauthenticated", 1.0),
        ("mandovi_refused_total Board wait 401", 1.0),
        ("mandovi_client_calls_total Board wait refused", 1.0),
        ("mandovi_connections_opened_total Board wait websocket", 0.0),
        ("mandovi_refused_total Board join 429", 1.0),
        ("mandovi_errors_total Board join exhausted", 1.0),
        ("mandovi_connections_closed_total Board countdown 4409 local", 1.0),
        ("mandovi_connections_closed_total Board countdown 4429 local", 1.0),
        ("mandovi_connections_closed_total Board countdown 1011 local", 2.0),
        ("mandovi_errors_total Board countdown fatal", 1.0),
        ("mandovi_errors_total Board countdown exhausted", 1.0),
        ("mandovi_errors_total Board countdown recoverable", 2.0),
        ("mandovi_handler_seconds Board countdown", 4.0),
        ("mandovi_connections_active Board countdown websocket", 0.0),
        ("mandovi_connections_opened_total Board countdown websocket", 4.0),
    ] {
        assert_eq!(now.get(id), value, "{id}: {now:#?}");
    }
}

#[tokio::test]
async fn a_connection_that_is_cut_leaves_no_trace_in_the_gauge() {
    let mut recording = Recording::start();
    let (server, client) = memory(&Wall::default());
    let mut streams = Vec::new();
    for _ in 0..3 {
        streams.push(client.echo().await.unwrap());
    }
    assert_eq!(recording.now().get("mandovi_connections_active Board echo websocket"), 3.0);
    drop(streams.pop());
    recording.until("mandovi_connections_active Board echo websocket", 2.0).await;
    server.shut_down().await;
    let now = recording.now();
    assert_eq!(now.get("mandovi_connections_active Board echo websocket"), 0.0);
    assert_eq!(now.get("mandovi_connections_closed_total Board echo 1001 peer"), 1.0, "{now:#?}");
    assert_eq!(now.get("mandovi_connections_closed_total Board echo 1012 local"), 2.0, "{now:#?}");
    // What a user keeps of a stream keeps nothing in the gauge.
    recording.until("mandovi_client_connections_active Board echo websocket", 0.0).await;
    assert_eq!(streams.len(), 2);
}

#[tokio::test]
async fn a_client_that_reaches_nobody_has_failed() {
    let mut recording = Recording::start();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let client = BoardClient::builder(url).build().unwrap();
    client.echo().await.unwrap_err();
    client.touch().await.unwrap_err();
    let now = recording.now();
    assert_eq!(now.get("mandovi_client_calls_total Board echo failed"), 1.0);
    assert_eq!(now.get("mandovi_client_calls_total Board touch failed"), 1.0);
    assert_eq!(now.sum(names::CLIENT_CONNECTIONS_OPENED), 0.0);
}

#[tokio::test]
async fn whoever_installs_a_recorder_late_sees_the_calls_that_follow() {
    // Another test installs one for the process.
    let nobody = ::metrics::set_default_local_recorder(&::metrics::NoopRecorder);
    let (server, client) = memory(&Wall::default());
    client.touch().await.unwrap();
    let unseen = client.echo().await.unwrap();
    drop(nobody);
    let mut recording = Recording::start();
    assert!(recording.now().numbers.is_empty());
    client.touch().await.unwrap();
    drop(unseen);
    server.closed().await;
    let now = recording.now();
    assert_eq!(now.get("mandovi_handler_seconds Board touch"), 1.0);
    assert_eq!(now.sum(names::CONNECTIONS_ACTIVE) + now.sum(names::CONNECTIONS_CLOSED), 0.0, "balanced");
}

#[tokio::test]
async fn unknown_paths_and_verbs_have_no_method() {
    use axum::body::Body;
    use tower_service::Service as _;
    let mut recording = Recording::start();
    let mut service = server(&Wall::default()).into_service();
    for (verb, path, status) in [("GET", "/nowhere?token=x", 404), ("DELETE", "/touch", 405)] {
        let request = http::Request::builder().method(verb).uri(path).body(Body::empty()).unwrap();
        assert_eq!(service.call(request).await.unwrap().status(), status);
        let _ = recording.now();
    }
    let now = recording.now();
    assert_eq!(now.get("mandovi_refused_total   404"), 1.0, "{now:#?}");
    assert_eq!(now.get("mandovi_refused_total   405"), 1.0, "{now:#?}");
}

#[tokio::test]
async fn a_stream_of_events_is_measured_too() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let mut recording = Recording::start();
    let address = board::listen(&Wall::default()).await;
    let mut peer = tokio::net::TcpStream::connect(address).await.unwrap();
    let request = format!(
        "GET /countdown?from=3 HTTP/1.1\r\nHost: {address}\r\nAccept: text/event-stream\r\nConnection: close\r\n\r\n"
    );
    peer.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    peer.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    recording.until("mandovi_connections_closed_total Board countdown 1000 local", 1.0).await;
    let now = recording.now();
    assert_eq!(now.get("mandovi_connections_opened_total Board countdown events"), 1.0);
    assert_eq!(now.get("mandovi_connections_active Board countdown events"), 0.0);
    assert_eq!(now.get("mandovi_sent_messages_total Board countdown"), 3.0);
    // The body without its chunking.
    let (mut body, mut rest) = (0, answer.split_once("\r\n\r\n").unwrap().1);
    while let Some((size, more)) = rest.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).unwrap();
        body += size;
        rest = &more[size + 2..];
    }
    assert!(body > 0);
    assert_eq!(now.get("mandovi_sent_bytes_total Board countdown"), body as f64, "{answer}");
    assert!(now.get("mandovi_queue_seconds Board countdown") >= 1.0, "{now:#?}");
    assert_eq!(now.get("mandovi_handler_seconds Board countdown"), 1.0);
}
