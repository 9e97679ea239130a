//! The names in `Sec-WebSocket-Protocol`: the dialect, a browser's credential, and refusals told as close codes.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mandovi_websocket::{Decoder, Event, Limits, Role};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::board::{Wall, listen};
use crate::refusals::{KEY, UPGRADE, VERSION, upgrade};

fn offer(names: &str) -> String {
    format!("Sec-WebSocket-Protocol: {names}\r\n")
}

fn bearer(token: &str) -> String {
    format!("mandovi.bearer.{}", URL_SAFE_NO_PAD.encode(token))
}

#[tokio::test]
async fn plain_is_selected_when_it_is_offered() {
    let address = listen(&Wall::default()).await;
    for (names, selected) in
        [("mandovi.plain", true), ("x, mandovi.plain", true), ("graphql-ws", false), ("mandovi.v1", false)]
    {
        let answer = upgrade(address, "/echo", &offer(names)).await;
        assert!(answer.starts_with("HTTP/1.1 101 "), "{answer}");
        assert_eq!(answer.to_lowercase().contains("sec-websocket-protocol: mandovi.plain\r\n"), selected, "{names}");
    }
}

#[tokio::test]
async fn a_browser_brings_its_token_along() {
    let address = listen(&Wall::default()).await;
    let answer = upgrade(address, "/wait", &offer(&format!("mandovi.plain, {}", bearer("ada")))).await;
    assert!(answer.starts_with("HTTP/1.1 101 "), "{answer}");
    assert!(!answer.contains("mandovi.bearer"), "a credential is never echoed: {answer}");
    let bad = upgrade(address, "/wait", &offer(&format!("mandovi.plain, {}", bearer("bad")))).await;
    assert!(bad.starts_with("HTTP/1.1 401 "), "{bad}");
    let alone = upgrade(address, "/wait", &offer(&bearer("ada"))).await;
    assert!(alone.starts_with("HTTP/1.1 400 "), "{alone}");
}

/// A page never sees the status of a failed handshake: it gets the 101 and at once the close.
#[tokio::test]
async fn a_refusal_as_a_close_code() {
    let wall = Wall::default();
    let address = listen(&wall).await;
    for (path, names, code, reason) in [
        (
            "/wait",
            format!("mandovi.plain, mandovi.refuse, {}", bearer("bad")),
            4401,
            r#"{"name":"unauthorized","body":"invalid token"}"#,
        ),
        (
            "/wait",
            "mandovi.plain, mandovi.refuse".to_owned(),
            4400,
            r#"{"name":"missing_field","message":"\"token\" is missing from header"}"#,
        ),
        (
            "/boards/full/join",
            "mandovi.plain, mandovi.refuse".to_owned(),
            4409,
            r#"{"name":"full","body":{"notes":7}}"#,
        ),
        (
            "/boards/busy/join",
            "mandovi.plain, mandovi.refuse".to_owned(),
            4429,
            r#"{"name":"slow_down","retry_after_ms":1500,"body":{}}"#,
        ),
    ] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n{UPGRADE}{VERSION}{KEY}{}\r\n", offer(&names));
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        // The server closes after our part of the handshake, or without it after a while: reading to its close frame is enough.
        let mut decoder = Decoder::new(Role::Client, Limits::default());
        decoder.replace_storage(vec![0; 4096]);
        let close = loop {
            let mut byte = [0];
            assert_eq!(stream.read(&mut byte).await.unwrap(), 1, "{}", String::from_utf8_lossy(&answer));
            if !answer.ends_with(b"\r\n\r\n") {
                answer.push(byte[0]);
                continue;
            }
            decoder.spare()[0] = byte[0];
            decoder.filled(1);
            if let Some(Event::Close(close)) = decoder.decode().unwrap() {
                break close;
            }
        };
        assert!(answer.starts_with(b"HTTP/1.1 101 "));
        assert_eq!((close.code.as_u16(), close.reason.as_str()), (code, reason), "{path}");
    }
    wall.running(0).await;
}
