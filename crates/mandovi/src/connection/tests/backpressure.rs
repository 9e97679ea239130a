//! Both directions are bounded in bytes, and a peer that takes nothing is not waited for without end.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use mandovi_websocket::Opcode;
use tokio::io::AsyncWriteExt as _;

use super::peer::{Seen, halves, pipe, serve, serve_output, text};
use crate::connection::{Conclusion, Settings, run_with};
use crate::error::StreamError;
use crate::stream::{Message, Receiver, Sender};

/// Just below, at and above the bound of the outbox, counted in bytes on the wire: a header of two and the payload.
#[tokio::test]
async fn send_waits_at_the_bound_of_the_outbox() {
    for (first, ready) in [(96, true), (97, true), (98, false), (99, false)] {
        let (_peer, shared, _pump) = pipe(Settings::server().outbox_size(100), 1);
        let (_input, output) = halves::<Message, Message>(&shared);
        output.send(Message::binary(vec![0; first])).await.expect("room in an empty outbox");
        let second = output.send(Message::binary(vec![0; 1]));
        let sent = tokio::select! {
            biased;
            sent = second => { sent.expect("open"); true }
            () = std::future::ready(()) => false,
        };
        assert_eq!(sent, ready, "after {first} bytes of payload");
    }
}

/// A message larger than the bound goes into an empty outbox, or could never be sent.
#[tokio::test]
async fn one_message_may_exceed_the_bound() {
    let (mut peer, _task) = serve_output(Settings::server().outbox_size(10), |output: Sender<Message>| async move {
        output.send(Message::binary(vec![0; 100_000])).await?;
        output.send(Message::text("next")).await?;
        std::future::pending().await
    });
    assert_eq!(peer.recv().await, Seen::Binary(100_000));
    assert_eq!(peer.recv().await, text("next"));
}

#[tokio::test]
async fn permits_count_against_the_bound_until_they_are_dropped() {
    let (_peer, shared, _pump) = pipe(Settings::server().outbox_size(1024), 1);
    let (_input, output) = halves::<Message, Message>(&shared);
    let one = output.reserve().await.expect("open");
    let two = output.reserve().await.expect("open");
    let third = async {
        tokio::select! {
            biased;
            permit = output.reserve() => { drop(permit); true }
            () = std::future::ready(()) => false,
        }
    };
    assert!(!third.await, "two permits of 512 bytes fill it");
    drop(one);
    drop(output.reserve().await.expect("open"));
    two.send(Message::text("x")).expect("a permit sends without waiting");
}

/// A handler that does not read: the connection stops reading, and the peer's writes wait.
#[tokio::test(start_paused = true)]
async fn an_unread_inbox_stops_the_peer() {
    let (mut peer, _task) = serve(Settings::server(), |input: Receiver<Message>, output: Sender<Message>| async move {
        std::future::pending::<()>().await;
        drop((input, output));
        Ok(())
    });
    let mut frame = Vec::new();
    mandovi_websocket::frame::write(&mut frame, Opcode::Binary, true, Some([0; 4]), &[0; 1000]);
    let mut written = 0;
    loop {
        tokio::select! {
            biased;
            done = peer.io.write_all(&frame) => { done.expect("open"); written += frame.len(); }
            // Only when every task waits does an idle clock move on.
            () = tokio::time::sleep(Duration::from_millis(200)) => break,
        }
        assert!(written < 1 << 20, "the peer was never stopped");
    }
    // Two buffers of 64 KiB here, and the pipe's own.
    assert!((2 * 64 * 1024..=3 * 64 * 1024 + 2 * frame.len()).contains(&written), "{written}");
}

/// Reading goes on where it left off once the handler takes something.
#[tokio::test]
async fn a_slow_handler_gets_everything() {
    let total = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&total);
    let (mut peer, task) =
        serve(Settings::server(), |mut input: Receiver<Message>, _output: Sender<Message>| async move {
            while input.recv_ref().await?.is_some() {
                counted.fetch_add(1, Ordering::Relaxed);
                tokio::task::yield_now().await;
            }
            Ok(())
        });
    for _ in 0..2000 {
        peer.frame(Opcode::Binary, true, &[0; 1000]).await;
    }
    peer.close(1000, "").await;
    assert_eq!(peer.recv().await, Seen::Close(1000, String::new()));
    task.await.expect("no panic");
    assert_eq!(total.load(Ordering::Relaxed), 2000);
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_takes_nothing_is_closed_with_1013() {
    let settings = Settings::server().write_timeout(Duration::from_secs(7));
    let (ended, end) = tokio::sync::oneshot::channel();
    let (mut peer, task) = serve(settings, |input: Receiver<Message>, output: Sender<Message>| async move {
        let _held = input;
        let started = tokio::time::Instant::now();
        let error = loop {
            if let Err(error) = output.send(Message::binary(vec![1; 10_000])).await {
                break error;
            }
        };
        let _ = ended.send((error, started.elapsed()));
        Ok(())
    });
    let (error, after) = end.await.expect("the handler was told");
    let StreamError::Closed(closed) = error else { panic!("{error}") };
    assert_eq!(closed.code().as_u16(), 1013);
    assert_eq!(after.as_secs(), 7);
    // It still gets whole frames, and the reason, if it reads now.
    loop {
        match peer.recv().await {
            Seen::Binary(10_000) => {}
            seen => {
                assert!(matches!(seen, Seen::Close(1013, _)), "{seen:?}");
                break;
            }
        }
    }
    peer.close(1013, "").await;
    task.await.expect("no panic");
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_never_reads_again_is_cut() {
    let settings = Settings::server().write_timeout(Duration::from_secs(7)).close_timeout(Duration::from_secs(3));
    let (_peer, task) = serve_output(settings, |output: Sender<Message>| async move {
        loop {
            output.send(Message::binary(vec![1; 10_000])).await?;
        }
    });
    let started = tokio::time::Instant::now();
    task.await.expect("no panic");
    assert_eq!(started.elapsed().as_secs(), 10, "the write timeout, and the last chance");
}

/// Two handlers that send to each other with full outboxes, over peers that do not read, come to an end by that deadline.
#[tokio::test(start_paused = true)]
async fn two_handlers_that_send_to_each_other_do_not_wait_for_ever() {
    let (give_a, take_a) = tokio::sync::oneshot::channel::<Sender<Message>>();
    let (give_b, take_b) = tokio::sync::oneshot::channel::<Sender<Message>>();
    let cross = |give: tokio::sync::oneshot::Sender<_>, take: tokio::sync::oneshot::Receiver<Sender<Message>>| {
        serve_output(Settings::server(), move |output: Sender<Message>| async move {
            let _ = give.send(output);
            let other = take.await.map_err(crate::Failure::internal)?;
            loop {
                other.send(Message::binary(vec![1; 10_000])).await?;
            }
        })
    };
    let (_peer_a, task_a) = cross(give_a, take_b);
    let (_peer_b, task_b) = cross(give_b, take_a);
    let ended = tokio::time::timeout(Duration::from_secs(120), futures_util::future::join(task_a, task_b)).await;
    assert!(ended.is_ok(), "both ended");
}

/// The largest message, in one frame and in two: just below, at and above the limit, and refused before it is held.
#[tokio::test]
async fn the_message_limit_holds() {
    for (size, accepted) in [(999, true), (1000, true), (1001, false)] {
        for fragmented in [false, true] {
            let settings = Settings::server().max_message_size(1000);
            let (mut peer, _task) =
                serve(settings, |mut input: Receiver<Message>, output: Sender<Message>| async move {
                    while let Some(message) = input.recv_ref().await? {
                        let len = message.as_bytes().len();
                        output.send(Message::text(len.to_string())).await?;
                    }
                    Ok(())
                });
            let payload = vec![0; size];
            if fragmented {
                peer.frame(Opcode::Binary, false, &payload[..500]).await;
                peer.frame(Opcode::Continuation, true, &payload[500..]).await;
            } else {
                peer.frame(Opcode::Binary, true, &payload).await;
            }
            let seen = peer.recv().await;
            if accepted {
                assert_eq!(seen, text(&size.to_string()));
            } else {
                assert!(matches!(seen, Seen::Close(1009, _)), "{seen:?}");
            }
        }
    }
}

/// The handler's task is not the only one that may wait for room.
#[tokio::test]
async fn room_wakes_a_sender_in_another_task() {
    let (mut peer, shared, pump) = pipe(Settings::server().outbox_size(10), 8);
    let (_input, output) = halves::<Message, Message>(&shared);
    let done = tokio::spawn(async move {
        for _ in 0..20 {
            output.send(Message::text("0123456789")).await.expect("open");
        }
        drop(output);
    });
    tokio::spawn(run_with(pump, shared, async {
        std::future::pending::<()>().await;
        Conclusion::Silent
    }));
    for _ in 0..20 {
        assert_eq!(peer.recv().await, text("0123456789"));
    }
    done.await.expect("no panic");
}
