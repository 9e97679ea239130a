//! How much of everything: sizes, rates, connections, time, memory.

use std::num::NonZeroU32;
use std::sync::atomic::Ordering;

use mandovi::manager::{ConnectionEvent, ConnectionLimits};
use mandovi::prelude::*;
use mandovi::server::Options;
use mandovi::testing::{self, InMemory};
use mandovi::{ConnectionManager, MessageRate, Settings};

use crate::peer::{Peer, Seen, frame, soon, within_a_day};
use crate::room::{Accounts, Hall, RoomClient, default_room, listen, listen_with, room, room_of, say};

/// A message of exactly so many bytes.
fn padded(bytes: usize) -> Vec<u8> {
    let mut message = br#"{"kind":"say","text":"hello"}"#.to_vec();
    message.resize(bytes, b' ');
    message
}

/// 64 KiB, unless the server or the design says otherwise; what is larger is not waited for.
#[tokio::test]
async fn owasp_15_message_size_limit() {
    for (settings, limit) in [(Settings::server(), 65_536), (Settings::server().max_message_size(100), 100)] {
        let address = listen(room(settings).into_router()).await;
        for fits in [limit - 1, limit] {
            let mut peer = Peer::open(address, "/echo", "").await;
            peer.bytes(&frame(0x81, &padded(fits))).await;
            assert_eq!(peer.next().await, Seen::Text(r#"{"kind":"say","text":"hello"}"#.into()));
        }
        let too_large = frame(0x81, &padded(limit + 1));
        let header = too_large.len() - (limit + 1);
        // In one frame, of which nothing but the header is there; and in fragments.
        let (first, second) = (frame(0x01, &padded(limit)), frame(0x80, b" "));
        for bytes in [&too_large[..header], &[&first[..], &second].concat()] {
            let mut peer = Peer::open(address, "/echo", "").await;
            peer.bytes(bytes).await;
            let Seen::Close(1009, reason) = peer.next().await else { panic!() };
            assert!(reason.contains(&limit.to_string()), "{reason}");
        }
    }
}

/// A bucket of tokens for each connection; beyond it the connection is closed, and told when to come back.
#[tokio::test]
async fn owasp_16_message_rate_limit() {
    let rate = MessageRate { per_second: NonZeroU32::new(1).unwrap(), burst: NonZeroU32::new(3).unwrap() };
    let address = listen(room(Settings::server().message_rate(rate)).into_router()).await;
    let hello = frame(0x81, &padded(29));
    let mut slow = Peer::open(address, "/echo", "").await;
    for _ in 0..3 {
        slow.bytes(&hello).await;
        assert!(matches!(slow.next().await, Seen::Text(_)));
    }
    let mut fast = Peer::open(address, "/echo", "").await;
    fast.bytes(&hello.repeat(60)).await;
    let mut answered = 0;
    let reason = loop {
        match fast.next().await {
            Seen::Text(_) => answered += 1,
            Seen::Close(4429, reason) => break reason,
            other => panic!("{other:?}"),
        }
    };
    assert!((3..60).contains(&answered), "{answered}");
    assert!(reason.contains("message_rate") && reason.contains("retry_after_ms"), "{reason}");
}

/// In total, for an address, for a caller: exactly so many, and the next is told which setting it was.
#[tokio::test]
async fn owasp_21_connection_limits() {
    let none = ConnectionLimits::default();
    for (limits, status, setting) in [
        (none.max_connections(3), 503, "max_connections"),
        (none.max_connections_per_address(3), 429, "max_connections_per_address"),
        (none.max_connections_per_principal(3), 429, "max_connections_per_principal"),
    ] {
        let manager = ConnectionManager::builder().limits(limits).build();
        let router = room_of(&Hall::default(), &Accounts::default()).into_router();
        let address = listen_with(router, &manager).await;
        let mut open = Vec::new();
        for n in 0..3 {
            open.push(Peer::open(address, &format!("/news?token=ada-{n}"), "").await);
        }
        let (_, answer) = Peer::ask(address, "/news?token=ada-4", "").await;
        assert_eq!((answer.status, answer.header("retry-after")), (status, Some("5")));
        assert!(answer.body.contains(setting), "{answer:?}");
        let (_, answer) = Peer::ask(address, "/news?token=grace-1", "").await;
        assert_eq!(answer.status, if setting.ends_with("principal") { 101 } else { status });
        // Whoever leaves makes room.
        drop(open);
        soon(manager.closed()).await;
        assert_eq!(Peer::ask(address, "/news?token=ada-5", "").await.1.status, 101);
    }
}

/// Who says nothing for so long has to go, however well it answers pings.
#[tokio::test]
async fn owasp_22_idle_timeout() {
    testing::pause();
    let server = InMemory::from(room(Settings::server().idle_timeout(Duration::from_secs(300))));
    let client = RoomClient::in_memory(server.clone()).build().unwrap();
    let (tx, mut rx) = client.echo().await.unwrap();
    let begun = tokio::time::Instant::now();
    for _ in 0..3 {
        testing::advance(Duration::from_secs(299)).await;
        tx.send(say("here")).await.unwrap();
        assert_eq!(rx.recv().await.unwrap().unwrap().text, "here");
    }
    let Failure::Stream(StreamError::Closed(closed)) = within_a_day(rx.recv()).await.unwrap_err() else { panic!() };
    assert_eq!(closed.code().as_u16(), 1001);
    assert!(closed.reason().contains("idle_timeout"), "{closed:?}");
    assert!(begun.elapsed().as_secs().abs_diff(299 * 3 + 300) < 5, "{:?}", begun.elapsed());
}

/// Who does not answer is gone, and its place is free.
#[tokio::test]
async fn owasp_23_dead_peers_are_reaped() {
    let quick = Settings::server().ping_interval(Duration::from_millis(20)).pong_timeout(Duration::from_millis(50));
    let manager = ConnectionManager::new();
    let mut events = manager.events();
    let address = listen_with(room(quick).into_router(), &manager).await;
    // It is there, and says nothing: no pong either.
    let _peer = Peer::open(address, "/news?token=ada-1", "").await;
    soon(async { while !matches!(events.recv().await, Ok(Some(ConnectionEvent::Reaped { .. }))) {} }).await;
    soon(manager.closed()).await;
    assert!(manager.is_empty());
}

/// A peer that takes nothing costs what its outbox holds, and is closed in the end.
#[tokio::test]
async fn owasp_24_back_pressure() {
    testing::pause();
    let hall = Hall::default();
    let settings = Settings::server().outbox_size(10_000);
    let server = room_of(&hall, &Accounts::default()).options(Options::default().settings(settings));
    let server = InMemory::from(server);
    let mut events = server.manager().events();
    let client = RoomClient::in_memory(server.clone()).build().unwrap();
    let _unread = client.flood().await.unwrap();
    let code = loop {
        for info in server.manager().snapshot() {
            // One message may go over the bound.
            assert!(info.queue_bytes <= 11_100, "{info:?}");
        }
        if let Some(ConnectionEvent::Closed { code, .. }) = within_a_day(events.recv()).await.unwrap() {
            break code.as_u16();
        }
    };
    assert_eq!(code, 1013);
    // What was sent lies in pipes and in what the client reads ahead, which are bounded as well.
    let sent = hall.flooded.load(Ordering::SeqCst) * 1000;
    assert!((10_000..1_000_000).contains(&sent), "{sent} bytes");
}

/// Nobody holds a place by beginning and never coming to an end: neither with a head nor with a frame.
#[tokio::test]
async fn owasp_27_denial_of_service() {
    let address = default_room().await;
    let padding = "x".repeat(40_000);
    let many = "a: b\r\n".repeat(200);
    for headers in [format!("X-A: {padding}\r\n"), many] {
        let (_, answer) = Peer::ask(address, "/echo", &headers).await;
        assert_eq!(answer.status, 431, "{answer:?}");
    }
    let manager = ConnectionManager::new();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = mandovi::serve(listener, room(Settings::server()).into_router())
        .manager(manager)
        .head_timeout(Duration::from_millis(50));
    tokio::spawn(server.into_future());
    let mut slow = Peer::connect(address).await;
    slow.bytes(b"GET /echo HTTP/1.1\r\nHost:").await;
    assert!(matches!(slow.rest().await.as_slice(), [] | [b'H', b'T', b'T', b'P', ..]));
    // What a frame announces is not what it costs, and what is announced may not be more than the limit.
    let mut peer = Peer::open(address, "/echo", "").await;
    peer.bytes(&[0x81, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]).await;
    assert!(matches!(peer.next().await, Seen::Close(1009, _)));
    // A ping larger than RFC 6455 has it, and fragments of nothing.
    let mut peer = Peer::open(address, "/echo", "").await;
    peer.bytes(&frame(0x89, &[0; 126])).await;
    assert!(matches!(peer.next().await, Seen::Close(1002, _)));
}
