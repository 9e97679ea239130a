//! The close handshake, its deadline, and closes that are asked for from outside.

use std::sync::Arc;
use std::time::Duration;

use mandovi_websocket::{CloseCode, Opcode, frame};
use tokio::io::AsyncWriteExt as _;
use tokio::time::Instant;

use super::peer::{Peer, Seen, echo, halves, pipe, serve, serve_output, text};
use crate::connection::{Conclusion, Io, Pump, Settings, Shared, run_with};
use crate::stream::{Message, Receiver, Sender};

#[tokio::test]
async fn what_was_sent_goes_before_the_close_frame() {
    let (mut peer, _task) = serve_output(Settings::server(), |output: Sender<Message>| async move {
        for _ in 0..10 {
            output.send(Message::binary(vec![0; 60_000])).await?;
        }
        Ok(())
    });
    for _ in 0..10 {
        assert_eq!(peer.recv().await, Seen::Binary(60_000));
    }
    assert_eq!(peer.recv().await, Seen::Close(1000, "server closing connection".into()));
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_never_answers_the_close_is_not_waited_for() {
    let settings = Settings::server().close_timeout(Duration::from_secs(4));
    let (mut peer, task) = serve_output(settings, |_output: Sender<String>| async move { Ok(()) });
    assert!(matches!(peer.recv().await, Seen::Close(1000, _)));
    let started = tokio::time::Instant::now();
    task.await.expect("no panic");
    assert_eq!(started.elapsed().as_secs(), 4);
}

/// A Goa client says `null` and drops the connection at once: nothing to complain about.
#[tokio::test]
async fn null_and_a_dropped_connection_is_a_proper_end() {
    let (mut peer, task) =
        serve(Settings::server(), |mut input: Receiver<String>, output: Sender<String>| async move {
            drop(output);
            assert_eq!(input.recv().await?, Some("last".to_owned()));
            assert_eq!(input.recv().await?, None);
            assert_eq!(input.recv().await?, None, "and it stays so");
            Ok(())
        });
    peer.send("\"last\"\n").await;
    peer.send("null\n").await;
    drop(peer);
    task.await.expect("no panic");
}

/// Half-close: the server goes on sending after the client's end.
#[tokio::test]
async fn a_client_that_ended_its_stream_still_receives() {
    let (mut peer, _task) = serve(Settings::server(), |mut input: Receiver<u32>, output: Sender<u32>| async move {
        let mut sum = 0;
        while let Some(n) = input.recv().await? {
            sum += n;
        }
        output.send(sum).await?;
        Ok(())
    });
    for message in ["1", "2", "3", "null"] {
        peer.send(message).await;
    }
    assert_eq!(peer.recv().await, text("6"));
    assert_eq!(peer.recv().await, Seen::Close(1000, "server closing connection".into()));
}

/// What a raw client ends with is its close frame.
#[tokio::test]
async fn a_raw_stream_ends_with_the_close_frame() {
    let (mut peer, task) =
        serve(Settings::server(), |mut input: Receiver<Message>, _output: Sender<Message>| async move {
            assert_eq!(input.recv().await?, Some(Message::text("null")), "no meaning on a raw stream");
            assert_eq!(input.recv().await?, None);
            Ok(())
        });
    peer.send("null").await;
    peer.close(1000, "").await;
    assert_eq!(peer.recv().await, Seen::Close(1000, String::new()));
    task.await.expect("no panic");
}

#[tokio::test]
async fn a_close_asked_for_from_outside_goes_behind_what_was_sent() {
    let (mut peer, shared, pump) = pipe(Settings::server(), 1024);
    let (input, output) = halves::<String, String>(&shared);
    let task = tokio::spawn(run_with(pump, Arc::clone(&shared), async move {
        let _ = echo(input, output).await;
        Conclusion::Silent
    }));
    peer.send("\"hello\"").await;
    assert_eq!(peer.recv().await, text("\"hello\""));
    shared.request_close(CloseCode::GOING_AWAY, "server shutting down");
    assert_eq!(peer.recv().await, Seen::Close(1001, "server shutting down".into()));
    peer.close(1001, "").await;
    assert_eq!(peer.recv().await, Seen::Eof);
    task.await.expect("no panic");
}

#[tokio::test(start_paused = true)]
async fn a_stream_ends_with_its_credential() {
    let (ours, theirs) = tokio::io::duplex(1024);
    let shared = crate::connection::Shared::new(mandovi_websocket::Role::Server, 1024);
    let expires = tokio::time::Instant::now() + Duration::from_secs(60);
    let pump = crate::connection::Pump::new(
        crate::connection::Io::Memory(theirs),
        &bytes::Bytes::new(),
        Arc::clone(&shared),
        Settings::server(),
        Some(expires),
    );
    let _output: Sender<String> = Sender::new(Arc::clone(&shared), crate::value::ViewId::DEFAULT);
    tokio::spawn(run_with(pump, shared, std::future::pending()));
    let mut peer = super::peer::Peer::new(ours);
    let started = tokio::time::Instant::now();
    assert_eq!(peer.recv().await, Seen::Close(4401, "{\"name\":\"token_expired\"}".into()));
    assert_eq!(started.elapsed().as_secs(), 60);
}

/// A client may send frames right behind its request: the HTTP layer has read them already.
#[tokio::test]
async fn bytes_read_ahead_by_the_http_layer_come_first() {
    let mut ahead = Vec::new();
    mandovi_websocket::frame::write(&mut ahead, mandovi_websocket::Opcode::Text, true, Some([5; 4]), b"\"early\"");
    let (ours, theirs) = tokio::io::duplex(1024);
    let shared = crate::connection::Shared::new(mandovi_websocket::Role::Server, 1024);
    let (input, output) = halves::<String, String>(&shared);
    let pump = crate::connection::Pump::new(
        crate::connection::Io::Memory(theirs),
        &ahead.into(),
        Arc::clone(&shared),
        Settings::server(),
        None,
    );
    tokio::spawn(run_with(pump, shared, async move {
        let _ = echo(input, output).await;
        Conclusion::Silent
    }));
    let mut peer = super::peer::Peer::new(ours);
    assert_eq!(peer.recv().await, text("\"early\""));
    peer.send("\"later\"").await;
    assert_eq!(peer.recv().await, text("\"later\""));
}

/// The HTTP layer has a measure of its own, which is larger than a buffer of ours: nothing of what it read is lost.
#[tokio::test]
async fn much_may_be_read_ahead_by_the_http_layer() {
    let mut ahead = Vec::new();
    for n in 0..40_000 {
        let message = format!("\"{n}\"");
        frame::write(&mut ahead, Opcode::Text, true, Some([5; 4]), message.as_bytes());
    }
    assert!(ahead.len() > 400_000);
    // The last frame comes later, but for its first bytes.
    let rest = ahead.split_off(ahead.len() - 5);
    let (ours, theirs) = tokio::io::duplex(1024);
    let shared = Shared::new(mandovi_websocket::Role::Server, 1024);
    let (input, output) = halves::<String, String>(&shared);
    let pump = Pump::new(Io::Memory(theirs), &ahead.into(), Arc::clone(&shared), Settings::server(), None);
    tokio::spawn(run_with(pump, shared, async move {
        let _ = echo(input, output).await;
        Conclusion::Silent
    }));
    let mut peer = Peer::new(ours);
    peer.io.write_all(&rest).await.expect("the connection reads");
    for n in 0..40_000 {
        assert_eq!(peer.recv().await, text(&format!("\"{n}\"")));
    }
}

/// A short stream arrives in one piece with the answer to its handshake, its end included.
#[tokio::test]
async fn an_end_read_ahead_by_the_http_layer_is_an_end() {
    let mut ahead = Vec::new();
    mandovi_websocket::frame::write(&mut ahead, mandovi_websocket::Opcode::Text, true, Some([5; 4]), b"\"early\"");
    mandovi_websocket::frame::write_close(&mut ahead, Some([5; 4]), CloseCode::GOING_AWAY, "bye");
    let (ours, theirs) = tokio::io::duplex(1024);
    let shared = crate::connection::Shared::new(mandovi_websocket::Role::Server, 1024);
    let (mut input, output) = halves::<String, String>(&shared);
    let pump = crate::connection::Pump::new(
        crate::connection::Io::Memory(theirs),
        &ahead.into(),
        Arc::clone(&shared),
        Settings::server(),
        None,
    );
    let task = tokio::spawn(run_with(pump, shared, async move {
        drop(output);
        assert_eq!(input.recv().await.expect("it was whole"), Some("early".to_owned()));
        let closed = input.recv().await.expect_err("no `null` came before the close frame");
        assert!(matches!(closed, crate::StreamError::Closed(closed) if closed.reason() == "bye"));
        Conclusion::Silent
    }));
    let mut peer = super::peer::Peer::new(ours);
    assert_eq!(peer.recv().await, Seen::Close(1001, String::new()));
    assert_eq!(peer.recv().await, Seen::Eof);
    task.await.expect("no panic");
}

/// A message, and behind it a frame with an opcode that does not exist.
fn a_message_and_a_violation() -> Vec<u8> {
    let mut wire = Vec::new();
    frame::write(&mut wire, Opcode::Text, true, Some([5; 4]), b"\"hello\"");
    wire.extend_from_slice(&[0x83, 0x80, 1, 2, 3, 4]);
    wire
}

fn is_a_protocol_error(seen: &Seen) -> bool {
    matches!(seen, Seen::Close(1002, _))
}

/// RFC 6455 §7.1.1: the server ends the transport first. It does not wait for a peer that waits for that.
#[tokio::test(start_paused = true)]
async fn a_violation_ends_our_direction_at_once_and_the_rest_is_read() {
    let (mut peer, task) = serve(Settings::server(), echo);
    let started = Instant::now();
    peer.io.write_all(&a_message_and_a_violation()).await.expect("the connection reads");
    assert_eq!(peer.recv().await, text("\"hello\""), "what came before is answered");
    assert!(is_a_protocol_error(&peer.recv().await));
    assert_eq!(peer.recv().await, Seen::Eof);
    // More than the pipe holds: the connection has to read it, for a reset would overtake what we said.
    peer.io.write_all(&[0; 1024 * 1024]).await.expect("the connection reads on");
    assert!(!task.is_finished());
    drop(peer);
    task.await.expect("no panic");
    assert_eq!(started.elapsed(), Duration::ZERO);
}

/// The same for a receiver in a task of its own, as all receivers of clients are.
#[tokio::test]
async fn what_came_before_a_violation_is_answered_by_another_task() {
    let (mut peer, _task) = serve(Settings::server(), |input: Receiver<String>, output: Sender<String>| async move {
        let _ = tokio::spawn(echo(input, output)).await;
        Ok(())
    });
    peer.io.write_all(&a_message_and_a_violation()).await.expect("the connection reads");
    assert_eq!(peer.recv().await, text("\"hello\""));
    assert!(is_a_protocol_error(&peer.recv().await));
}

/// The same for what the HTTP layer has read already, before there is a handler.
#[tokio::test]
async fn what_was_read_ahead_of_a_violation_is_answered() {
    let (ours, theirs) = tokio::io::duplex(1024);
    let shared = Shared::new(mandovi_websocket::Role::Server, 1024);
    let (input, output) = halves::<String, String>(&shared);
    let ahead = a_message_and_a_violation().into();
    let pump = Pump::new(Io::Memory(theirs), &ahead, Arc::clone(&shared), Settings::server(), None);
    tokio::spawn(run_with(pump, shared, async move {
        let _ = tokio::spawn(echo(input, output)).await;
        Conclusion::Silent
    }));
    let mut peer = Peer::new(ours);
    assert_eq!(peer.recv().await, text("\"hello\""));
    assert!(is_a_protocol_error(&peer.recv().await));
}

/// One turn and no more: neither the close frame nor the end of our direction waits for a handler at work.
#[tokio::test(start_paused = true)]
async fn a_violation_does_not_wait_for_a_handler_at_work() {
    let (mut peer, _task) = serve(Settings::server(), |input: Receiver<String>, output: Sender<String>| async move {
        std::future::pending::<()>().await;
        drop((input, output));
        Ok(())
    });
    let started = Instant::now();
    peer.io.write_all(&a_message_and_a_violation()).await.expect("the connection reads");
    assert!(is_a_protocol_error(&peer.recv().await));
    assert_eq!(peer.recv().await, Seen::Eof);
    assert_eq!(started.elapsed(), Duration::ZERO);
}

/// RFC 6455 §5.5.1: the answer to a close frame goes behind the answers to the messages before it.
#[tokio::test(start_paused = true)]
async fn what_came_before_a_close_frame_is_answered() {
    let (mut peer, _task) =
        serve(Settings::server(), |mut input: Receiver<Message>, output: Sender<Message>| async move {
            while let Some(message) = input.recv().await? {
                output.send(message).await?;
            }
            std::future::pending().await
        });
    let mut wire = Vec::new();
    frame::write(&mut wire, Opcode::Text, true, Some([5; 4]), b"hello");
    frame::write_close(&mut wire, Some([5; 4]), CloseCode::GOING_AWAY, "");
    let started = Instant::now();
    peer.io.write_all(&wire).await.expect("the connection reads");
    assert_eq!(peer.recv().await, text("hello"));
    assert_eq!(peer.recv().await, Seen::Close(1001, String::new()));
    assert_eq!(peer.recv().await, Seen::Eof, "although the handler goes on");
    assert_eq!(started.elapsed(), Duration::ZERO);
}
