//! The one table of codes and classes: `docs/errors.md` against `mandovi::class`, both ways, and codes that servers really send.

use std::collections::BTreeMap;

use mandovi::class::{close_code_of_status, status_of_close_code};
use mandovi::prelude::*;
use mandovi::server::Options;
use mandovi::{CloseCode, ErrorClass, Settings};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

fn class_of(word: &str) -> ErrorClass {
    match word {
        "recoverable" => ErrorClass::Recoverable,
        "exhausted" => ErrorClass::Exhausted,
        "unauthenticated" => ErrorClass::Unauthenticated,
        "fatal" => ErrorClass::Fatal,
        other => panic!("{other} is no class"),
    }
}

/// The rows of the documented table.
fn documented() -> BTreeMap<u16, ErrorClass> {
    let rows = include_str!("../../../../docs/errors.md").lines().filter_map(|line| {
        let mut cells = line.split('|').map(str::trim).skip(1);
        let code = cells.next()?.parse().ok()?;
        Some((code, class_of(cells.next()?)))
    });
    rows.collect()
}

#[test]
fn the_documented_table_is_the_one_in_code() {
    let table = documented();
    for (code, class) in &table {
        assert_eq!(ErrorClass::of_close_code(*code), *class, "{code}");
        if let Some(status) = status_of_close_code(*code) {
            assert_eq!(ErrorClass::of_status(status, false), *class, "{status}");
            assert_eq!(close_code_of_status(status), *code);
        }
    }
    // The other way: what the code knows is documented, and the rest is what the text below the table says.
    for code in 0..=u16::MAX {
        let class = ErrorClass::of_close_code(code);
        let rest = if (4500..4600).contains(&code) { ErrorClass::Recoverable } else { ErrorClass::Fatal };
        assert_eq!(table.get(&code).copied().unwrap_or(rest), class, "{code} is missing in docs/errors.md");
    }
    for code in (1000..=1015).filter(|code| *code != 1004) {
        assert!(table.contains_key(&code), "{code}");
    }
    assert_eq!(ErrorClass::of_status(503, true), ErrorClass::Exhausted);
}

#[errors]
pub enum Trouble {
    /// Something in the way.
    #[status(409, temporary)]
    Busy(String),
    /// Too much.
    #[status(429, exhausted)]
    Much {
        #[retry_after]
        after: Duration,
        what: String,
    },
    /// Not now.
    #[status(503)]
    Away,
    /// Never.
    #[status(501, fault)]
    Odd(String),
    /// Gone for good.
    #[status(410)]
    Gone(String),
}

#[service]
pub trait Ends {
    /// Fails as the client asks.
    #[get("/ends")]
    async fn ends(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<(), Trouble>;
}

struct Ender;

impl Ends for Ender {
    async fn ends(&self, mut input: Receiver<String>, _output: Sender<String>) -> Outcome<(), Trouble> {
        let after = Duration::from_millis(1500);
        let Some(wish) = input.recv().await? else { return Ok(()) };
        let long = "x".repeat(200);
        Err(match wish.as_str() {
            "busy" => Trouble::Busy("wait".into()).into(),
            "busy, at length" => Trouble::Busy(long).into(),
            "much" => Trouble::Much { after, what: "a".into() }.into(),
            "much, at length" => Trouble::Much { after, what: long }.into(),
            "away" => Trouble::Away.into(),
            "odd, at length" => Trouble::Odd(long).into(),
            "gone" => Trouble::Gone("x".into()).into(),
            "panic" => panic!("a handler that panics is a failure of the server"),
            _ => Failure::internal("secret"),
        })
    }
}

/// The design's class reaches the client, also where the body does not fit into the close frame.
#[tokio::test]
async fn the_class_of_a_declared_error_reaches_the_client() {
    let client = EndsClient::in_memory(EndsServer::new(Ender)).build().unwrap();
    for (wish, declared, class) in [
        ("busy", true, ErrorClass::Recoverable),
        ("busy, at length", false, ErrorClass::Recoverable),
        ("much", true, ErrorClass::Exhausted),
        ("much, at length", false, ErrorClass::Exhausted),
        ("away", true, ErrorClass::Recoverable),
        ("odd, at length", false, ErrorClass::Recoverable),
        ("gone", true, ErrorClass::Fatal),
        ("fault", false, ErrorClass::Recoverable),
    ] {
        let (tx, mut rx) = client.ends().await.unwrap();
        tx.send(wish).await.unwrap();
        let failure = rx.recv().await.unwrap_err();
        assert_eq!(failure.declared().is_some(), declared, "{wish}: {failure}");
        assert_eq!(failure.class(), class, "{wish}: {failure}");
    }
}

/// Sends frames by hand and reads the close frame: its code and its reason.
async fn close_of(settings: Settings, frames: &[u8]) -> (u16, String) {
    let service = EndsServer::new(Ender).options(Options::default().settings(settings)).into_service();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(mandovi::serve(listener, service).into_future());
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = "GET /ends HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    stream.write_all(frames).await.unwrap();
    assert_eq!(stream.read_u8().await.unwrap(), 0x88, "a close frame");
    let mut close = vec![0; usize::from(stream.read_u8().await.unwrap())];
    stream.read_exact(&mut close).await.unwrap();
    server.abort();
    (u16::from_be_bytes([close[0], close[1]]), String::from_utf8(close[2..].to_vec()).unwrap())
}

fn text(payload: &str) -> Vec<u8> {
    let mut frame = vec![0x81, 0x80 | u8::try_from(payload.len()).unwrap(), 0, 0, 0, 0];
    frame.extend_from_slice(payload.as_bytes());
    frame
}

/// What a server really says, beside the table: 1001, 1013 and 4401 have tests of their own.
#[tokio::test]
async fn servers_send_the_codes_of_the_table() {
    let settings = Settings::server;
    let of = |code: (u16, String)| code.0;
    assert_eq!(of(close_of(settings(), &text("17")).await), CloseCode::INVALID_PAYLOAD.as_u16());
    assert_eq!(of(close_of(settings(), &[0x83, 0x80, 0, 0, 0, 0]).await), CloseCode::PROTOCOL_ERROR.as_u16());
    let large = close_of(settings().max_message_size(10), &text("\"more than ten\"")).await;
    assert_eq!(of(large), CloseCode::MESSAGE_TOO_BIG.as_u16());
    assert_eq!(close_of(settings(), &text("\"fault\"")).await, (1011, String::new()));
    assert_eq!(close_of(settings(), &text("\"panic\"")).await, (1011, String::new()));
    assert_eq!(close_of(settings(), &text("\"busy\"")).await, (4409, r#"{"name":"busy","body":"wait"}"#.to_owned()));
    assert_eq!(
        close_of(settings(), &text("\"much\"")).await,
        (4429, r#"{"name":"much","retry_after_ms":1500,"body":{"what":"a"}}"#.to_owned())
    );
    assert_eq!(
        close_of(settings(), &text("\"much, at length\"")).await,
        (4429, r#"{"name":"much","retry_after_ms":1500}"#.to_owned())
    );
    assert_eq!(close_of(settings(), &text("null")).await, (1000, "server closing connection".to_owned()));
}
