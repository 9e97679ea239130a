//! Who calls: how long that holds, how it ends, what it allows.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use mandovi::intercept::{CallInfo, InFlight, Interceptor, Refused};
use mandovi::prelude::*;
use mandovi::server::Options;
use mandovi::testing::{self, InMemory};
use mandovi::{CloseCode, ConnectionManager, Settings};

use crate::capture;
use crate::peer::{Peer, Seen, soon, within_a_day};
use crate::room::{Accounts, Caller, Hall, Kind, Line, RoomClient, listen, listen_with, room, room_of, say};

const HOUR: Duration = Duration::from_secs(3600);

/// A stream does not outlive the credential that opened it.
#[tokio::test]
async fn owasp_09_closed_when_the_token_expires() {
    testing::pause();
    let accounts = Accounts { good_for: Some(HOUR), ..Accounts::default() };
    let client = RoomClient::in_memory(room_of(&Hall::default(), &accounts)).token("ada-1").build().unwrap();
    let mut news = client.news().await.unwrap();
    assert_eq!(within_a_day(news.recv()).await.unwrap().unwrap().text, "ada-1");
    let begun = tokio::time::Instant::now();
    let failure = within_a_day(news.recv()).await.unwrap_err();
    let Failure::Remote(remote) = &failure else { panic!("{failure:?}") };
    assert_eq!((remote.status, &*remote.name), (401, "token_expired"));
    // (What is left of the hour is counted in whole.)
    assert!(begun.elapsed() > HOUR - Duration::from_secs(60) && begun.elapsed() < HOUR + Duration::from_secs(60));
}

/// Where tokens say nothing of their end, a stream may still live only so long; who comes again is looked at again.
#[tokio::test]
async fn owasp_09_revalidated_from_time_to_time() {
    testing::pause();
    let accounts = Accounts::default();
    let settings = Settings::server().max_lifetime(HOUR);
    let server = room_of(&Hall::default(), &accounts).options(Options::default().settings(settings));
    let client = RoomClient::in_memory(server).token("ada-1").retry(Retry::default()).build().unwrap();
    let mut news = client.news().await.unwrap();
    for _ in 0..3 {
        assert_eq!(within_a_day(news.recv()).await.unwrap().unwrap().text, "ada-1");
    }
    // The account is closed, and nobody tells the stream. Within the hour it is over.
    accounts.out.lock().unwrap().insert("ada".into());
    let failure = within_a_day(news.recv()).await.unwrap_err();
    assert!(matches!(&failure, Failure::Remote(remote) if remote.status == 401), "{failure:?}");
}

/// Everything that somebody has open is closed at once, over every transport, and nothing of anybody else.
#[tokio::test]
async fn owasp_10_log_out_closes_every_socket() {
    let accounts = Accounts::default();
    let manager = ConnectionManager::new();
    let address = listen_with(room_of(&Hall::default(), &accounts).into_router(), &manager).await;
    let own = format!("Origin: http://{address}\r\n");
    let mut adas = vec![
        Peer::open(address, "/news?token=ada-1", "").await,
        Peer::open(address, "/news?token=ada-2", "").await,
        Peer::open(address, "/desk", &format!("Cookie: sid=ada-3\r\n{own}")).await,
    ];
    let mut grace = Peer::open(address, "/talk?token=grace-1", "").await;
    for ada in &mut adas {
        assert!(matches!(ada.next().await, Seen::Text(_)));
    }
    assert_eq!((manager.of_principal("ada").len(), manager.len()), (3, 4));

    accounts.out.lock().unwrap().insert("ada".into());
    let unauthenticated = CloseCode::new(4401).unwrap();
    assert_eq!(manager.close_principal("ada", unauthenticated, "logged out"), 3);
    for ada in &mut adas {
        assert_eq!(ada.next().await, Seen::Close(4401, "logged out".into()));
    }
    assert_eq!(Peer::ask(address, "/news?token=ada-1", "").await.1.status, 401);
    grace.text(r#"{"kind":"say","text":"still here"}"#).await;
    assert_eq!(grace.next().await, Seen::Text(r#"{"kind":"say","text":"still here"}"#.into()));
}

/// A token by each of its ways, and in no log by any of them.
#[tokio::test]
async fn owasp_11_tokens_are_redacted() {
    let capturing = capture::start();
    let address = listen(room(Settings::server()).into_router()).await;
    let ways = [
        ("/news?token=ada-S3CR3T", ""),
        ("/news", "Authorization: Bearer ada-S3CR3T\r\n"),
        // What a browser can send, `ada-S3CR3T` in base64.
        ("/news", "Sec-WebSocket-Protocol: mandovi.plain, mandovi.bearer.YWRhLVMzQ1IzVA\r\n"),
    ];
    for (path, headers) in ways {
        let mut peer = Peer::open(address, path, headers).await;
        let Seen::Text(text) = peer.next().await else { panic!() };
        assert!(text.contains("ada-S3CR3T"), "{text}");
    }
    for (path, headers) in [("/news?token=S3CR3T", ""), ("/news", "Authorization: Bearer S3CR3T\r\n")] {
        let (_, answer) = Peer::ask(address, path, headers).await;
        assert_eq!(answer.status, 401);
        assert!(!format!("{answer:?}").contains("S3CR3T"), "{answer:?}");
    }
    assert_eq!(capturing.captured.until("authentication failed").await.len(), 2);
    assert_eq!(capturing.captured.with(" message=connected").len(), 3);
    for mark in ["S3CR3T", "YWRhLVMzQ1IzVA"] {
        assert_eq!(capturing.captured.with(mark), [""; 0]);
    }
}

/// A stream that lasts longer than any token goes on with the next.
#[tokio::test]
async fn owasp_12_tokens_rotate_on_long_connections() {
    testing::pause();
    let accounts = Accounts { good_for: Some(HOUR), ..Accounts::default() };
    let asked = Arc::new(AtomicUsize::new(0));
    let provider = move || {
        let token = format!("ada-{}", asked.fetch_add(1, Ordering::SeqCst));
        async move { Ok(token) }
    };
    let server = InMemory::from(room_of(&Hall::default(), &accounts));
    let client = RoomClient::in_memory(server).token(provider).retry(Retry::default()).build().unwrap();
    let mut news = client.news().await.unwrap();
    for n in 0..4 {
        assert_eq!(within_a_day(news.recv()).await.unwrap().unwrap().text, format!("ada-{n}"));
    }
}

/// Only `root` may erase, whoever may talk.
struct Rights;

impl Interceptor for Rights {
    async fn received(&self, call: &CallInfo, message: &mut InFlight<'_>) -> Result<(), StreamError> {
        let may = call.principal::<Caller>().is_some_and(|caller| caller.name == "root");
        match message.get::<Line>() {
            Some(line) if line.kind == Kind::Erase && !may => {
                Err(Refused::new(403, "forbidden", "only root may erase").into())
            }
            _ => Ok(()),
        }
    }
}

/// What a caller may do is asked for each message, with the caller that the handshake has proved.
#[tokio::test]
async fn owasp_13_authorisation_per_message() {
    let server = InMemory::from(room_of(&Hall::default(), &Accounts::default()).intercept(Rights));
    for (token, answer) in [("ada-1", "only root may erase"), ("root-1", "the wall")] {
        let client = RoomClient::in_memory(server.clone()).token(token).build().unwrap();
        let (tx, mut rx) = client.talk().await.unwrap();
        tx.send(say("hello")).await.unwrap();
        assert_eq!(rx.recv().await.unwrap().unwrap().text, "hello");
        tx.send(Line { kind: Kind::Erase, text: "the wall".into() }).await.unwrap();
        let told = soon(rx.recv()).await.unwrap().unwrap().text;
        assert!(told.contains(answer), "{told}");
        // The stream goes on.
        tx.send(say("again")).await.unwrap();
        assert_eq!(rx.recv().await.unwrap().unwrap().text, "again");
    }
}

/// Every way around a credential that there may be; the method behind it never runs.
#[tokio::test]
async fn owasp_27_authentication_is_not_bypassed() {
    let hall = Hall::default();
    let address = listen(room_of(&hall, &Accounts::default()).into_router()).await;
    let own = format!("Origin: http://{address}\r\n");
    for (path, headers) in [
        ("/talk", ""),
        ("/talk?token=", ""),
        ("/talk?token=null", ""),
        ("/talk?Token=ada-1", ""),
        ("/talk?token=x&token=ada-1", ""),
        ("/talk?session=ada-1", ""),
        ("/talk", "Authorization: Basic YWRhLTE6\r\n"),
        ("/talk", "Authorization: Bearer\r\n"),
        ("/talk", "Authorization: Bearer x\r\nAuthorization: Bearer ada-1\r\n"),
        ("/talk", "Cookie: token=ada-1; sid=ada-1\r\n"),
        ("/talk", "X-Forwarded-User: ada\r\nX-Original-URL: /echo\r\n"),
        ("/talk/", ""),
        ("//talk", ""),
        ("/TALK", ""),
        ("/echo/../talk", ""),
        ("/echo/%2e%2e/talk", ""),
        ("/talk;x", ""),
        ("/talk%00", ""),
    ] {
        let (_, answer) = Peer::ask(address, path, &format!("{headers}{own}")).await;
        assert!(matches!(answer.status, 400 | 401 | 403 | 404), "{path} {headers}: {answer:?}");
    }
    // Nor by another transport, or another verb.
    for head in [
        "GET /news HTTP/1.1\r\nAccept: text/event-stream\r\n",
        "GET /talk HTTP/1.1\r\n",
        "HEAD /talk HTTP/1.1\r\n",
        "POST /talk HTTP/1.1\r\nX-HTTP-Method-Override: GET\r\nContent-Length: 0\r\n",
    ] {
        let (_, answer) = Peer::exchange(address, &format!("{head}Host: {address}\r\nConnection: close\r\n\r\n")).await;
        assert!((400..500).contains(&answer.status), "{head}: {answer:?}");
    }
    assert_eq!(Peer::ask(address, "/talk?token=ada-1", "").await.1.status, 101);
}
