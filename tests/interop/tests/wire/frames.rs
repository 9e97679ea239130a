//! The frames of every method of the chatter, as Goa's own programs exchange them.

use crate::support::raw::{ACCEPT, Frame, Head, Raw, request};
use crate::support::{Server, full_token};
use mandovi::CloseCode;

use crate::upgrade;

/// Opens a stream and gives the head of the answer.
async fn open(server: &Server, target: &str, more: &[(&str, &str)]) -> (Raw, Head) {
    let mut raw = Raw::connect(server.address()).await.unwrap();
    let head = raw.exchange(request("GET", target, &upgrade(&[], more))).await.unwrap();
    assert_eq!(head.line, "HTTP/1.1 101 Switching Protocols", "{head:?}");
    (raw, head)
}

fn bearer() -> String {
    format!("Bearer {}", full_token())
}

#[tokio::test]
async fn the_101_says_what_it_must_and_no_more() {
    let server = Server::mandovi().await.unwrap();
    let bearer = bearer();
    let offers = [
        ("Authorization", bearer.as_str()),
        ("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits"),
    ];
    let (_raw, head) = open(&server, "/echoer", &offers).await;
    // `date` is hyper's own, which RFC 9110 §6.6.1 allows. Goa sends none with a 101, and no client looks at it.
    assert_eq!(head.names(), ["connection", "date", "sec-websocket-accept", "upgrade"]);
    assert_eq!(head.header("upgrade"), Some("websocket"));
    assert_eq!(head.header("connection"), Some("Upgrade"));
    assert_eq!(head.header("sec-websocket-accept"), Some(ACCEPT));

    let unknown = [("Authorization", bearer.as_str()), ("Sec-WebSocket-Protocol", "chat, mandovi.v9")];
    let (_raw, head) = open(&server, "/echoer", &unknown).await;
    assert_eq!(head.header("sec-websocket-protocol"), None);

    for (query, view) in [("", "default"), ("?view=tiny", "tiny"), ("?view=", "default")] {
        let (_raw, head) = open(&server, &format!("/history{query}"), &[("Authorization", &bearer)]).await;
        assert_eq!(head.names(), ["connection", "date", "goa-view", "sec-websocket-accept", "upgrade"]);
        assert_eq!(head.header("goa-view"), Some(view));
    }
}

/// The time in a message; what is around it is compared.
fn time_in(text: &str) -> &str {
    text.split("_at\":\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default()
}

fn end() -> Frame {
    Frame::close(CloseCode::NORMAL, "server closing connection")
}

/// The frames of Goa's own client, from a connection that it drops at once.
#[tokio::test]
async fn echoer_frames() {
    let server = Server::mandovi().await.unwrap();
    let (mut raw, _) = open(&server, "/echoer", &[("Authorization", &bearer())]).await;
    raw.send(0x81, b"\"say my name\"\n").await.unwrap();
    assert_eq!(raw.frame().await.unwrap(), Frame::text("\"say my name\""));
    raw.send(0x81, b"\"stop\"\n").await.unwrap();
    raw.send(0x81, b"null\n").await.unwrap();
    raw.shut_down().await.unwrap();
    assert_eq!(raw.frame().await.unwrap(), Frame::text("\"stop\""));
    assert_eq!(raw.frame().await.unwrap(), end());
    raw.end().await.unwrap();
    server.log().wait("ended chatter.echoer <nil>").await.unwrap();
}

#[tokio::test]
async fn echoer_takes_whatever_go_sends() {
    let server = Server::mandovi().await.unwrap();
    let (mut raw, _) = open(&server, "/echoer", &[("Authorization", &bearer())]).await;
    // Escapes as Go writes them, a binary message, white space, fragments, a ping between them and an empty last one.
    raw.send(0x81, br#""you \u003ccare\u003e \u0026 \"very\" patient""#).await.unwrap();
    assert_eq!(raw.frame().await.unwrap(), Frame::text(r#""you <care> & \"very\" patient""#));
    raw.send(0x82, b" \"binary\" \n").await.unwrap();
    assert_eq!(raw.frame().await.unwrap(), Frame::text("\"binary\""));
    raw.send(0x01, b"\"in ").await.unwrap();
    raw.send(0x89, b"ping").await.unwrap();
    raw.send(0x00, b"pieces\"\n").await.unwrap();
    raw.send(0x80, b"").await.unwrap();
    assert_eq!(raw.frame().await.unwrap(), Frame { first: 0x8a, masked: false, payload: b"ping".to_vec() });
    assert_eq!(raw.frame().await.unwrap(), Frame::text("\"in pieces\""));
}

#[tokio::test]
async fn listener_frames() {
    let server = Server::mandovi().await.unwrap();
    let (mut raw, _) = open(&server, "/listener", &[("Authorization", &bearer())]).await;
    raw.send(0x81, b"\"thanks for listening\"\n").await.unwrap();
    raw.send(0x81, b"null\n").await.unwrap();
    assert_eq!(raw.frame().await.unwrap(), end());
    // Goa's client echoes the code without a reason where it still listens.
    raw.send(0x88, &[0x03, 0xe8]).await.unwrap();
    raw.end().await.unwrap();
}

#[tokio::test]
async fn summary_frames() {
    let server = Server::mandovi().await.unwrap();
    let (mut raw, _) = open(&server, "/summary", &[("Authorization", &bearer())]).await;
    raw.send(0x81, b"\"testing 1 2 3\"\n").await.unwrap();
    raw.send(0x81, b"null\n").await.unwrap();
    let frame = raw.frame().await.unwrap();
    let text = String::from_utf8(frame.payload).unwrap();
    let sent_at = time_in(&text);
    assert_eq!(frame.first, 0x81);
    assert_eq!(text, format!(r#"[{{"message":"testing 1 2 3","length":13,"sent_at":"{sent_at}"}}]"#));
    assert_eq!(raw.frame().await.unwrap(), end());
}

#[tokio::test]
async fn subscribe_and_history_frames() {
    let server = Server::mandovi().await.unwrap();
    let bearer = bearer();
    // The subscriber's handshake is done before there is anything to say.
    let (mut subscriber, head) = open(&server, "/subscribe", &[("Authorization", &bearer)]).await;
    assert_eq!(head.header("goa-view"), None);
    server.log().wait("began chatter.subscribe").await.unwrap();
    subscriber.send(0x89, b"ping").await.unwrap();
    assert_eq!(subscriber.frame().await.unwrap().first, 0x8a);

    let (mut echoer, _) = open(&server, "/echoer", &[("Authorization", &bearer)]).await;
    echoer.send(0x81, b"\"sub one\"").await.unwrap();
    echoer.frame().await.unwrap();
    let frame = subscriber.frame().await.unwrap();
    let text = String::from_utf8(frame.payload).unwrap();
    let added_at = time_in(&text).to_owned();
    assert_eq!(text, format!(r#"{{"message":"sub one","action":"added","added_at":"{added_at}"}}"#));

    let (mut history, _) = open(&server, "/history", &[("Authorization", &bearer)]).await;
    let wanted = format!(r#"{{"message":"sub one","length":7,"sent_at":"{added_at}"}}"#);
    assert_eq!(history.frame().await.unwrap(), Frame::text(&wanted));
    assert_eq!(history.frame().await.unwrap(), end());
    let (mut history, _) = open(&server, "/history?view=tiny", &[("Authorization", &bearer)]).await;
    assert_eq!(history.frame().await.unwrap(), Frame::text(r#"{"message":"sub one"}"#));
    assert_eq!(history.frame().await.unwrap(), end());

    // A Goa client that leaves.
    subscriber.send(0x88, b"\x03\xe8client closing connection").await.unwrap();
    assert_eq!(subscriber.frame().await.unwrap(), Frame { first: 0x88, masked: false, payload: vec![0x03, 0xe8] });
    subscriber.end().await.unwrap();
    server.log().wait("ended chatter.subscribe").await.unwrap();
}
