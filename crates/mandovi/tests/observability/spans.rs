//! Spans of calls, and what is logged of connections.

use mandovi::testing::InMemory;

use crate::board::{self, BoardClient, Wall};
use crate::capture;
use crate::raw::Raw;

const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

#[tokio::test]
async fn a_stream_has_one_span_from_its_request_to_its_end() {
    let capturing = capture::start();
    let wall = Wall::default();
    let server = InMemory::from(board::server(&wall).into_service());
    let client = BoardClient::in_memory(server.clone()).header("traceparent", PARENT).build().unwrap();
    let (tx, mut rx) = client.echo().await.unwrap();
    tx.send("hello").await.unwrap();
    assert_eq!(rx.recv().await.unwrap().as_deref(), Some("hello"));
    let entered = capturing.captured.entered();
    assert!(entered > 0, "the handler runs in it");
    tx.finish().unwrap();
    assert_eq!(rx.recv().await.unwrap(), None);
    server.closed().await;
    let captured = &capturing.captured;
    let spans = captured.with("CLOSE mandovi::connection mandovi.call otel.kind=server");
    let [span] = &spans[..] else { panic!("{spans:#?}") };
    for field in [
        " otel.kind=server",
        " otel.name=Board/echo",
        " service=Board",
        " method=echo",
        " transport=websocket",
        " trace_id=4bf92f3577b34da6a3ce929d0e0e4736",
        " parent_span_id=00f067aa0ba902b7",
        " code=1000",
    ] {
        assert!(span.contains(field), "{field}: {span}");
    }
    assert!(!span.contains("status_code"), "{span}");
    let connected = captured.with(" message=connected");
    assert!(connected[0].starts_with("INFO mandovi::connection "), "{connected:#?}");
    assert!(connected[0].contains(" service=Board method=echo "), "{connected:#?}");
    assert!(connected[0].ends_with(" in=mandovi.call"), "{connected:#?}");
    assert!(connected[1].starts_with("DEBUG mandovi::connection "), "the client's: {connected:#?}");
    let ended = captured.with(" message=disconnected");
    assert!(ended[0].starts_with("INFO mandovi::connection "), "{ended:#?}");
    for field in [" code=1000", " initiator=local", " duration_ms=", " bytes_received=", " bytes_sent="] {
        assert!(ended[0].contains(field), "{field}: {ended:#?}");
    }
}

#[tokio::test]
async fn who_comes_from_where_and_how_it_ended_is_logged() {
    let capturing = capture::start();
    let captured = &capturing.captured;
    let wall = Wall::default();
    let address = board::listen(&wall).await;
    let origin = format!("http://{address}");

    let (mut peer, status) = Raw::open(address, "/echo", &[("Origin", &origin)]).await;
    assert_eq!(status, 101);
    peer.bytes(b"\x81\x05hello").await;
    peer.rest().await;
    drop(peer);
    let violation = captured.until(" message=closed for a violation").await;
    assert!(violation[0].starts_with("WARN "), "{violation:#?}");
    assert!(violation[0].contains(" code=1002 initiator=local"), "{violation:#?}");
    let connected = captured.with(" message=connected");
    assert!(connected[0].contains(&format!(" origin={origin}")), "{connected:#?}");
    assert!(connected[0].contains(" peer=127.0.0.1:"), "{connected:#?}");

    let (peer, _) = Raw::open(address, "/echo", &[]).await;
    wall.running(1).await;
    drop(peer);
    let cut = captured.until(" message=disconnected without a close frame").await;
    assert!(cut[0].contains(" code=1006 initiator=peer "), "{cut:#?}");

    for (path, headers, status, text) in [
        ("/echo", &[("Origin", "https://evil.example")][..], 403, "WARN mandovi::connection"),
        ("/wait", &[("Authorization", "Bearer bad")][..], 401, "WARN mandovi::connection"),
        ("/boards/full/join", &[][..], 409, "INFO mandovi::connection"),
    ] {
        let before = captured.lines().len();
        assert_eq!(Raw::open(address, path, headers).await.1, status, "{path}");
        let lines = captured.lines();
        let told: Vec<_> = lines[before..].iter().filter(|line| line.contains(&format!(" status={status} "))).collect();
        assert!(told.iter().any(|line| line.starts_with(text)), "{path}: {told:#?}");
        assert!(told.iter().any(|line| line.contains(" peer=127.0.0.1:")), "{path}: {told:#?}");
    }
    assert_eq!(captured.with(" message=authentication failed").len(), 1);
    let forbidden = captured.with(" message=a call was forbidden");
    assert!(forbidden[0].contains(" origin=https://evil.example"), "{forbidden:#?}");
    // What has not the form of an origin is not logged.
    Raw::open(address, "/echo", &[("Origin", "https://x\" injected=\"yes")]).await;
    assert!(captured.with("injected").is_empty());
}

#[tokio::test]
async fn a_principal_is_named_only_where_that_is_wanted() {
    use mandovi::server::Options;
    for wanted in [false, true] {
        let capturing = capture::start();
        let options = Options::default().log_principals(wanted);
        let server = InMemory::from(board::server(&Wall::default()).options(options).into_service());
        let client = BoardClient::in_memory(server.clone()).basic("countess", "rocks").build().unwrap();
        assert_eq!(client.whoami().await.unwrap(), "countess");
        assert_eq!(!capturing.captured.with("principal=countess").is_empty(), wanted);
        assert_eq!(!capturing.captured.with("countess").is_empty(), wanted);
    }
}

#[tokio::test]
async fn a_parent_that_is_none_is_not_followed() {
    let capturing = capture::start();
    let server = InMemory::from(board::server(&Wall::default()).into_service());
    for parent in ["00-xyz", "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"] {
        let client = BoardClient::in_memory(server.clone()).header("traceparent", parent).build().unwrap();
        client.touch().await.unwrap();
    }
    assert_eq!(capturing.captured.with("CLOSE mandovi::connection mandovi.call otel.kind=server").len(), 2);
    assert!(capturing.captured.with("trace_id=").is_empty());
}
