//! Byte for byte: what our server answers to requests by hand, and what our client writes.
//!
//! The order of refusals is DESIGN's, the shapes are Goa's.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "../support/mod.rs"]
mod support;

mod client;
mod faults;
mod frames;

use std::time::Duration;

use crate::support::raw::{Frame, Head, KEY, Raw, request};
use crate::support::{Checked, Server, token, within};
use mandovi::CloseCode;
use mandovi::server::Options;
use serde_json::{Value, json};

/// The headers of a good handshake, which a test takes away from or adds to.
fn upgrade<'a>(without: &[&str], with: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let good = [
        ("Host", "127.0.0.1"),
        ("Connection", "Upgrade"),
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", KEY),
    ];
    good.into_iter().filter(|(name, _)| !without.contains(name)).chain(with.iter().copied()).collect()
}

async fn ask(server: &Server, verb: &str, target: &str, headers: &[(&str, &str)]) -> Checked<Head> {
    Raw::connect(server.address()).await?.exchange(request(verb, target, headers)).await
}

/// A refusal that the design does not declare: six fields, nothing else, nothing of ours.
fn assert_plain(head: &Head, status: u16, name: &str, message: &str) {
    assert_eq!(head.status(), status, "{head:?}");
    assert_eq!(head.header("content-type"), Some("application/json"), "{head:?}");
    assert_eq!(head.header("goa-error"), None, "{head:?}");
    assert!(head.body.len() <= 1024 && head.body.ends_with('\n'), "{head:?}");
    let mut body = head.json().unwrap();
    let id = body["id"].take();
    assert_eq!(id.as_str().map(str::len), Some(8), "{head:?}");
    body.as_object_mut().unwrap().remove("id");
    assert_eq!((&body["name"], &body["message"]), (&json!(name), &json!(message)));
    let mut members: Vec<_> = body.as_object().unwrap().keys().cloned().collect();
    members.sort();
    assert_eq!(members, ["fault", "message", "name", "temporary", "timeout"]);
    for header in ["server", "x-powered-by", "set-cookie"] {
        assert_eq!(head.header(header), None, "{head:?}");
    }
}

/// A declared one: its own body and its name.
fn assert_declared(head: &Head, status: u16, name: &str, body: &Value) {
    assert_eq!(head.status(), status, "{head:?}");
    assert_eq!(head.header("content-type"), Some("application/json"), "{head:?}");
    assert_eq!(head.header("goa-error"), Some(name), "{head:?}");
    assert!(head.body.len() <= 1024 && head.body.ends_with('\n'), "{head:?}");
    assert_eq!(&head.json().unwrap(), body, "{head:?}");
}

const FOREIGN: (&str, &str) = ("Origin", "https://evil.example");

#[tokio::test]
async fn no_route_comes_first() {
    let server = Server::mandovi().await.unwrap();
    // Everything else is wrong as well.
    for (verb, headers) in [("GET", upgrade(&[], &[])), ("POST", vec![("Host", "x"), FOREIGN, ("Content-Length", "0")])]
    {
        let head = ask(&server, verb, "/nowhere?view=bogus", &headers).await.unwrap();
        assert_plain(&head, 404, "fault", "404 page not found");
    }
}

#[tokio::test]
async fn then_the_verb() {
    let server = Server::mandovi().await.unwrap();
    for (verb, target, allow) in
        [("POST", "/echoer", "GET"), ("DELETE", "/market/x/trade", "GET"), ("GET", "/login", "POST")]
    {
        let head = ask(&server, verb, target, &[("Host", "x"), FOREIGN, ("Content-Length", "0")]).await.unwrap();
        assert_eq!((head.status(), head.header("allow"), head.body.as_str()), (405, Some(allow), ""), "{head:?}");
    }
}

#[tokio::test]
async fn then_draining() {
    let mut server = Server::mandovi_with(Options::default(), Duration::from_secs(20)).await.unwrap();
    // A connection from before, and a stream that keeps the server from being done.
    let mut kept = Raw::connect(server.address()).await.unwrap();
    assert_eq!(kept.exchange(request("GET", "/nowhere", &[("Host", "x")])).await.unwrap().status(), 404);
    let mut open = Raw::connect(server.address()).await.unwrap();
    assert_eq!(open.exchange(request("GET", "/numbers", &upgrade(&[], &[]))).await.unwrap().status(), 101);
    server.stop();
    // The listener goes first: until then the signal has not arrived.
    within("the listener to close", async {
        while Raw::connect(server.address()).await.is_ok() {
            tokio::task::yield_now().await;
        }
    })
    .await
    .unwrap();
    let head = within("a refusal", async {
        loop {
            // The foreign origin and the missing token are not looked at any more.
            let head = kept.exchange(request("GET", "/echoer?view=bogus", &upgrade(&[], &[FOREIGN]))).await.unwrap();
            if head.status() != 403 {
                break head;
            }
        }
    })
    .await
    .unwrap();
    assert_plain(&head, 503, "unavailable", "the server is shutting down");
    assert_eq!(head.header("retry-after"), Some("1"));
    // The stream is still served, and its end lets the server stop.
    open.send(0x81, b"null").await.unwrap();
    assert_eq!(open.frame().await.unwrap(), Frame::close(CloseCode::NORMAL, "server closing connection"));
    open.send(0x88, &[0x03, 0xe8]).await.unwrap();
    server.stopped().await.unwrap();
}

#[tokio::test]
async fn then_the_origin() {
    let server = Server::mandovi().await.unwrap();
    let own = format!("http://{}", server.address());
    let host = server.address().to_string();
    // Not an upgrade either: that is not said yet.
    let head = ask(&server, "GET", "/echoer", &[("Host", &host), FOREIGN]).await.unwrap();
    assert_plain(&head, 403, "forbidden_origin", "this origin is not allowed");
    let head = ask(&server, "GET", "/numbers", &upgrade(&[], &[("Origin", "null")])).await.unwrap();
    assert_plain(&head, 403, "forbidden_origin", "this origin is not allowed");
    let headers = upgrade(&["Host"], &[("Host", &host), ("Origin", &own)]);
    assert_eq!(ask(&server, "GET", "/numbers", &headers).await.unwrap().status(), 101);
}

#[tokio::test]
async fn then_the_upgrade() {
    let server = Server::mandovi().await.unwrap();
    let message = "this is a WebSocket of version 13 (RFC 6455)";
    for headers in [
        upgrade(&["Upgrade"], &[]),
        upgrade(&["Connection"], &[]),
        upgrade(&["Sec-WebSocket-Version"], &[]),
        upgrade(&["Sec-WebSocket-Version"], &[("Sec-WebSocket-Version", "8")]),
        // The key is not looked at before the version.
        upgrade(&["Sec-WebSocket-Version", "Sec-WebSocket-Key"], &[("Sec-WebSocket-Version", "12")]),
    ] {
        let head = ask(&server, "GET", "/echoer?view=bogus", &headers).await.unwrap();
        assert_plain(&head, 426, "upgrade_required", message);
        assert_eq!(head.header("sec-websocket-version"), Some("13"), "{head:?}");
        assert_eq!(head.header("upgrade"), Some("websocket"), "{head:?}");
    }
    let message = "Sec-WebSocket-Key must be 16 bytes in base64";
    for key in ["", "short", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZTEyMw=="] {
        let headers = upgrade(&["Sec-WebSocket-Key"], &[("Sec-WebSocket-Key", key)]);
        let head = ask(&server, "GET", "/echoer", &headers).await.unwrap();
        assert_plain(&head, 400, "invalid_format", message);
    }
}

#[tokio::test]
async fn then_parameters_together_with_a_missing_credential() {
    let server = Server::mandovi().await.unwrap();
    let head = ask(&server, "GET", "/history?view=bogus", &upgrade(&[], &[])).await.unwrap();
    let message = r#"value of view must be one of "default", "tiny"; "token" is missing from header"#;
    assert_plain(&head, 400, "invalid_enum_value", message);
    let head = ask(&server, "GET", "/echoer", &upgrade(&[], &[])).await.unwrap();
    assert_plain(&head, 400, "missing_field", r#""token" is missing from header"#);
    // Every one is named, and no value is said again.
    let target = "/market/x/quotes?depth=hunter2&count=1.5&view=hunter2";
    let head = ask(&server, "GET", target, &upgrade(&[], &[])).await.unwrap();
    let message = [
        r#"invalid value for "depth", must be an integer"#,
        r#"invalid value for "count", must be an integer"#,
        r#"value of view must be one of "default", "tiny""#,
    ];
    assert_plain(&head, 400, "invalid_field_type", &message.join("; "));
    // A bad parameter goes before a bad token.
    let headers = upgrade(&[], &[("Authorization", "Bearer nonsense")]);
    let head = ask(&server, "GET", "/history?view=bogus", &headers).await.unwrap();
    assert_plain(&head, 400, "invalid_enum_value", r#"value of view must be one of "default", "tiny""#);
}

#[tokio::test]
async fn then_who_calls_and_what_is_allowed() {
    let server = Server::mandovi().await.unwrap();
    let reader = token(&json!({ "scopes": ["stream:read"] }));
    for (credential, status, name, body) in [
        ("Bearer nonsense".to_owned(), 401, "unauthorized", "invalid token"),
        ("nonsense".to_owned(), 401, "unauthorized", "invalid token"),
        (format!("Bearer {reader}"), 403, "invalid-scopes", "missing scopes: stream:write"),
        // Goa does not look at the word, and needs none.
        (format!("Foo {reader}"), 403, "invalid-scopes", "missing scopes: stream:write"),
        (reader.clone(), 403, "invalid-scopes", "missing scopes: stream:write"),
    ] {
        let headers = upgrade(&[], &[("Authorization", &credential)]);
        let head = ask(&server, "GET", "/echoer", &headers).await.unwrap();
        assert_declared(&head, status, name, &json!(body));
    }
}

#[tokio::test]
async fn then_what_the_method_says_before_it_accepts() {
    let server = Server::mandovi().await.unwrap();
    let head = ask(&server, "GET", "/market/closed/trade", &upgrade(&[], &[])).await.unwrap();
    let body =
        json!({ "venue": "closed", "state": "closed", "limit": 9_007_199_254_740_993_i64, "orders": ["a", "b"] });
    assert_declared(&head, 409, "conflict", &body);
    let head = ask(&server, "GET", "/market/halted/upload", &upgrade(&[], &[])).await.unwrap();
    assert_declared(&head, 503, "halted", &json!("venue halted is halted"));
    // The connection is kept for another call.
    let mut raw = Raw::connect(server.address()).await.unwrap();
    assert_eq!(raw.exchange(request("GET", "/market/busy/trade", &upgrade(&[], &[]))).await.unwrap().status(), 429);
    assert_eq!(raw.exchange(request("GET", "/market/x/trade", &upgrade(&[], &[]))).await.unwrap().status(), 101);
}

#[tokio::test]
async fn a_refusal_is_never_longer_than_a_goa_client_reads() {
    let server = Server::mandovi().await.unwrap();
    let symbols = "symbols=%FF&".repeat(60);
    let head = ask(&server, "GET", &format!("/market/x/quotes?{symbols}"), &upgrade(&[], &[])).await.unwrap();
    assert_eq!(head.status(), 400);
    assert!(head.body.len() <= 1024, "{} bytes", head.body.len());
    assert_eq!(head.json().unwrap()["name"], "invalid_format");
}
