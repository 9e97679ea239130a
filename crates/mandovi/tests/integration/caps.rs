//! How many may be there: just below, at and above each limit, over every transport, and who they are behind proxies.

use std::net::SocketAddr;

use http::StatusCode;
use mandovi::ConnectionManager;
use mandovi::manager::{ConnectionLimits, TrustedProxies};
use mandovi::prelude::*;
use mandovi::server::ProxyProtocol;
use mandovi::testing::InMemory;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::http2::peer::Client as Http2;
use crate::manager::{Clerk, DeskClient, DeskServer, Events, User, authorization, client, desk, listen, router};
use crate::refusals::{KEY, UPGRADE, VERSION, exchange, upgrade};

fn limited(limits: ConnectionLimits) -> ConnectionManager {
    ConnectionManager::builder().limits(limits).build()
}

fn assert_refused(answer: &str, status: u16, setting: &str) {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
    assert!(head.to_lowercase().contains("retry-after: 5"), "{answer}");
    let body: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!(body["message"], format!("too many connections ({setting})"));
    assert_eq!(body["temporary"], true);
}

async fn gone(manager: &ConnectionManager, left: usize) {
    while manager.len() > left {
        tokio::task::yield_now().await;
    }
}

/// Up to the limit, not beyond it, and again when one has gone; by every way in.
#[tokio::test]
async fn in_total_and_for_an_address() {
    let two = ConnectionLimits::default();
    for (limits, status, setting) in [
        (two.max_connections(2), 503, "max_connections"),
        (two.max_connections_per_address(2), 429, "max_connections_per_address"),
    ] {
        let manager = limited(limits);
        let address = listen(&manager).await;
        let ada = client(address, "ada");
        let first = ada.talk().await.unwrap();
        let second = ada.watch().await.unwrap();
        assert_eq!(manager.len(), 2);
        // The third, whoever it is.
        let Failure::Remote(remote) = ada.watch().await.unwrap_err() else { panic!() };
        assert_eq!((remote.status, remote.retry_after), (status, Some(Duration::from_secs(5))));
        assert!(remote.message.contains(setting), "{remote:?}");
        assert_refused(&upgrade(address, "/place", "").await, status, setting);
        let events = format!("GET /place HTTP/1.1\r\nHost: {address}\r\nAccept: text/event-stream\r\n\r\n");
        assert_refused(&exchange(address, &events).await, status, setting);
        let mut http2 = Http2::tcp(address).await;
        let (response, stream) = http2.connect("/place", &[]).await;
        assert_eq!((response.status().as_u16(), &response.headers()["retry-after"]), (status, &"5".parse().unwrap()));
        assert!(stream.body().await.contains(setting));
        // Who cannot see a status gets it as a close code.
        let answer = told(address, "/place").await;
        assert_eq!(answer.0, 4000 + status);
        assert!(answer.1.contains(setting) && answer.1.contains("\"retry_after_ms\":5000"), "{}", answer.1);
        // Plain methods are not concerned, and nobody was counted.
        assert!(ada.name().await.is_ok());
        assert_eq!(manager.len(), 2);

        drop(second);
        gone(&manager, 1).await;
        let mut again = Events::open(address, "/place", "").await;
        again.until("data: ").await;
        assert_refused(&upgrade(address, "/place", "").await, status, setting);
        drop((first, again));
        manager.closed().await;
        for _ in 0..5 {
            let pair = (ada.talk().await.unwrap(), ada.talk().await.unwrap());
            assert!(ada.talk().await.is_err());
            drop(pair);
            manager.closed().await;
        }
    }
}

/// The 101 and the close frame of a client that asked for it: code and reason.
async fn told(address: SocketAddr, path: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let offer = "Sec-WebSocket-Protocol: mandovi.plain, mandovi.refuse\r\n";
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n{UPGRADE}{VERSION}{KEY}{offer}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    assert!(head.starts_with(b"HTTP/1.1 101 "), "{}", String::from_utf8_lossy(&head));
    assert_eq!(stream.read_u8().await.unwrap(), 0x88);
    let mut payload = vec![0; stream.read_u8().await.unwrap().into()];
    stream.read_exact(&mut payload).await.unwrap();
    (u16::from_be_bytes([payload[0], payload[1]]), String::from_utf8(payload[2..].to_vec()).unwrap())
}

#[tokio::test]
async fn for_a_principal() {
    let manager = limited(ConnectionLimits::default().max_connections_per_principal(2));
    let address = listen(&manager).await;
    let (ada, grace) = (client(address, "ada"), client(address, "grace"));
    let held = (ada.talk().await.unwrap(), ada.watch().await.unwrap());
    let Failure::Remote(remote) = ada.talk().await.unwrap_err() else { panic!() };
    assert_eq!((remote.status, remote.retry_after), (429, Some(Duration::from_secs(5))));
    assert!(remote.message.contains("max_connections_per_principal"));
    let events = Events::open(address, "/watch", &format!("Authorization: {}\r\n", authorization("ada"))).await;
    assert!({ events }.until("\r\n\r\n").await.starts_with("HTTP/1.1 429 "));
    let mut http2 = Http2::tcp(address).await;
    assert_eq!(http2.connect("/watch", &[("authorization", &authorization("ada"))]).await.0.status(), 429);
    // A missing credential is told first, and somebody else comes in.
    assert!(upgrade(address, "/watch", "").await.starts_with("HTTP/1.1 400 "));
    let graces = grace.talk().await.unwrap();
    assert_eq!(manager.len(), 3);
    drop(held.1);
    gone(&manager, 2).await;
    let again = ada.talk().await.unwrap();
    assert!(ada.talk().await.is_err());
    drop((held.0, graces, again));
    manager.closed().await;
    let _two = (ada.talk().await.unwrap(), ada.talk().await.unwrap());
    assert!(ada.talk().await.is_err());
}

/// Draining, then the limits, then everything else.
#[tokio::test]
async fn the_order() {
    let manager = limited(ConnectionLimits::default().max_connections(0).max_connections_per_address(0));
    let address = listen(&manager).await;
    let foreign = "Origin: https://elsewhere.example\r\n";
    assert!(upgrade(address, "/nowhere", foreign).await.starts_with("HTTP/1.1 404 "));
    assert_refused(&upgrade(address, "/watch", foreign).await, 503, "max_connections");
    let bare = format!("GET /watch HTTP/1.1\r\nHost: {address}\r\n\r\n");
    assert_refused(&exchange(address, &bare).await, 503, "max_connections");
    let manager = limited(ConnectionLimits::default().max_connections_per_address(0));
    let address = listen(&manager).await;
    assert_refused(&upgrade(address, "/watch", foreign).await, 429, "max_connections_per_address");
    // What is refused afterwards was counted, and is not any more.
    let manager = limited(ConnectionLimits::default().max_connections(1).max_connections_per_principal(1));
    let address = listen(&manager).await;
    for _ in 0..5 {
        assert!(upgrade(address, "/watch", foreign).await.starts_with("HTTP/1.1 403 "));
        assert!(exchange(address, &bare).await.starts_with("HTTP/1.1 426 "));
        assert!(upgrade(address, "/watch", "").await.starts_with("HTTP/1.1 400 "));
        assert_eq!(told(address, "/watch").await.0, 4400);
    }
    let _held = client(address, "ada").talk().await.unwrap();
    assert_refused(&upgrade(address, "/watch", foreign).await, 503, "max_connections");
}

/// Where nobody knows the address, a limit for it is a mistake that is told.
#[tokio::test]
async fn a_limit_that_cannot_see_the_address_is_a_mistake() {
    let manager = limited(ConnectionLimits::default().max_connections_per_address(2));
    let error = InMemory::from(desk().into_service()).with_manager(manager.clone()).unwrap_err();
    assert!(error.to_string().contains("max_connections_per_address") && error.to_string().contains("with_peer"));
    let peer = "[2001:db8::1]:1".parse().unwrap();
    let memory = InMemory::from(desk().into_service()).with_peer(peer).with_manager(manager.clone()).unwrap();
    let ada = |memory: InMemory| DeskClient::in_memory(memory).basic("ada", "x").build().unwrap();
    let _two = (ada(memory.clone()).talk().await.unwrap(), ada(memory.clone()).talk().await.unwrap());
    // The same subscriber, another address of theirs; then another subscriber.
    let neighbour = memory.clone().with_peer("[2001:db8::ffff:1]:1".parse().unwrap());
    assert!(ada(neighbour).talk().await.is_err());
    let _third = ada(memory.with_peer("[2001:db8:0:1::1]:1".parse().unwrap())).talk().await.unwrap();

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = router().layer(manager.layer());
    tokio::spawn(async move { axum::serve(listener, app).await });
    let answer = upgrade(address, "/place", "").await;
    assert!(answer.starts_with("HTTP/1.1 500 "), "{answer}");
    assert!(!answer.contains("max_connections"), "it is not the client's mistake: {answer}");
    // A limit that nobody asked for is none there.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = router().layer(ConnectionManager::new().layer());
    tokio::spawn(async move { axum::serve(listener, app).await });
    assert!(upgrade(address, "/place", "").await.starts_with("HTTP/1.1 101 "));
}

/// Many at once, and never more than may be: all of them ask before the first is answered.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_at_once() {
    let manager = limited(ConnectionLimits::default().max_connections(10).max_connections_per_principal(7));
    let memory = InMemory::from(
        DeskServer::new(Clerk).basic(async |credential: BasicCredential| Ok::<_, Denied>(User(credential.user))),
    );
    let memory = memory.with_manager(manager.clone()).unwrap();
    for _ in 0..5 {
        let calls: Vec<_> = (0..40)
            .map(|n| {
                let user = if n % 2 == 0 { "ada" } else { "grace" };
                let client = DeskClient::in_memory(memory.clone()).basic(user, "x").build().unwrap();
                tokio::spawn(async move { client.talk().await })
            })
            .collect();
        let mut held = Vec::new();
        for call in calls {
            if let Ok(halves) = call.await.unwrap() {
                held.push(halves);
            }
            assert!(manager.len() <= 10);
        }
        // Some may have been counted while they were on their way to a refusal; never fewer than one principal may have.
        assert!((7..=10).contains(&held.len()), "{}", held.len());
        assert!(manager.of_principal("ada").len() <= 7 && manager.of_principal("grace").len() <= 7);
        drop(held);
        manager.closed().await;
    }
}

/// Sockets that ask for nothing: as many as may be, and a word for the next.
#[tokio::test]
async fn sockets_that_ask_for_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(mandovi::serve(listener, router()).max_sockets(3).into_future());
    let stream = client(address, "ada").talk().await.unwrap();
    let mut silent = Vec::new();
    for _ in 0..2 {
        silent.push(TcpStream::connect(address).await.unwrap());
    }
    let mut turned_away = TcpStream::connect(address).await.unwrap();
    let mut answer = String::new();
    turned_away.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.contains(&format!("content-length: {}", body.len())), "{answer}");
    let body: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!(body["message"], "too many connections (max_sockets)");
    // A place that is free again is taken again: that of a socket, and that of a WebSocket.
    let from = |address| async move {
        let request = format!("GET /from HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        let mut stream = TcpStream::connect(address).await.unwrap();
        let _ = stream.write_all(request.as_bytes()).await;
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer).await;
        answer.starts_with("HTTP/1.1 200 ")
    };
    assert!(!from(address).await);
    drop(silent.pop());
    while !from(address).await {}
    silent.push(TcpStream::connect(address).await.unwrap());
    drop(stream);
    while !from(address).await {}
}

#[tokio::test]
async fn settings_that_contradict_each_other_end_the_server_at_once() {
    let listener = || async { TcpListener::bind("127.0.0.1:0").await.unwrap() };
    let error = mandovi::serve(listener().await, router()).proxy_protocol(ProxyProtocol::Required).await.unwrap_err();
    assert!(error.to_string().contains("trusted_proxies"), "{error}");
    let error = mandovi::serve(listener().await, router()).max_head_size(8 * 1024 - 1).await.unwrap_err();
    assert!(error.to_string().contains("max_head_size"), "{error}");
}

async fn behind(proxies: TrustedProxies, proxy_protocol: ProxyProtocol) -> (SocketAddr, ConnectionManager) {
    let limits = ConnectionLimits::default().max_connections_per_address(1);
    let manager = ConnectionManager::builder().limits(limits).trusted_proxies(proxies).build();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serve = mandovi::serve(listener, router()).manager(manager.clone()).proxy_protocol(proxy_protocol);
    tokio::spawn(serve.head_timeout(Duration::from_millis(200)).into_future());
    (address, manager)
}

/// Each client of a proxy has a limit of its own, and cannot borrow that of another.
#[tokio::test]
async fn clients_of_a_proxy_are_told_apart() {
    let proxies = TrustedProxies::x_forwarded_for().and("127.0.0.0/8").unwrap();
    let (address, manager) = behind(proxies, ProxyProtocol::Off).await;
    let mut first = Events::open(address, "/place", "X-Forwarded-For: 192.0.2.1\r\n").await;
    first.until("data: \"192.0.2.1\"").await;
    let info = manager.snapshot().remove(0);
    assert_eq!(info.peer, Some("192.0.2.1:0".parse().unwrap()));
    for header in ["192.0.2.1", "192.0.2.9, 192.0.2.1", "192.0.2.9, 192.0.2.1, 127.0.0.9"] {
        let answer = upgrade(address, "/place", &format!("X-Forwarded-For: {header}\r\n")).await;
        assert_refused(&answer, 429, "max_connections_per_address");
    }
    let mut second = Events::open(address, "/place", "X-Forwarded-For: 192.0.2.1, 192.0.2.2\r\n").await;
    second.until("data: \"192.0.2.2\"").await;
    let mut http2 = Http2::tcp(address).await;
    let (response, _held) = http2.connect("/place", &[("x-forwarded-for", "192.0.2.3")]).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(http2.connect("/place", &[("x-forwarded-for", "192.0.2.3")]).await.0.status(), 429);
    let plain = format!("GET /from HTTP/1.1\r\nHost: {address}\r\nX-Forwarded-For: 192.0.2.4\r\n\r\n");
    assert!(exchange(address, &plain).await.contains("192.0.2.4"));
    // Nobody's word is taken where none is trusted.
    let address = listen(&ConnectionManager::new()).await;
    assert!(exchange(address, &plain).await.contains("127.0.0.1"));
}

#[tokio::test]
async fn the_proxy_protocol_names_the_client() {
    let proxies = TrustedProxies::proxy_protocol().and("127.0.0.1").unwrap();
    let (address, manager) = behind(proxies, ProxyProtocol::Required).await;
    let v4 = [192, 0, 2, 2, 10, 0, 0, 1, 0, 1, 0, 2];
    let v2 = [b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c".as_slice(), &v4].concat();
    let local = b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0".to_vec();
    let mut held = Vec::new();
    for (header, client) in [
        (b"PROXY TCP4 192.0.2.1 10.0.0.1 4711 443\r\n".to_vec(), "192.0.2.1"),
        (v2, "192.0.2.2"),
        (b"PROXY TCP6 2001:db8::1 ::1 4711 443\r\n".to_vec(), "2001:db8::1"),
        (local, "127.0.0.1"),
    ] {
        for again in [false, true] {
            let mut stream = TcpStream::connect(address).await.unwrap();
            let head = format!("GET /place HTTP/1.1\r\nHost: {address}\r\nAccept: text/event-stream\r\n\r\n");
            stream.write_all(&[&header, head.as_bytes()].concat()).await.unwrap();
            let mut events = Events(stream, String::new());
            if again {
                assert!(events.until("\r\n\r\n").await.starts_with("HTTP/1.1 429 "));
            } else {
                events.until(&format!("data: \"{client}\"")).await;
                held.push(events);
            }
        }
    }
    assert_eq!(manager.len(), 4);
    // Without a header, or with one that does not end: not a word, and in time.
    for bytes in [&b"GET /from HTTP/1.1\r\nHost: x\r\n\r\n"[..], b"PROXY TCP4 192.0.2.1 10.0", b""] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        assert_eq!(answer, b"");
    }
    // Who is no proxy does not get that far, whatever they write.
    let proxies = TrustedProxies::proxy_protocol().and("192.0.2.0/24").unwrap();
    let (address, _) = behind(proxies, ProxyProtocol::Required).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    let _ = stream.write_all(b"PROXY TCP4 192.0.2.1 10.0.0.1 4711 443\r\nGET /from HTTP/1.1\r\nHost: x\r\n\r\n").await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    assert_eq!(answer, b"");
}
