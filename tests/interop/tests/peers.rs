//! Plain WebSocket clients, Python's and Node's, the latter also over HTTP/2, against our server: they know nothing of Goa or of us.

mod support;

use crate::support::{Peer, Server, Tools, full_token, token};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

/// The other languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Language {
    Python,
    Node,
    /// Node's, on a stream of HTTP/2.
    NodeHttp2,
}

const ALL: [Language; 3] = [Language::Python, Language::Node, Language::NodeHttp2];
/// Those that can send any frame, and see the answer to a refused handshake.
const FREE: [Language; 2] = [Language::Python, Language::NodeHttp2];

fn peer(language: Language, url: &str, more: &[&str]) -> Peer {
    let tools = Tools::new(env!("CARGO_TARGET_TMPDIR"));
    let arguments: Vec<_> = std::iter::once(url).chain(more.iter().copied()).collect();
    let started = match language {
        Language::Python => Peer::python(&tools, &arguments),
        Language::Node => Peer::node(&tools, &arguments),
        Language::NodeHttp2 => Peer::node_http2(&tools, &arguments),
    };
    started.unwrap_or_else(|mistake| panic!("{mistake}"))
}

fn opened(protocol: &str) -> Value {
    // No extension: what they offer is declined by not being answered.
    json!({ "event": "open", "protocol": protocol, "extensions": "" })
}

/// A connection to a path that needs no credential.
async fn open(language: Language, server: &Server, path: &str) -> Peer {
    let mut peer = peer(language, &server.ws(path), &[]);
    ok(peer.expect(opened("")).await);
    peer
}

#[track_caller]
fn ok<T>(checked: Result<T, String>) -> T {
    checked.unwrap_or_else(|mistake| panic!("{mistake}"))
}

/// The event of a close frame; Node also says whether the handshake was complete.
fn close(language: Language, code: u16, reason: &str) -> Value {
    match language {
        Language::Python => json!({ "event": "close", "code": code, "reason": reason }),
        Language::Node | Language::NodeHttp2 => {
            json!({ "event": "close", "code": code, "reason": reason, "clean": true })
        }
    }
}

fn order(id: &str) -> Value {
    json!({ "id": id, "symbol": "AAA", "side": "buy", "price": 1.5, "quantity": 7 })
}

fn bearer_entry(token: &str) -> String {
    format!("mandovi.bearer.{}", URL_SAFE_NO_PAD.encode(token))
}

/// Text of an event, read as JSON.
async fn fill(peer: &mut Peer) -> Value {
    peer.tell("recv");
    let event = ok(peer.event().await);
    let text = event["text"].as_str().unwrap_or_else(|| panic!("{}", peer.mistake("no text")));
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[tokio::test]
async fn echo_in_text_and_binary_and_the_end_by_null() {
    let server = ok(Server::mandovi().await);
    for language in ALL {
        let token = full_token();
        let offer = ["--subprotocol", "mandovi.plain", "--subprotocol", &bearer_entry(&token)];
        let mut peer = peer(language, &server.ws("/echoer"), &offer);
        // The credential entry is never selected.
        ok(peer.expect(opened("mandovi.plain")).await);
        for text in [r#""hello""#, r#""é 漢 😀""#, r#""""#] {
            peer.tell(format!("send {text}"));
            ok(peer.ask("recv", json!({ "event": "message", "text": text })).await);
        }
        // JSON in a binary message is as good; the answer is text.
        peer.tell(format!("binary {}", STANDARD.encode("\"binary\"\n")));
        ok(peer.ask("recv", json!({ "event": "message", "text": "\"binary\"" })).await);
        peer.tell("send null");
        ok(peer.ask("recv", close(language, 1000, "server closing connection")).await);
        ok(peer.end().await);
    }
}

#[tokio::test]
async fn half_close_by_null() {
    let server = ok(Server::mandovi().await);
    for language in ALL {
        let mut peer = open(language, &server, "/market/x/trade").await;
        for id in ["late-1", "o2"] {
            peer.send(&order(id));
        }
        peer.tell("send null");
        // What comes after their end.
        for id in ["o2", "late-1"] {
            assert_eq!(fill(&mut peer).await["order_id"], id, "{language:?}");
        }
        ok(peer.ask("recv", close(language, 1000, "server closing connection")).await);
    }
}

#[tokio::test]
async fn fragments_and_pings() {
    let server = ok(Server::mandovi().await);
    for (done, language) in FREE.into_iter().enumerate() {
        let mut peer = open(language, &server, "/market/x/trade").await;
        ok(peer.ask("ping are you there", json!({ "event": "pong" })).await);
        let text = order("o1").to_string();
        let (head, tail) = text.split_at(20);
        peer.tell(format!("fragments {}", json!([head, "", tail])));
        ok(peer.ask("ping between", json!({ "event": "pong" })).await);
        assert_eq!(fill(&mut peer).await["order_id"], "o1");
        // Their close frame is echoed: a stream that was not ended by `null`.
        ok(peer.ask("close 1000", close(language, 1000, "")).await);
        ok(server.log().wait_for("ended market.trade", done + 1).await);
    }
}

#[tokio::test]
async fn broken_contract_is_1007() {
    let server = ok(Server::mandovi().await);
    for (language, message, reason) in [
        (Language::Python, r#"{"id":1}"#, None),
        (Language::Node, r#"{"id":1}"#, None),
        (Language::NodeHttp2, r#"{"id":1}"#, None),
        (Language::Python, "{", Some("failed to decode the value: it ends too early (line 1, column 1)")),
        (Language::Node, "1", Some("invalid value, must be an object")),
    ] {
        let mut peer = open(language, &server, "/market/x/trade").await;
        peer.tell(format!("send {message}"));
        peer.tell("recv");
        let event = ok(peer.event().await);
        assert_eq!(event["code"], 1007, "{event}");
        let told = event["reason"].as_str().unwrap_or_default();
        match reason {
            Some(reason) => assert_eq!(told, reason),
            // Several violations, as many as fit.
            None => assert!(told.contains("\"id\"") && told.len() <= 123, "{told}"),
        }
    }
}

#[tokio::test]
async fn declared_error_is_4000_and_its_status() {
    let server = ok(Server::mandovi().await);
    for language in ALL {
        let mut peer = open(language, &server, "/market/x/trade").await;
        peer.send(&order("boom"));
        let reason = r#"{"name":"conflict","body":{"venue":"x","state":"broken","limit":1}}"#;
        ok(peer.ask("recv", close(language, 4409, reason)).await);
    }
}

#[tokio::test]
async fn too_big_is_1009() {
    let server = ok(Server::mandovi().await);
    for language in ALL {
        let mut peer = open(language, &server, "/market/x/trade").await;
        let mut order = order("o1");
        order["tags"] = json!(["x".repeat(70_000)]);
        peer.send(&order);
        peer.tell("recv");
        let event = ok(peer.event().await);
        assert_eq!((&event["event"], &event["code"]), (&json!("close"), &json!(1009)), "{language:?}: {event}");
    }
}

#[tokio::test]
async fn shutdown_is_1001() {
    let mut server = ok(Server::mandovi().await);
    let mut peers = Vec::new();
    for language in ALL {
        let mut peer = open(language, &server, "/market/x/trade").await;
        peer.send(&order("o1"));
        assert_eq!(fill(&mut peer).await["order_id"], "o1");
        peers.push((language, peer));
    }
    server.stop();
    for (language, peer) in &mut peers {
        ok(peer.ask("recv", close(*language, 1001, "server shutting down")).await);
    }
    ok(server.stopped().await);
}

#[tokio::test]
async fn who_asks_for_it_is_refused_by_a_close_code() {
    let server = ok(Server::mandovi().await);
    let reader = bearer_entry(&token(&json!({ "scopes": ["stream:read"] })));
    let nonsense = bearer_entry("nonsense");
    let plain = ["--subprotocol", "mandovi.plain", "--subprotocol", "mandovi.refuse"];
    for language in ALL {
        for (path, entry, code, reason) in [
            ("/echoer", None, 4400, r#"{"name":"missing_field","message":"\"token\" is missing from header"}"#),
            ("/echoer", Some(&nonsense), 4401, r#"{"name":"unauthorized","body":"invalid token"}"#),
            ("/echoer", Some(&reader), 4403, r#"{"name":"invalid-scopes","body":"missing scopes: stream:write"}"#),
            ("/market/halted/trade", None, 4503, r#"{"name":"halted","body":"venue halted is halted"}"#),
        ] {
            let mut offer = plain.to_vec();
            offer.extend(entry.iter().flat_map(|entry| ["--subprotocol", entry.as_str()]));
            let mut peer = peer(language, &server.ws(path), &offer);
            ok(peer.expect(opened("mandovi.plain")).await);
            ok(peer.ask("recv", close(language, code, reason)).await);
        }
    }
    assert_eq!(server.log().count("began chatter"), 0, "no handler runs");
}

#[tokio::test]
async fn refusals_as_http() {
    let server = ok(Server::mandovi().await);
    let bearer = format!("Authorization=Bearer {}", full_token());
    let entry = bearer_entry(&full_token());
    let credential = "Sec-WebSocket-Protocol offers a credential but not mandovi.plain";
    for (path, more, status, name, body) in [
        ("/market/closed/trade", vec![], 409, Some("conflict"), None),
        ("/market/busy/trade", vec![], 429, Some("slow_down"), None),
        ("/echoer", vec!["--header", "Authorization=Bearer x"], 401, Some("unauthorized"), Some("\"invalid token\"\n")),
        ("/echoer", vec![], 400, None, None),
        ("/echoer", vec!["--subprotocol", &entry], 400, None, Some(credential)),
        ("/echoer", vec!["--header", &bearer, "--header", "Origin=https://evil.example"], 403, None, None),
        ("/nowhere", vec![], 404, None, None),
        ("/login", vec![], 405, None, None),
    ] {
        for language in FREE {
            let mut peer = peer(language, &server.ws(path), &more);
            let event = ok(peer.event().await);
            assert_eq!((&event["event"], &event["status"]), (&json!("error"), &json!(status)), "{path}: {event}");
            assert_eq!(event["headers"]["goa-error"].as_str(), name, "{path}: {event}");
            let told = event["body"].as_str().unwrap_or_default();
            match body {
                Some(text) if text.ends_with('\n') => assert_eq!(told, text),
                Some(text) => assert!(told.contains(text), "{told}"),
                None => assert!(told.len() <= 1024, "{told}"),
            }
        }
        // A page sees no more than that it failed.
        if more.is_empty() {
            let mut node = self::peer(Language::Node, &server.ws(path), &[]);
            assert_eq!(ok(node.event().await)["event"], "error", "{path}");
        }
    }
    // The same credential with a dialect, or in the header.
    for more in [vec!["--header", &bearer], vec!["--subprotocol", "mandovi.plain", "--subprotocol", &entry]] {
        for language in FREE {
            let mut peer = peer(language, &server.ws("/echoer"), &more);
            assert_eq!(ok(peer.event().await)["event"], "open");
        }
    }
}

#[tokio::test]
async fn several_streams_on_one_http2_connection() {
    let server = ok(Server::mandovi().await);
    let mut peer = open(Language::NodeHttp2, &server, "/market/x/trade").await;
    ok(peer.ask("stream /market/y/trade", opened("")).await);
    // A refusal is an answer on a stream of its own.
    peer.tell("stream /market/closed/trade");
    assert_eq!(ok(peer.event().await)["status"], 409);
    for (stream, id) in [(0, "a"), (1, "b"), (0, "c"), (1, "d")] {
        peer.tell(format!("use {stream}"));
        peer.send(&order(id));
        assert_eq!(fill(&mut peer).await["order_id"], id);
    }
    let reason = r#"{"name":"conflict","body":{"venue":"y","state":"broken","limit":1}}"#;
    peer.send(&order("boom"));
    ok(peer.ask("recv", close(Language::NodeHttp2, 4409, reason)).await);
    peer.tell("use 0");
    peer.send(&order("after"));
    assert_eq!(fill(&mut peer).await["order_id"], "after");
    ok(peer.ask("close 1000", close(Language::NodeHttp2, 1000, "")).await);
}

/// What `docs/http2.md` shows was said, by this client to this server.
#[tokio::test]
async fn the_transcript_of_the_guide_is_true() {
    let server = ok(Server::mandovi().await);
    let bearer = format!("Authorization=Bearer {}", full_token());
    let offer = ["--subprotocol", "mandovi.plain", "--header", &bearer];
    let mut peer = peer(Language::NodeHttp2, &server.ws("/echoer"), &offer);
    ok(peer.expect(opened("mandovi.plain")).await);
    peer.tell(r#"send "hello""#);
    ok(peer.ask("recv", json!({ "event": "message", "text": "\"hello\"" })).await);
    ok(peer.ask("ping still there?", json!({ "event": "pong" })).await);
    peer.tell("send null");
    ok(peer.ask("recv", close(Language::NodeHttp2, 1000, "server closing connection")).await);
    peer.tell("transcript");
    let event = ok(peer.event().await);
    let lines = event["lines"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let said = lines.collect::<Vec<_>>().join("\n");
    println!("{said}");
    let guide = include_str!("../../../docs/http2.md");
    let shown = guide.split("```text\n").nth(1).and_then(|rest| rest.split("\n```").next());
    assert_eq!(shown, Some(said.as_str()), "docs/http2.md shows something else than what was said:\n{said}\n");
}
