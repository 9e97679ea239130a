//! What Prometheus reads: the one test that installs a recorder for the process.

use std::collections::BTreeMap;

use axum::Router;
use mandovi::metrics::{InstallError, Kind, TABLE, prometheus};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::board::{self, BoardClient, Wall};

async fn scrape(address: std::net::SocketAddr) -> (String, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET /metrics HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

/// The samples of a service by name and labels, these in order.
fn samples(text: &str) -> BTreeMap<String, f64> {
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    lines
        .map(|line| {
            let (id, value) = line.rsplit_once(' ').unwrap();
            (id.to_owned(), value.parse().unwrap())
        })
        .collect()
}

#[tokio::test]
async fn prometheus_reads_the_numbers_of_real_traffic() {
    let recorder = prometheus().unwrap();
    assert_eq!(prometheus().unwrap_err(), InstallError, "once");
    let wall = Wall::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = Router::new().merge(board::server(&wall).into_router()).merge(recorder.router());
    tokio::spawn(mandovi::serve(listener, app).into_future());

    // A method that no other test of this process calls: the recorder is the process's.
    let client = BoardClient::builder(format!("http://{address}")).build().unwrap();
    let (tx, mut rx) = client.exchange().await.unwrap();
    for text in ["one", "two", "three"] {
        tx.send(board::note(text)).await.unwrap();
        assert_eq!(rx.recv().await.unwrap().unwrap().text, text);
    }
    let open = samples(&scrape(address).await.1);
    let active = r#"mandovi_connections_active{service="Board",method="exchange",transport="websocket"}"#;
    assert_eq!(open[active], 1.0, "{open:#?}");
    tx.finish().unwrap();
    assert!(rx.recv().await.unwrap().is_none());
    let done = r#"mandovi_connections_closed_total{service="Board",method="exchange",code="1000",initiator="local"}"#;
    let (head, text) = loop {
        let (head, text) = scrape(address).await;
        if samples(&text).contains_key(done) && text.contains("mandovi_client_connections_closed_total{") {
            break (head, text);
        }
    };
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    assert!(head.contains("content-type: text/plain; version=0.0.4"), "{head}");
    let all = samples(&text);
    let of = |name: &str| all[&format!(r#"{name}{{service="Board",method="exchange"}}"#)];
    assert_eq!(all[active], 0.0);
    assert_eq!(all[done], 1.0);
    assert_eq!(of("mandovi_received_messages_total"), 3.0);
    assert_eq!(of("mandovi_sent_messages_total"), 3.0);
    assert_eq!(of("mandovi_received_bytes_total"), of("mandovi_client_sent_bytes_total"));
    assert_eq!(of("mandovi_handshake_seconds_count"), 1.0);
    assert_eq!(of("mandovi_handler_seconds_count"), 1.0);
    assert!(of("mandovi_queue_seconds_count") >= 4.0);
    let bucket = r#"mandovi_handler_seconds_bucket{service="Board",method="exchange",le="86400"}"#;
    assert_eq!(all[bucket], 1.0, "{text}");

    // What is there is described, and as the table says.
    for line in text.lines().filter(|line| line.contains("mandovi_")) {
        let name = match line.strip_prefix("# TYPE ").or(line.strip_prefix("# HELP ")) {
            Some(rest) => rest.split(' ').next().unwrap(),
            None => line.split(['{', ' ']).next().unwrap(),
        };
        let row = TABLE.iter().find(|row| {
            let part = |end: &str| row.kind == Kind::Histogram && name.strip_suffix(end) == Some(row.name);
            name == row.name || part("_bucket") || part("_sum") || part("_count")
        });
        let row = row.unwrap_or_else(|| panic!("{name} is in no table"));
        if line.starts_with("# TYPE ") {
            assert_eq!(line, format!("# TYPE {} {}", row.name, row.kind.as_str()));
            assert!(text.contains(&format!("# HELP {} {}\n", row.name, row.help)), "{}", row.name);
        }
    }
    // And every metric that such traffic moves is there; the rest needs refusals, pings and slow clients.
    let missing: Vec<_> =
        TABLE.iter().map(|row| row.name).filter(|name| !text.contains(&format!("# TYPE {name} "))).collect();
    let unmoved = [
        "mandovi_refused_total",
        "mandovi_errors_total",
        "mandovi_client_reconnects_total",
        "mandovi_client_errors_total",
    ];
    assert!(missing.iter().all(|name| unmoved.contains(name)), "{missing:?}");
}
