//! Connections as JSON: what operators see and do, and what pages of others cannot.

use std::net::SocketAddr;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use mandovi::ConnectionManager;
use mandovi::prelude::*;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::manager::{Events, client, router};
use crate::refusals::exchange;

/// A server, and its admin router on another path of the same port.
async fn start() -> (SocketAddr, ConnectionManager) {
    let manager = ConnectionManager::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = router().nest("/admin", manager.admin_router());
    tokio::spawn(mandovi::serve(listener, app).manager(manager.clone()).into_future());
    (address, manager)
}

async fn ask(address: SocketAddr, verb: &str, path: &str, headers: &str, body: &str) -> (u16, Value) {
    let length = body.len();
    let request = format!(
        "{verb} /admin{path} HTTP/1.1\r\nHost: {address}\r\nContent-Length: {length}\r\nConnection: close\r\n{headers}\r\n{body}"
    );
    let answer = exchange(address, &request).await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let head = head.to_lowercase();
    let status = head[9..12].parse().unwrap();
    if status != 404 && status != 405 {
        assert!(head.contains("cache-control: no-store") && head.contains("x-content-type-options: nosniff"), "{head}");
        assert!(!head.contains("access-control"), "{head}");
    }
    (status, serde_json::from_str(body).unwrap_or(Value::Null))
}

const JSON: &str = "Content-Type: application/json\r\n";

async fn get(address: SocketAddr, path: &str) -> (u16, Value) {
    ask(address, "GET", path, "", "").await
}

async fn post(address: SocketAddr, path: &str, body: &str) -> (u16, Value) {
    ask(address, "POST", path, JSON, body).await
}

fn ids(page: &Value) -> Vec<u64> {
    page["connections"].as_array().unwrap().iter().map(|info| info["id"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn they_are_listed_and_inspected() {
    let (address, manager) = start().await;
    let mut held = Vec::new();
    for user in ["ada", "grace", "ada"] {
        let (tx, mut rx) = client(address, user).talk().await.unwrap();
        rx.recv().await.unwrap().unwrap();
        held.push((tx, rx));
    }
    let mut events = Events::open(address, "/place?token=s3cret", "X-Secret: s3cret\r\n").await;
    events.until("data: ").await;
    let all: Vec<u64> = manager.snapshot().iter().map(|info| info.id).collect();

    let (status, page) = get(address, "/connections").await;
    assert_eq!((status, ids(&page), &page["matching"], &page["next"]), (200, all.clone(), &json!(4), &Value::Null));
    assert!(!page.to_string().contains("s3cret"));
    let first = &page["connections"][0];
    for (member, value) in [
        ("service", json!("Desk")),
        ("method", json!("talk")),
        ("principal", json!("ada")),
        ("transport", json!("websocket")),
        ("state", json!("open")),
        ("messages_received", json!(0)),
        ("messages_sent", json!(1)),
        ("errors", json!(0)),
        ("dropped", json!(0)),
        ("queue_bytes", json!(0)),
        ("bytes_received", json!(0)),
        ("round_trip_us", Value::Null),
    ] {
        assert_eq!(first[member], value, "{member}");
    }
    assert!(first["peer"].as_str().unwrap().starts_with("127.0.0.1:"));
    assert!(first["opened_at_unix_ms"].as_u64().unwrap() > 1_700_000_000_000);
    assert!(first["age_ms"].is_u64() && first["last_activity_ms_ago"].is_u64() && first["bytes_sent"].is_u64());

    for (query, found) in [
        ("method=talk", vec![0, 1, 2]),
        ("method=place", vec![3]),
        ("principal=ada", vec![0, 2]),
        ("principal=nobody", vec![]),
        ("principal=ada&method=place", vec![]),
        ("transport=events", vec![3]),
        ("state=open&service=Desk", vec![0, 1, 2, 3]),
        ("state=draining", vec![]),
    ] {
        let found: Vec<u64> = found.into_iter().map(|n: usize| all[n]).collect();
        assert_eq!(ids(&get(address, &format!("/connections?{query}")).await.1), found, "{query}");
    }
    // Page by page.
    let (mut after, mut seen) = (0, Vec::new());
    loop {
        let (_, page) = get(address, &format!("/connections?limit=1&after={after}&method=talk")).await;
        assert_eq!(page["matching"], 3);
        seen.extend(ids(&page));
        match page["next"].as_u64() {
            Some(next) => after = next,
            None => break,
        }
    }
    assert_eq!(seen, all[..3]);
    for bad in ["limit=0", "limit=1001", "limit=x", "after=-1", "state=gone", "transport=udp", "color=red"] {
        let (status, body) = get(address, &format!("/connections?{bad}")).await;
        assert!(status == 400 && body["message"].is_string(), "{bad}");
    }
    assert_eq!(get(address, "/connections?limit=1000").await.0, 200);

    let (status, one) = get(address, &format!("/connections/{}", all[1])).await;
    assert_eq!((status, &one["principal"]), (200, &json!("grace")));
    for gone in ["0", "18446744073709551615", "18446744073709551616", "x", "-1"] {
        let answer = get(address, &format!("/connections/{gone}")).await;
        assert_eq!(answer, (404, json!({ "message": "no such connection" })));
    }
    let (status, health) = get(address, "/health").await;
    assert_eq!((status, &health["status"], &health["connections"]), (200, &json!("ok"), &json!(4)));
    assert_eq!(health["limits"]["max_connections"], 50_000);
    assert_eq!(health["limits"]["max_connections_per_principal"], Value::Null);
}

#[tokio::test]
async fn they_are_closed_and_drained() {
    let (address, manager) = start().await;
    let ada = client(address, "ada");
    let mut one = ada.watch().await.unwrap();
    let id: u64 = one.recv().await.unwrap().unwrap().parse().unwrap();
    assert_eq!(post(address, &format!("/connections/{id}/drain"), "").await, (200, json!({ "draining": 1 })));
    assert_eq!(one.recv().await.unwrap(), Some("draining".into()));

    let close = format!("/connections/{id}/close");
    let longest = "x".repeat(123);
    for bad in [
        String::new(),
        "{}".into(),
        "[]".into(),
        "null".into(),
        "{\"code\":1005}".into(),
        "{\"code\":1006}".into(),
        "{\"code\":999}".into(),
        "{\"code\":5000}".into(),
        "{\"code\":66536}".into(),
        "{\"code\":\"1000\"}".into(),
        "{\"code\":1000.5}".into(),
        "{\"code\":1000,\"reason\":1}".into(),
        "{\"code\":1000,\"more\":1}".into(),
        "{\"code\":1000".into(),
        json!({ "code": 1000, "reason": format!("{longest}x") }).to_string(),
    ] {
        let (status, body) = post(address, &close, &bad).await;
        assert!(status == 400 && body["message"].is_string(), "{bad}");
    }
    let large = format!("{{\"code\":1000,\"reason\":\"{}\"}}", "x".repeat(5000));
    assert_eq!(post(address, &close, &large).await.0, 413);
    assert_eq!(manager.len(), 1, "nothing was done");
    let body = json!({ "code": 3001, "reason": longest }).to_string();
    assert_eq!(post(address, &close, &body).await, (200, json!({ "closed": 1 })));
    let Failure::Stream(StreamError::Closed(closed)) = one.recv().await.unwrap_err() else { panic!() };
    assert_eq!((closed.code().as_u16(), closed.reason()), (3001, &*longest));
    manager.closed().await;
    for (path, body) in [("close", "{\"code\":1000}"), ("drain", "{}")] {
        assert_eq!(post(address, &format!("/connections/{id}/{path}"), body).await.0, 404);
    }

    let (mut first, mut second) = (ada.watch().await.unwrap(), client(address, "ada lovelace").watch().await.unwrap());
    let _ = (first.recv().await.unwrap(), second.recv().await.unwrap());
    let body = "{\"code\":1008,\"reason\":\"logged out\"}";
    assert_eq!(post(address, "/principals/nobody/close", body).await, (200, json!({ "closed": 0 })));
    assert_eq!(post(address, "/principals/ada%20lovelace/close", body).await, (200, json!({ "closed": 1 })));
    assert!(second.recv().await.is_err());
    while manager.len() > 1 {
        tokio::task::yield_now().await;
    }

    assert_eq!(post(address, "/drain", "{}").await.0, 200);
    assert_eq!(first.recv().await.unwrap(), Some("draining".into()));
    assert_eq!(get(address, "/health").await.1["status"], "draining");
    let Failure::Remote(remote) = ada.watch().await.unwrap_err() else { panic!() };
    assert_eq!(remote.status, 503);
}

/// A browser that is logged in does nothing for a page of somebody else.
#[tokio::test]
async fn pages_of_others_get_nothing() {
    let (address, manager) = start().await;
    let mut rx = client(address, "ada").watch().await.unwrap();
    let id: u64 = rx.recv().await.unwrap().unwrap().parse().unwrap();
    let drain = format!("/connections/{id}/drain");
    // What a form can send, and what a script may send without asking.
    for kind in ["", "Content-Type: text/plain\r\n", "Content-Type: application/x-www-form-urlencoded\r\n"] {
        assert_eq!(ask(address, "POST", &drain, kind, "{}").await.0, 415, "{kind}");
    }
    for page in [
        "Origin: https://elsewhere.example\r\n".to_owned(),
        "Origin: null\r\n".to_owned(),
        format!("Origin: http://{address}\r\nSec-Fetch-Site: cross-site\r\n"),
        "Sec-Fetch-Site: same-site\r\n".to_owned(),
    ] {
        assert_eq!(ask(address, "POST", &drain, &format!("{JSON}{page}"), "{}").await.0, 403, "{page}");
        assert_eq!(ask(address, "GET", "/connections", &page, "").await.0, 403, "{page}");
    }
    assert_eq!(manager.get(id).unwrap().state, mandovi::manager::ConnectionState::Open, "nothing was done");
    assert_eq!(ask(address, "GET", &drain, "", "").await.0, 405);
    assert_eq!(ask(address, "DELETE", &format!("/connections/{id}"), JSON, "").await.0, 405);
    // Its own page may.
    let own = format!("{JSON}Origin: http://{address}\r\nSec-Fetch-Site: same-origin\r\n");
    assert_eq!(ask(address, "POST", &drain, &own, "{}").await.0, 200);
}

/// The caller's own layer is asked first.
#[tokio::test]
async fn it_stands_behind_a_layer_of_the_caller() {
    async fn only_operators(request: Request, next: Next) -> Response {
        match request.headers().get("authorization").map(http::HeaderValue::as_bytes) {
            Some(b"Bearer operator") => next.run(request).await,
            _ => StatusCode::UNAUTHORIZED.into_response(),
        }
    }
    let manager = ConnectionManager::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = Router::new().nest("/admin", manager.admin_router().layer(from_fn(only_operators)));
    tokio::spawn(mandovi::serve(listener, app).into_future());
    let health = async |headers: &str| {
        exchange(address, &format!("GET /admin/health HTTP/1.1\r\nHost: {address}\r\n{headers}\r\n")).await
    };
    let with = "Authorization: Bearer operator\r\n";
    let (without, with) = (health("").await, health(with).await);
    assert!(without.starts_with("HTTP/1.1 401 ") && with.starts_with("HTTP/1.1 200 "), "{without} {with}");
}
