//! WebSockets over HTTP/2 (RFC 8441) on the port of HTTP/1.1, seen by a client that is none of ours.

pub mod peer;

use std::net::SocketAddr;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::routing::{any, get};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use h2::Reason;
use h2::ext::Protocol;
use http::{Method, Response};
use mandovi::prelude::*;
use mandovi::server::Options;
use mandovi_websocket::Opcode;

use self::peer::{Client, Seen, Stream, close, connect, request, text};
use crate::board::{BoardClient, Wall, listen, server};

const DONE: &str = "server closing connection";

async fn echo(mut input: Receiver<Message>, output: Sender<Message>) -> Outcome<()> {
    while let Some(message) = input.recv_ref().await? {
        output.send(message).await?;
    }
    Ok(())
}

/// Takes nothing from its peer.
async fn deaf(input: Receiver<Message>, output: Sender<Message>) -> Outcome<()> {
    output.send(&Message::text("deaf")).await?;
    let _input = input;
    std::future::pending().await
}

async fn panics(mut input: Receiver<Message>, _output: Sender<Message>) -> Outcome<()> {
    let _ = input.recv().await;
    panic!("on purpose")
}

fn raw() -> Router {
    let large = Options::default().settings(mandovi::Settings::server().max_message_size(2 << 20));
    Router::new()
        .route("/pipe", get(mandovi::websocket(echo).options(large)))
        .route("/deaf", get(mandovi::websocket(deaf)))
        .route("/panics", get(mandovi::websocket(panics)))
        .route("/page", get(|| async { "a page" }))
        .layer(from_fn(told))
}

/// A layer, which sees a `GET` whatever the version.
async fn told(request: Request, next: Next) -> Response<axum::body::Body> {
    let (method, version) = (request.method().clone(), request.version());
    let mut response = next.run(request).await;
    response.headers_mut().insert("x-seen", format!("{method} {version:?}").parse().unwrap());
    response
}

async fn bind() -> (tokio::net::TcpListener, SocketAddr) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

async fn serve(router: Router) -> SocketAddr {
    let (listener, address) = bind().await;
    tokio::spawn(mandovi::serve(listener, router).into_future());
    address
}

/// The refusal of a request: its status, headers, and body as JSON (or nothing).
async fn refused((response, stream): (Response<()>, Stream)) -> (u16, http::HeaderMap, serde_json::Value) {
    let body = stream.body().await;
    let json = if body.is_empty() { serde_json::Value::Null } else { serde_json::from_str(&body).unwrap() };
    (response.status().as_u16(), response.headers().clone(), json)
}

#[tokio::test]
async fn a_method_of_a_service() {
    let wall = Wall::default();
    let mut client = Client::tcp(listen(&wall).await).await;
    let (response, mut stream) = client.connect("/echo", &[]).await;
    assert_eq!(response.status(), 200);
    for name in ["upgrade", "connection", "sec-websocket-accept", "sec-websocket-protocol", "content-length"] {
        assert!(!response.headers().contains_key(name), "{name}");
    }
    for line in ["hello", "é 漢 😀", ""] {
        stream.text(&serde_json::to_string(line).unwrap());
        assert_eq!(stream.next().await, text(&serde_json::to_string(line).unwrap()));
    }
    stream.send_frame(Opcode::Ping, b"are you there");
    assert_eq!(stream.next().await, Seen::Pong(b"are you there".to_vec()));
    // The end of its input, then the server's close, our part of it, and END_STREAM.
    stream.text("null");
    assert_eq!(stream.next().await, close(1000, DONE));
    stream.close(1000, "");
    assert_eq!(stream.next().await, Seen::End);
    wall.running(0).await;
}

/// HTTP/1.1 and HTTP/2 on one port, with parameters, a view, a credential and a plain call.
#[tokio::test]
async fn the_same_port_speaks_both() {
    let address = listen(&Wall::default()).await;
    let typed = BoardClient::builder(format!("ws://{address}")).token("ada").build().unwrap();
    let (tx, mut rx) = typed.echo().await.unwrap();
    let mut client = Client::tcp(address).await;
    tx.send("one").await.unwrap();
    assert_eq!(rx.recv().await.unwrap(), Some("one".into()));

    let (response, mut notes) = client.connect("/notes?view=tiny", &[]).await;
    assert_eq!(response.headers()["goa-view"], "tiny");
    assert_eq!(notes.next().await, text(r#"{"text":"first"}"#));
    assert_eq!(notes.next().await, text(r#"{"text":"second"}"#));
    assert_eq!(notes.next().await, close(1000, DONE));

    let (response, mut wait) = client.connect("/wait", &[("authorization", "Bearer ada")]).await;
    assert_eq!(response.status(), 200);
    assert_eq!(wait.next().await, text(r#""ada""#));

    let (response, sum) = client.request(request(Method::GET, "/boards/x/sum?a=1&b=2")).await.unwrap();
    assert_eq!((response.status().as_u16(), sum.body().await.as_str()), (200, "103\n"));
}

#[tokio::test]
async fn a_raw_websocket_on_a_get_route() {
    let mut client = Client::tcp(serve(raw()).await).await;
    let (response, mut stream) = client.connect("/pipe", &[]).await;
    assert_eq!(response.headers()["x-seen"], "GET HTTP/2.0");
    stream.send_frame(Opcode::Binary, b"\xff\0");
    assert_eq!(stream.next().await, Seen::Binary(b"\xff\0".to_vec()));
    // More than any window: through flow control both ways.
    let large: Vec<u8> = (0..1_500_000u32).map(|n| n as u8).collect();
    stream.send_frame(Opcode::Binary, &large);
    assert!(stream.next().await == Seen::Binary(large), "it comes back as it was");
    stream.close(4000, "enough");
    assert_eq!(stream.next().await, close(4000, ""));
    assert_eq!(stream.next().await, Seen::End);
}

#[tokio::test]
async fn messages_are_compressed_where_both_want_it() {
    let settings = mandovi::Settings::server().compression(mandovi::Compression::new());
    let options = Options::default().settings(settings);
    let router = Router::new().route("/pipe", get(mandovi::websocket(echo).options(options)));
    let mut client = Client::tcp(serve(router).await).await;
    let (response, mut stream) = client.connect("/pipe", &[("sec-websocket-extensions", "permessage-deflate")]).await;
    let agreed = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
    assert_eq!(response.headers()["sec-websocket-extensions"], agreed);
    // RFC 7692 §7.2.3.1: "Hello", compressed, masked with zeroes; too short for an answer that is.
    stream.send_bytes(&b"\xc1\x87\0\0\0\0\xf2\x48\xcd\xc9\xc9\x07\0"[..]);
    assert_eq!(stream.next().await, text("Hello"));
    stream.text(&"again ".repeat(200));
    let Seen::Compressed(compressed) = stream.next().await else { panic!("no compressed message") };
    assert!(compressed.len() < 100, "{} bytes", compressed.len());
}

/// RFC 8441 §5: "using the HTTP/2 stream [...] as if it were the TCP connection": masks and limits are those of RFC 6455.
#[tokio::test]
async fn the_rules_of_frames_are_the_same() {
    let mut client = Client::tcp(listen(&Wall::default()).await).await;
    let mut stream = client.open("/echo").await;
    stream.send_frame_masked(Opcode::Text, None, b"\"x\"");
    assert!(matches!(stream.next().await, Seen::Close(1002, _)));
    let mut stream = client.open("/echo").await;
    stream.send_frame(Opcode::Text, &vec![b'x'; 64 * 1024 + 1]);
    assert!(matches!(stream.next().await, Seen::Close(1009, _)));
    let mut stream = client.open("/echo").await;
    stream.text("{");
    assert!(matches!(stream.next().await, Seen::Close(1007, _)));
}

#[tokio::test]
async fn subprotocols_are_chosen_and_credentials_not_echoed() {
    let mut client = Client::tcp(listen(&Wall::default()).await).await;
    let bearer = format!("mandovi.bearer.{}", URL_SAFE_NO_PAD.encode("ada"));
    for (offer, selected) in
        [("mandovi.plain".to_owned(), true), (format!("{bearer}, mandovi.plain"), true), ("x, y".to_owned(), false)]
    {
        let path = if selected { "/wait" } else { "/echo" };
        let headers = [("sec-websocket-protocol", offer.as_str()), ("authorization", "Bearer ada")];
        // In one header or two.
        let headers = if offer.contains(&bearer) { &headers[..1] } else { &headers };
        let (response, _stream) = client.connect(path, headers).await;
        let answered = response.headers().get("sec-websocket-protocol");
        assert_eq!((response.status().as_u16(), answered.is_some()), (200, selected), "{offer}");
        assert!(answered.is_none_or(|answered| answered == "mandovi.plain"));
    }
    let two = [("sec-websocket-protocol", "mandovi.plain"), ("sec-websocket-protocol", bearer.as_str())];
    assert_eq!(client.connect("/wait", &two).await.0.status(), 200);
}

/// The order of `docs/wire.md`; what is a 426 over HTTP/1.1 is a 400.
#[tokio::test]
async fn refusals_are_ordinary_answers() {
    let mut client = Client::tcp(listen(&Wall::default()).await).await;
    let evil = ("origin", "https://evil.example");
    let no_version = |path: &str, more: &[(&str, &str)]| {
        let mut request = connect(path, more);
        request.headers_mut().remove("sec-websocket-version");
        request
    };
    let old = |path: &str| {
        let mut request = connect(path, &[]);
        request.headers_mut().insert("sec-websocket-version", "8".parse().unwrap());
        request
    };
    let other = |path: &str| {
        let mut request = connect(path, &[]);
        request.extensions_mut().insert(Protocol::from_static("connect-udp"));
        request
    };
    let bearer = |token: &'static str| connect("/wait", &[("authorization", token)]);
    for (what, request, status, name) in [
        ("no route", connect("/nowhere", &[]), 404, None),
        ("another verb", request(Method::POST, "/echo"), 405, None),
        ("a method that is no stream", connect("/whoami", &[]), 405, None),
        ("a method that is no stream, not of GET", connect("/touch", &[]), 405, None),
        ("a foreign origin before the version", no_version("/echo", &[evil]), 403, Some("forbidden_origin")),
        ("no version", no_version("/echo", &[]), 400, Some("upgrade_required")),
        ("another version", old("/echo"), 400, Some("upgrade_required")),
        ("no CONNECT", request(Method::GET, "/echo"), 400, Some("upgrade_required")),
        ("another protocol", other("/echo"), 501, Some("not_implemented")),
        ("another protocol, no stream", other("/whoami"), 405, None),
        ("a bad offer", connect("/echo", &[("sec-websocket-protocol", "a, a")]), 400, Some("invalid_handshake")),
        ("no credential", connect("/wait", &[]), 400, Some("missing_field")),
        ("a bad parameter", connect("/countdown?from=x", &[]), 400, Some("invalid_field_type")),
    ] {
        let (answered, headers, body) = refused(client.request(request).await.unwrap()).await;
        assert_eq!(answered, status, "{what}: {body}");
        assert_eq!(body["name"].as_str(), name, "{what}: {body}");
        assert_eq!(headers.contains_key("allow"), status == 405, "{what}");
        assert_eq!(headers.contains_key("sec-websocket-version"), name == Some("upgrade_required"), "{what}");
        assert!(!headers.contains_key("upgrade"), "{what}");
    }
    for (request, status, name, body) in [
        (bearer("Bearer bad"), 401, "unauthorized", "invalid token"),
        (bearer("Bearer no-one"), 403, "forbidden", "missing scopes: read"),
        (connect("/boards/full/join", &[]), 409, "full", ""),
        (connect("/boards/busy/join", &[]), 429, "slow_down", ""),
    ] {
        let (answered, headers, told) = refused(client.request(request).await.unwrap()).await;
        assert_eq!((answered, headers["goa-error"].to_str().unwrap()), (status, name), "{told}");
        assert!(body.is_empty() || told == body, "{told}");
    }
    // None of it has harmed the connection.
    let mut stream = client.open("/boards/x/join").await;
    assert_eq!(stream.next().await, text(r#""welcome to x""#));
}

/// The same request over both versions is refused with the same status and body, but where there is no 426.
#[tokio::test]
async fn both_versions_refuse_alike() {
    let address = listen(&Wall::default()).await;
    let mut client = Client::tcp(address).await;
    for (path, name, value) in [
        ("/nowhere", "x-a", "b"),
        ("/echo", "origin", "null"),
        ("/echo", "sec-websocket-protocol", "mandovi.bearer.YQ"),
        ("/echo", "sec-websocket-protocol", "mandovi.plain, mandovi.bearer.*"),
        ("/countdown", "x-a", "b"),
        ("/wait", "authorization", "Bearer bad"),
        ("/wait", "authorization", "Bearer no-one"),
        ("/boards/nowhere/join", "x-a", "b"),
        ("/boards/full/join", "x-a", "b"),
        ("/boards/panics/join", "x-a", "b"),
    ] {
        let one = crate::refusals::upgrade(address, path, &format!("{name}: {value}\r\n")).await;
        let (head, body) = one.split_once("\r\n\r\n").unwrap();
        let (response, stream) = client.connect(path, &[(name, value)]).await;
        assert!(head.starts_with(&format!("HTTP/1.1 {} ", response.status().as_u16())), "{path} {value}: {head}");
        let steady = |body: &str| {
            let mut body: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
            if let Some(id) = body.get_mut("id") {
                *id = "new each time".into();
            }
            body
        };
        assert_eq!(steady(&stream.body().await), steady(body), "{path}");
    }
}

#[tokio::test]
async fn a_refusal_as_a_close_code() {
    let wall = Wall::default();
    let mut client = Client::tcp(listen(&wall).await).await;
    let offer = [("sec-websocket-protocol", "mandovi.plain, mandovi.refuse")];
    for (path, code, reason) in [
        ("/wait", 4400, r#"{"name":"missing_field","message":"\"token\" is missing from header"}"#),
        ("/boards/full/join", 4409, r#"{"name":"full","body":{"notes":7}}"#),
    ] {
        let (response, mut stream) = client.connect(path, &offer).await;
        assert_eq!(
            (response.status().as_u16(), &response.headers()["sec-websocket-protocol"]),
            (200, &"mandovi.plain".parse().unwrap())
        );
        assert_eq!(stream.next().await, close(code, reason));
        stream.close(1000, "");
        assert_eq!(stream.next().await, Seen::End);
    }
    wall.running(0).await;
}

/// A 2xx would tell the client that its tunnel is open.
#[tokio::test]
async fn a_route_that_is_no_websocket_opens_no_tunnel() {
    let mut client = Client::tcp(serve(raw()).await).await;
    let (status, headers, body) = refused(client.connect("/page", &[]).await).await;
    assert_eq!((status, &headers["allow"], body), (405, &"GET".parse().unwrap(), serde_json::Value::Null));
    let (response, stream) = client.request(request(Method::GET, "/page")).await.unwrap();
    assert_eq!((response.status().as_u16(), stream.body().await.as_str()), (200, "a page"));
    // A tunnel to somewhere else.
    let plain = http::Request::connect("example.com:443").body(()).unwrap();
    let status = client.request(plain).await.unwrap().0.status();
    assert!(status.is_client_error(), "{status}");
}

/// Under `axum::serve` the method stays a `CONNECT`.
#[tokio::test]
async fn axums_own_server_serves_them_too() {
    let (listener, address) = bind().await;
    let app = server(&Wall::default()).into_router().route("/pipe", any(mandovi::websocket(echo)));
    tokio::spawn(axum::serve(listener, app).into_future());
    let mut client = Client::tcp(address).await;
    let mut typed = client.open("/echo").await;
    typed.text("\"x\"");
    assert_eq!(typed.next().await, text("\"x\""));
    let mut pipe = client.open("/pipe").await;
    pipe.text("x");
    assert_eq!(pipe.next().await, text("x"));
    assert_eq!(refused(client.connect("/whoami", &[]).await).await.0, 405);
    assert_eq!(refused(client.request(request(Method::POST, "/pipe")).await.unwrap()).await.0, 405);
    let (status, _, body) = refused(client.request(request(Method::GET, "/pipe")).await.unwrap()).await;
    assert_eq!((status, body["name"].as_str()), (400, Some("upgrade_required")));
}

/// Another `:protocol` stays a `CONNECT`, for whoever has a route for it.
#[tokio::test]
async fn another_protocol_is_not_touched() {
    let app = raw()
        .route("/any", any(mandovi::websocket(echo)))
        .route("/udp", axum::routing::connect(|| async { http::StatusCode::OK }));
    let mut client = Client::tcp(serve(app).await).await;
    for (path, status) in [("/pipe", 405), ("/any", 501), ("/udp", 200)] {
        let mut request = connect(path, &[]);
        request.extensions_mut().insert(Protocol::from_static("connect-udp"));
        assert_eq!(client.request(request).await.unwrap().0.status(), status, "{path}");
    }
    assert_eq!(client.connect("/any", &[]).await.0.status(), 200);
}

#[tokio::test]
async fn a_connection_has_256_streams_at_once() {
    let address = listen(&Wall::default()).await;
    let mut client = Client::tcp(address).await;
    let mut streams = Vec::new();
    for _ in 0..256 {
        streams.push(client.open("/echo").await);
    }
    let mut first = streams.swap_remove(0);
    let mut one_more = std::pin::pin!(client.open("/echo"));
    tokio::select! {
        _ = &mut one_more => panic!("there is no place"),
        seen = async { first.text("\"x\""); first.next().await } => assert_eq!(seen, text("\"x\"")),
    }
    first.text("null");
    assert_eq!(first.next().await, close(1000, DONE));
    first.close(1000, "");
    let mut one_more = one_more.await;
    one_more.text("\"y\"");
    assert_eq!(one_more.next().await, text("\"y\""));
}

/// A handler that reads nothing has a full window; one that panics, and peers that reset or leave, end nothing but their own streams.
#[tokio::test]
async fn the_streams_of_a_connection_do_not_harm_each_other() {
    let address = serve(raw()).await;
    let mut client = Client::tcp(address).await;
    let mut calm = client.open("/pipe").await;
    let mut floods = Vec::new();
    for _ in 0..20 {
        let mut flood = client.open("/deaf").await;
        assert_eq!(flood.next().await, text("deaf"));
        for _ in 0..100 {
            flood.send_frame(Opcode::Binary, &[0; 10_000]);
        }
        floods.push(flood);
    }
    let mut broken = client.open("/panics").await;
    broken.text("now");
    assert!(matches!(broken.next().await, Seen::Close(1011, _)));
    client.open("/pipe").await.reset(Reason::CANCEL);
    client.open("/pipe").await.reset(Reason::PROTOCOL_ERROR);
    let mut half = client.open("/pipe").await;
    half.send_bytes(&b"\x81\xfe\x10"[..]);
    half.end();
    drop(client.open("/pipe").await);
    let echoed = async {
        for n in 0..100 {
            calm.text(&n.to_string());
            assert_eq!(calm.next().await, text(&n.to_string()));
        }
    };
    tokio::time::timeout(Duration::from_secs(30), echoed).await.expect("it waits for nobody");
    calm.close(1000, "");
    assert_eq!(calm.next().await, close(1000, ""));
    assert_eq!(calm.next().await, Seen::End);
}

/// Small messages in DATA frames of their own wait for handlers that do not read: that is no attack, and the connection goes on.
#[tokio::test]
async fn small_messages_that_are_not_read_do_not_end_the_connection() {
    let address = serve(raw()).await;
    let mut client = Client::tcp(address).await;
    let mut calm = client.open("/pipe").await;
    let mut floods = Vec::new();
    for _ in 0..100 {
        let mut flood = client.open("/deaf").await;
        // What the connection of the WebSocket takes ahead, and then the window of the stream.
        for _ in 0..2 {
            flood.send_frame(Opcode::Binary, &[0; 60_000]);
        }
        for _ in 0..1500 {
            flood.send_frame(Opcode::Binary, &[0; 26]);
        }
        floods.push(flood);
    }
    for n in 0..100 {
        calm.text(&n.to_string());
        assert_eq!(calm.next().await, text(&n.to_string()));
    }
    for mut flood in floods {
        assert_eq!(flood.next().await, text("deaf"));
    }
}

/// END_STREAM without a close frame, RST_STREAM, and the end of TCP: abnormal, and nothing is left of the stream.
#[tokio::test]
async fn an_abnormal_end_reaches_the_handler() {
    let wall = Wall::default();
    let address = listen(&wall).await;
    let mut client = Client::tcp(address).await;
    let mut ended = client.open("/listen").await;
    let reset = client.open("/listen").await;
    let dropped = client.open("/listen").await;
    let mut other = Client::tcp(address).await;
    let cut = other.open("/listen").await;
    wall.running(4).await;
    ended.text("\"heard\"");
    ended.end();
    assert!(matches!(ended.next().await, Seen::End | Seen::Reset(Reason::NO_ERROR)));
    wall.running(3).await;
    assert_eq!(*wall.heard.lock().unwrap(), ["heard"], "what was read before the end is delivered");
    reset.reset(Reason::CANCEL);
    wall.running(2).await;
    drop(dropped);
    wall.running(1).await;
    other.cut();
    wall.running(0).await;
    drop(cut);
}

/// A client that leaves before its answer takes its call along.
#[tokio::test]
async fn a_reset_cancels_a_call_that_is_undecided() {
    let wall = Wall::default();
    let mut client = Client::tcp(listen(&wall).await).await;
    let call = client.request(connect("/boards/undecided/join", &[]));
    tokio::select! {
        _ = call => panic!("it is never decided"),
        () = wall.running(1) => {}
    }
    wall.running(0).await;
    assert_eq!(client.connect("/echo", &[]).await.0.status(), 200);
}

#[tokio::test]
async fn a_shutdown_tells_every_stream_and_then_the_connection() {
    let wall = Wall::default();
    let (listener, address) = bind().await;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serve = mandovi::serve(listener, server(&wall).into_router())
        .drain_deadline(Duration::ZERO)
        .with_graceful_shutdown(async {
            let _ = stopped.await;
        });
    let served = tokio::spawn(serve.into_future());
    let mut client = Client::tcp(address).await;
    let (mut first, mut second) = (client.open("/echo").await, client.open("/echo").await);
    let idle = Client::tcp(address).await;
    first.text("\"x\"");
    assert_eq!(first.next().await, text("\"x\""));
    stop.send(()).unwrap();
    for stream in [&mut first, &mut second] {
        assert_eq!(stream.next().await, close(1001, "server shutting down"));
        stream.close(1001, "");
        assert_eq!(stream.next().await, Seen::End);
    }
    // GOAWAY without an error, and the end.
    client.ended().await.unwrap();
    idle.ended().await.unwrap();
    let report = served.await.unwrap().unwrap();
    assert_eq!((report.closed_at_deadline, report.total()), (2, 2), "{report}");
    wall.running(0).await;
}

/// On an open connection, while the handlers have their notice.
#[tokio::test]
async fn a_draining_server_refuses_new_streams_with_503() {
    let wall = Wall::default();
    let (listener, address) = bind().await;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serve = mandovi::serve(listener, server(&wall).into_router())
        .drain_notice(Duration::from_secs(60))
        .with_graceful_shutdown(async {
            let _ = stopped.await;
        });
    let served = tokio::spawn(serve.into_future());
    let mut client = Client::tcp(address).await;
    let (_, mut wait) = client.connect("/wait", &[("authorization", "Bearer ada")]).await;
    assert_eq!(wait.next().await, text(r#""ada""#));
    stop.send(()).unwrap();
    assert_eq!(wait.next().await, text(r#""draining""#));
    let (status, headers, _) = refused(client.connect("/echo", &[]).await).await;
    assert_eq!((status, &headers["retry-after"]), (503, &"1".parse().unwrap()));
    // The last one leaves, and the notice is over at once.
    wait.close(1000, "");
    served.await.unwrap().unwrap();
}
