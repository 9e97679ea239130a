//! A peer that leaves, and a handler that panics.

use std::sync::Arc;
use std::time::Duration;

use mandovi_websocket::{CloseCode, Opcode};
use tokio::io::AsyncWriteExt as _;
use tokio::sync::oneshot;

use super::peer::{Seen, echo, serve, serve_output, text};
use crate::connection::Settings;
use crate::error::{Initiator, StreamError};
use crate::stream::{Message, Receiver, Sender};

/// Says that it was dropped.
struct Dropped(Option<oneshot::Sender<()>>);

impl Drop for Dropped {
    fn drop(&mut self) {
        if let Some(told) = self.0.take() {
            let _ = told.send(());
        }
    }
}

fn dropped() -> (Dropped, oneshot::Receiver<()>) {
    let (told, was) = oneshot::channel();
    (Dropped(Some(told)), was)
}

/// Reading goes on while the handler only sends: the peer's close cancels it at once, without anything being sent.
#[tokio::test]
async fn a_close_frame_cancels_a_handler_that_only_sends() {
    let (guard, was_dropped) = dropped();
    let (mut peer, task) = serve_output(Settings::server(), |output: Sender<String>| async move {
        let _guard = guard;
        output.send("hello").await?;
        std::future::pending().await
    });
    assert_eq!(peer.recv().await, text("\"hello\""));
    peer.close(1000, "client closing connection").await;
    was_dropped.await.expect("the handler is dropped");
    assert_eq!(peer.recv().await, Seen::Close(1000, String::new()), "the code is echoed");
    assert_eq!(peer.recv().await, Seen::Eof);
    task.await.expect("no panic");
}

#[tokio::test]
async fn the_end_of_the_connection_cancels_a_handler_that_only_sends() {
    let (guard, was_dropped) = dropped();
    let (peer, task) = serve_output(Settings::server(), |_output: Sender<String>| async move {
        let _guard = guard;
        std::future::pending().await
    });
    drop(peer);
    was_dropped.await.expect("the handler is dropped");
    task.await.expect("no panic");
}

/// With a receiver the handler gets what was read before, then the end; sends fail at once.
#[tokio::test]
async fn a_handler_with_a_receiver_is_told() {
    let (tell, told) = oneshot::channel();
    let (mut peer, task) =
        serve(Settings::server(), |mut input: Receiver<String>, output: Sender<String>| async move {
            assert_eq!(input.recv().await?, Some("one".to_owned()));
            // The peer has left by now.
            let sent = loop {
                match output.send("into the void").await {
                    Ok(()) => tokio::task::yield_now().await,
                    Err(error) => break error,
                }
            };
            let two = input.recv().await?;
            let end = input.recv().await;
            let _ = tell.send((sent, two, end));
            Ok(())
        });
    peer.send("\"one\"").await;
    peer.send("\"two\"").await;
    peer.close(1001, "bye").await;
    let (sent, two, end) = told.await.expect("the handler came to its end");
    assert!(matches!(sent, StreamError::Closed(_)));
    assert_eq!(two, Some("two".to_owned()));
    let Err(StreamError::Closed(closed)) = end else { panic!("{end:?}") };
    assert_eq!((closed.code(), closed.reason(), closed.initiator()), (CloseCode::GOING_AWAY, "bye", Initiator::Peer));
    task.await.expect("no panic");
}

/// A close that arrives behind unread data is seen and answered, whatever the handler does.
#[tokio::test]
async fn a_close_behind_unread_data_is_answered() {
    let (mut peer, _task) =
        serve(Settings::server(), |input: Receiver<Message>, _output: Sender<Message>| async move {
            std::future::pending::<()>().await;
            drop(input);
            Ok(())
        });
    for _ in 0..50 {
        peer.frame(Opcode::Binary, true, &[0; 1000]).await;
    }
    peer.close(1000, "").await;
    assert_eq!(peer.recv().await, Seen::Close(1000, String::new()));
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_does_not_notice_is_cut_after_the_leave_timeout() {
    let (guard, was_dropped) = dropped();
    let settings = Settings::server().leave_timeout(Duration::from_secs(9));
    let (peer, task) = serve(settings, |input: Receiver<String>, _output: Sender<String>| async move {
        let _guard = (guard, input);
        std::future::pending().await
    });
    let started = tokio::time::Instant::now();
    drop(peer);
    was_dropped.await.expect("the handler is dropped");
    assert_eq!(started.elapsed().as_secs(), 9);
    task.await.expect("no panic");
}

/// An upload that was completed is not lost, however long its handler takes after the client has gone.
#[tokio::test(start_paused = true)]
async fn a_complete_upload_is_never_cut() {
    let (tell, told) = oneshot::channel();
    let (mut peer, task) =
        serve(Settings::server(), |mut input: Receiver<String>, output: Sender<String>| async move {
            drop(output);
            let mut lines = Vec::new();
            while let Some(line) = input.recv().await? {
                lines.push(line);
            }
            drop(input);
            tokio::time::sleep(Duration::from_secs(3600)).await;
            let _ = tell.send(lines);
            Ok(())
        });
    peer.send("\"a\"").await;
    peer.send("\"b\"").await;
    peer.send("null\n").await;
    drop(peer);
    assert_eq!(told.await.expect("it came to its end"), ["a", "b"]);
    task.await.expect("no panic");
}

/// A dropped receiver discards what comes, and the stream goes on.
#[tokio::test]
async fn a_dropped_receiver_discards_input() {
    let (mut peer, _task) = serve(Settings::server(), |input: Receiver<Message>, output: Sender<Message>| async move {
        drop(input);
        output.send(Message::text("deaf")).await?;
        std::future::pending().await
    });
    assert_eq!(peer.recv().await, text("deaf"));
    for _ in 0..500 {
        peer.frame(Opcode::Binary, true, &[0; 1000]).await;
    }
    peer.frame(Opcode::Ping, true, b"x").await;
    assert_eq!(peer.recv().await, Seen::Pong(b"x".to_vec()));
}

#[tokio::test]
async fn a_panic_ends_its_own_connection_with_1011() {
    let (mut calm, _calm) = serve(Settings::server(), echo);
    let (mut peer, task) =
        serve(Settings::server(), |mut input: Receiver<String>, _output: Sender<String>| async move {
            let line = input.recv().await?;
            panic!("this handler does not like {line:?}");
        });
    peer.send("\"boo\"").await;
    assert_eq!(peer.recv().await, Seen::Close(1011, String::new()), "without a text");
    peer.close(1011, "").await;
    assert_eq!(peer.recv().await, Seen::Eof);
    task.await.expect("the task itself did not panic");
    calm.send("\"still here\"").await;
    assert_eq!(calm.recv().await, text("\"still here\""));
}

#[tokio::test]
async fn a_panic_while_a_handler_is_dropped_is_caught() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("in a destructor");
        }
    }
    let (mut peer, task) = serve_output(Settings::server(), |_output: Sender<String>| async move {
        let _bomb = Bomb;
        std::future::pending().await
    });
    peer.frame(Opcode::Ping, true, b"").await;
    assert_eq!(peer.recv().await, Seen::Pong(Vec::new()));
    peer.close(1000, "").await;
    assert_eq!(peer.recv().await, Seen::Close(1000, String::new()));
    task.await.expect("the task itself did not panic");
}

/// A panic while a value is serialised leaves no half frame and no lock behind.
#[tokio::test]
async fn a_sender_that_outlives_its_handler_is_closed() {
    let (give, take) = oneshot::channel();
    let (mut peer, _task) = serve_output(Settings::server(), |output: Sender<String>| async move {
        let _ = give.send(output);
        Ok(())
    });
    let output = take.await.expect("the handler ran");
    assert_eq!(peer.recv().await, Seen::Close(1000, "server closing connection".into()));
    let error = output.send("too late").await.expect_err("the stream is over");
    assert!(matches!(error, StreamError::Closed(_)));
    assert!(output.is_closed());
}

/// Protocol errors close with their code; the handler learns that the stream is over.
#[tokio::test(start_paused = true)]
async fn violations_close_with_the_code_the_rfc_asks_for() {
    for (bytes, code) in [
        (&[0x81u8, 0x01, b'x'][..], 1002),       // not masked
        (&[0x83, 0x80, 0, 0, 0, 0], 1002),       // reserved opcode
        (&[0xc1, 0x80, 0, 0, 0, 0], 1002),       // RSV1 without an extension
        (&[0x81, 0x81, 0, 0, 0, 0, 0xff], 1007), // no UTF-8
        (&[0x80, 0x80, 0, 0, 0, 0], 1002),       // a continuation of nothing
    ] {
        let (tell, told) = oneshot::channel();
        let (mut peer, task) =
            serve(Settings::server(), |mut input: Receiver<Message>, _: Sender<Message>| async move {
                let _ = tell.send(input.recv().await);
                Ok(())
            });
        peer.io.write_all(bytes).await.expect("open");
        let seen = peer.recv().await;
        assert!(matches!(&seen, Seen::Close(got, _) if *got == code), "{bytes:?}: {seen:?}");
        let end = told.await.expect("told");
        assert!(matches!(end, Err(StreamError::Closed(_))), "{end:?}");
        peer.close(code, "").await;
        task.await.expect("no panic");
    }
}

/// What came before a violation is still delivered.
#[tokio::test]
async fn messages_before_a_violation_are_delivered() {
    let (tell, told) = oneshot::channel();
    let (mut peer, _task) =
        serve(Settings::server(), |mut input: Receiver<String>, _output: Sender<String>| async move {
            let mut lines = Vec::new();
            while let Ok(Some(line)) = input.recv().await {
                lines.push(line);
            }
            let _ = tell.send(lines);
            Ok(())
        });
    let mut bytes = Vec::new();
    for line in ["\"a\"", "\"b\""] {
        mandovi_websocket::frame::write(&mut bytes, Opcode::Text, true, Some([9; 4]), line.as_bytes());
    }
    bytes.extend([0x83, 0x80, 0, 0, 0, 0]);
    peer.io.write_all(&bytes).await.expect("open");
    assert_eq!(told.await.expect("told"), ["a", "b"]);
    assert!(matches!(peer.recv().await, Seen::Close(1002, _)));
}

#[tokio::test]
async fn context_closed_resolves_when_the_peer_leaves() {
    let (mut peer, shared, pump) = super::peer::pipe(Settings::server(), 1024);
    let (input, output) = super::peer::halves::<String, String>(&shared);
    let facts = crate::context::Facts {
        peer: None,
        principal_name: None,
        headers: http::HeaderMap::new(),
        extensions: http::Extensions::new(),
        principal: None,
        dialect: crate::Dialect::Plain,
    };
    let context = crate::Context::new(1, facts, Some(Arc::clone(&shared)));
    let outside = context.clone();
    let elsewhere = tokio::spawn(async move { outside.closed().await.code().as_u16() });
    let handler = async move {
        let code = context.closed().await.code();
        drop((input, output));
        assert_eq!(code.as_u16(), 1001);
        crate::connection::Conclusion::Silent
    };
    let task = tokio::spawn(crate::connection::run_with(pump, shared, handler));
    peer.close(1001, "").await;
    assert_eq!(elsewhere.await.expect("no panic"), 1001);
    task.await.expect("no panic");
}
