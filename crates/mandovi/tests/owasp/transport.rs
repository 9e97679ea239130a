//! How bytes get here: TLS, the protocol's version, compression, proxies, tunnels.

use std::sync::Arc;

use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::routing::get;
use mandovi::client::ClientBuilder;
use mandovi::manager::TrustedProxies;
use mandovi::prelude::*;
use mandovi::{Compression, ConnectionManager, Settings, websocket};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};

use crate::peer::{Peer, Seen, UPGRADE, frame, soon};
use crate::room::{RoomClient, default_room, listen, listen_with, room, say};

/// A port with a certificate speaks TLS and nothing else, and a client of `wss` falls back to nothing.
#[tokio::test]
async fn owasp_01_wss_in_production() {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let provider = Arc::new(ring::default_provider());
    let certificate = made.cert.der().clone();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = mandovi::serve(listener, room(Settings::server()).into_router()).tls_config(config);
    tokio::spawn(server.into_future());

    let mut roots = RootCertStore::empty();
    roots.add(certificate).unwrap();
    let trust = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let trust = Arc::new(trust);
    let client = |url: String| -> ClientBuilder<RoomClient> { RoomClient::builder(url).tls(Arc::clone(&trust)) };
    let wss = client(format!("wss://localhost:{}", address.port())).build().unwrap();
    let (tx, mut rx) = wss.echo().await.unwrap();
    tx.send(say("hello")).await.unwrap();
    assert_eq!(rx.recv().await.unwrap().unwrap().text, "hello");

    // Plain `ws` gets no HTTP from there.
    let mut plain = TcpStream::connect(address).await.unwrap();
    plain.write_all(format!("GET /echo HTTP/1.1\r\nHost: localhost\r\n{UPGRADE}\r\n").as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let _ = soon(plain.read_to_end(&mut answer)).await;
    assert!(!answer.starts_with(b"HTTP/"), "{}", String::from_utf8_lossy(&answer));
    // A client that was told `wss` speaks plainly to nobody, and one that was not told a scheme does not guess.
    let unsafe_one = default_room().await;
    let wss = client(format!("wss://localhost:{}", unsafe_one.port())).build().unwrap();
    assert!(matches!(wss.echo().await, Err(Failure::Connect(_))));
    assert!(client(format!("localhost:{}", unsafe_one.port())).build().is_err());
}

/// Version 13 alone, and frames as RFC 6455 has them.
#[tokio::test]
async fn owasp_02_rfc_6455_only() {
    let address = default_room().await;
    let key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    for older in [
        format!("Sec-WebSocket-Version: 8\r\n{key}"),
        format!("Sec-WebSocket-Version: 7\r\n{key}"),
        format!("Sec-WebSocket-Version: 0\r\n{key}"),
        format!("Sec-WebSocket-Version: 13, 8\r\n{key}"),
        // The first drafts.
        "Sec-WebSocket-Key1: 4 @1  46546xW%0l 1 5\r\nSec-WebSocket-Key2: 12998 5 Y3 1  .P00\r\n".to_owned(),
    ] {
        let head = format!(
            "GET /echo HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n{older}\r\n"
        );
        let (_, answer) = Peer::exchange(address, &head).await;
        assert!(matches!(answer.status, 400 | 426), "{older}: {answer:?}");
        if answer.status == 426 {
            assert_eq!(answer.header("sec-websocket-version"), Some("13"));
        }
    }
    // Without a mask, with reserved bits, with an opcode that nobody knows.
    for odd in [b"\x81\x02{}".to_vec(), frame(0xf1, b"{}"), frame(0x83, b"{}")] {
        let mut peer = Peer::open(address, "/echo", "").await;
        peer.bytes(&odd).await;
        let Seen::Close(1002, _) = peer.next().await else { panic!("{odd:?} was taken") };
    }
}

/// Nobody gets compression by asking for it; where it was agreed, secrets still go plain.
#[tokio::test]
async fn owasp_03_compression_is_off_unless_asked_for() {
    let offer = "Sec-WebSocket-Extensions: permessage-deflate\r\n";
    let (_, answer) = Peer::ask(default_room().await, "/pin", offer).await;
    assert_eq!((answer.status, answer.header("sec-websocket-extensions")), (101, None));

    let compressing = Settings::server().compression(Compression::new().threshold(0));
    let address = listen(room(compressing).into_router()).await;
    let (mut flood, answer) = Peer::ask(address, "/flood", offer).await;
    assert!(answer.header("sec-websocket-extensions").unwrap().starts_with("permessage-deflate"));
    let Seen::Frame(0xc1, _) = flood.next().await else { panic!("not compressed") };
    let mut pin = Peer::open(address, "/pin", offer).await;
    let Seen::Text(digits) = pin.next().await else { panic!("compressed") };
    assert!(digits.contains("12341234"));
}

/// An upgrade as proxies hand it on; what they say of the caller counts where they are trusted, and nowhere else.
#[tokio::test]
async fn owasp_04_forwarded_addresses_only_from_trusted_proxies() {
    let trusting = |network: &str| {
        let proxies = TrustedProxies::x_forwarded_for().and(network).unwrap();
        ConnectionManager::builder().trusted_proxies(proxies).build()
    };
    for (manager, seen) in [
        (ConnectionManager::new(), "127.0.0.1"),
        (trusting("10.0.0.0/8"), "127.0.0.1"),
        (trusting("127.0.0.0/8"), "203.0.113.7"),
    ] {
        let address = listen_with(room(Settings::server()).into_router(), &manager).await;
        // What the client wrote by itself stands before what the proxy has seen.
        let forwarded =
            "X-Forwarded-For: 192.0.2.1, 203.0.113.7\r\nForwarded: for=192.0.2.1\r\nX-Real-IP: 192.0.2.1\r\n";
        let (_, answer) =
            Peer::exchange(address, &format!("GET /from HTTP/1.1\r\nHost: {address}\r\n{forwarded}\r\n")).await;
        assert_eq!(answer.body.trim_end(), format!("\"{seen}\""));
        let head = UPGRADE.replace("Connection: Upgrade", "Connection: keep-alive, Upgrade, X-Forwarded-For");
        let (_peer, answer) =
            Peer::exchange(address, &format!("GET /echo HTTP/1.1\r\nHost: {address}\r\n{head}{forwarded}\r\n")).await;
        assert_eq!(answer.status, 101);
        assert_eq!(manager.snapshot()[0].peer.unwrap().ip().to_string(), seen);
    }
    // The heartbeat comes sooner than what proxies usually allow a connection to be silent.
    assert!(Settings::server().ping_interval < Duration::from_secs(60));
}

/// Bytes of another protocol get a connection only by a route that was made for them, behind the guard that was put around it; no
/// name of a subprotocol opens one.
#[tokio::test]
async fn owasp_20_tunnels_authenticate_by_themselves() {
    async fn tunnel(mut input: Receiver<Message>, output: Sender<Message>) -> Outcome<()> {
        while let Some(message) = input.recv_ref().await? {
            output.send(message).await?;
        }
        Ok(())
    }
    async fn guard(request: Request, next: Next) -> axum::response::Response {
        use axum::response::IntoResponse as _;
        match request.headers().get("authorization") {
            Some(key) if key == "Bearer tunnel" => next.run(request).await,
            _ => StatusCode::UNAUTHORIZED.into_response(),
        }
    }
    let tunnels = axum::Router::new().route("/tunnel", get(websocket(tunnel))).route_layer(from_fn(guard));
    let address = listen(room(Settings::server()).into_router().merge(tunnels)).await;
    for (headers, status) in [
        ("", 401),
        ("Authorization: Bearer other\r\n", 401),
        ("Sec-WebSocket-Protocol: tunnel\r\n", 401),
        ("Authorization: Bearer tunnel\r\n", 101),
    ] {
        assert_eq!(Peer::ask(address, "/tunnel", headers).await.1.status, status, "{headers}");
    }
    let (mut peer, answer) = Peer::ask(address, "/echo", "Sec-WebSocket-Protocol: mqtt, binary, v12.stomp\r\n").await;
    assert_eq!((answer.status, answer.header("sec-websocket-protocol")), (101, None));
    // It is the method's own messages or nothing.
    peer.bytes(&frame(0x82, b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x3c\x00\x00")).await;
    assert!(matches!(peer.next().await, Seen::Close(1007, _)));
}
