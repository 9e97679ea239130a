//! The order and the statuses of refusals, seen as bytes.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::board::{Wall, listen};

/// Writes a request, and reads one answer: the head, and as much body as `Content-Length` says.
pub async fn exchange(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    loop {
        let mut byte = [0];
        if stream.read(&mut byte).await.unwrap() == 0 {
            break;
        }
        answer.push(byte[0]);
        if answer.ends_with(b"\r\n\r\n") {
            let head = String::from_utf8(answer.clone()).unwrap().to_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
            let mut body = vec![0; length];
            stream.read_exact(&mut body).await.unwrap();
            answer.extend(body);
            break;
        }
    }
    String::from_utf8(answer).unwrap()
}

pub const KEY: &str = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
pub const UPGRADE: &str = "Connection: Upgrade\r\nUpgrade: websocket\r\n";
pub const VERSION: &str = "Sec-WebSocket-Version: 13\r\n";

/// A proper upgrade, with more headers.
pub async fn upgrade(address: SocketAddr, path: &str, headers: &str) -> String {
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n{UPGRADE}{VERSION}{KEY}{headers}\r\n");
    exchange(address, &request).await
}

async fn get(path: &str, headers: &str) -> String {
    let address = listen(&Wall::default()).await;
    exchange(address, &format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n{headers}\r\n")).await
}

#[track_caller]
fn assert_status(answer: &str, status: u16) {
    assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
}

fn body(answer: &str) -> serde_json::Value {
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(body.len() <= 1024);
    serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {body:?}"))
}

#[tokio::test]
async fn the_answer_to_an_upgrade_has_what_belongs_there_and_no_more() {
    let address = listen(&Wall::default()).await;
    let answer = upgrade(address, "/echo", "").await.to_lowercase();
    assert_status(&answer.to_uppercase(), 101);
    assert!(answer.contains("upgrade: websocket\r\n"), "{answer}");
    assert!(answer.contains("connection: upgrade\r\n"), "{answer}");
    assert!(answer.contains("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo=\r\n"), "{answer}");
    for absent in ["sec-websocket-protocol", "sec-websocket-extensions", "goa-view"] {
        assert!(!answer.contains(absent), "{answer}");
    }
}

#[tokio::test]
async fn a_wrong_verb_names_the_right_one() {
    let address = listen(&Wall::default()).await;
    let answer = exchange(address, &format!("POST /echo HTTP/1.1\r\nHost: {address}\r\n{UPGRADE}\r\n")).await;
    assert_status(&answer, 405);
    assert!(answer.to_lowercase().contains("allow: get\r\n"), "{answer}");
}

#[tokio::test]
async fn no_upgrade_and_a_wrong_version_are_426() {
    for headers in [String::new(), format!("{UPGRADE}{KEY}"), format!("{UPGRADE}{KEY}Sec-WebSocket-Version: 8\r\n")] {
        let answer = get("/echo", &headers).await;
        assert_status(&answer, 426);
        assert!(answer.to_lowercase().contains("sec-websocket-version: 13\r\n"), "{answer}");
    }
}

#[tokio::test]
async fn a_bad_key_is_400() {
    for key in ["", "Sec-WebSocket-Key: short\r\n"] {
        assert_status(&get("/echo", &format!("{UPGRADE}{VERSION}{key}")).await, 400);
    }
}

/// Each step is refused before the next is looked at.
#[tokio::test]
async fn the_order_of_refusals() {
    let foreign = "Origin: https://elsewhere.example\r\n";
    // Origin before upgrade.
    assert_status(&get("/wait", foreign).await, 403);
    assert_status(&get("/wait", &format!("{foreign}{UPGRADE}{VERSION}{KEY}")).await, 403);
    // Upgrade before parameters and credential.
    assert_status(&get("/wait", "").await, 426);
    // A missing credential before a bad one.
    assert_status(&get("/wait", &format!("{UPGRADE}{VERSION}{KEY}")).await, 400);
    let bad = get("/wait", &format!("{UPGRADE}{VERSION}{KEY}Authorization: Bearer bad\r\n")).await;
    assert_status(&bad, 401);
    assert!(bad.to_lowercase().contains("goa-error: unauthorized\r\n"), "{bad}");
    assert_eq!(body(&bad), "invalid token");
    let no_scope = get("/wait", &format!("{UPGRADE}{VERSION}{KEY}Authorization: Bearer no-scope\r\n")).await;
    assert_status(&no_scope, 403);
    assert_eq!(body(&no_scope), "missing scopes: read");
}

/// Every parameter that is wrong is named, together with the credential that is missing.
#[tokio::test]
async fn all_parameters_are_judged_together() {
    let answer = get("/boards/b/sum?b=x&c=1.5", "X-Factor: y\r\n").await;
    assert_status(&answer, 400);
    let body = body(&answer);
    assert_eq!(body["name"], "missing_field");
    let message = body["message"].as_str().unwrap();
    for name in ["\"a\" is missing from query string", "\"b\"", "\"c\"", "X-Factor"] {
        assert!(message.contains(name), "{message}");
    }
    for member in ["name", "id", "message", "temporary", "timeout", "fault"] {
        assert!(!body[member].is_null(), "{member} in {body}");
    }
}

#[tokio::test]
async fn the_bearer_word_does_not_matter() {
    let address = listen(&Wall::default()).await;
    for value in ["Bearer ada", "Foo ada", "ada"] {
        assert_status(&upgrade(address, "/wait", &format!("Authorization: {value}\r\n")).await, 101);
    }
}

#[tokio::test]
async fn origins() {
    let address = listen(&Wall::default()).await;
    for (origin, status) in [
        (format!("http://{address}"), 101),
        ("http://127.0.0.1:1".to_owned(), 403),
        ("null".to_owned(), 403),
        ("https://evil.example".to_owned(), 403),
        (format!("http://{address}.evil.example"), 403),
    ] {
        assert_status(&upgrade(address, "/echo", &format!("Origin: {origin}\r\n")).await, status);
    }
}

#[tokio::test]
async fn a_body_that_is_wrong_or_too_large() {
    let address = listen(&Wall::default()).await;
    let post = async |body: &str| {
        let length = body.len();
        let head = format!("POST /boards/b/notes HTTP/1.1\r\nHost: {address}\r\nContent-Length: {length}\r\n\r\n");
        exchange(address, &(head + body)).await
    };
    assert_status(&post("").await, 400);
    assert_status(&post("{").await, 400);
    let missing = post(r#"{"text": 1}"#).await;
    assert_status(&missing, 400);
    let body = body(&missing);
    let message = body["message"].as_str().unwrap();
    for name in ["text", "score", "pin"] {
        assert!(message.contains(name), "{message}");
    }
    let note = |size: usize| format!(r#"{{"text":"{}","score":1,"pin":"p"}}"#, "x".repeat(size));
    let overhead = note(0).len();
    assert_status(&post(&note(64 * 1024 - overhead)).await, 200);
    assert_status(&post(&note(64 * 1024 - overhead + 1)).await, 413);
}

/// A body that never comes does not hold its connection for ever.
#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_come_is_408() {
    let address = listen(&Wall::default()).await;
    let head = format!("POST /boards/b/notes HTTP/1.1\r\nHost: {address}\r\nContent-Length: 10\r\n\r\n{{");
    assert_status(&exchange(address, &head).await, 408);
}

#[tokio::test]
async fn a_body_that_is_not_json_is_415() {
    let address = listen(&Wall::default()).await;
    let post = async |kind: &str, body: &str| {
        let head = format!("POST /boards/b/notes HTTP/1.1\r\nHost: {address}\r\nContent-Type: {kind}\r\n");
        exchange(address, &format!("{head}Content-Length: {}\r\n\r\n{body}", body.len())).await
    };
    assert_status(&post("text/plain", "x").await, 415);
    let note = r#"{"text":"x","score":1,"pin":"p"}"#;
    assert_status(&post("application/json; charset=utf-8", note).await, 200);
}
