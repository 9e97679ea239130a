//! Who is woken, and who is left alone.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use mandovi_websocket::Opcode;

use super::peer::{Seen, echo, halves, pipe, serve, serve_output, text};
use crate::connection::{Conclusion, Settings, run_with};
use crate::stream::{Receiver, Sender};

/// A pong, a ping or a drained write never polls a handler that waits for something else.
#[tokio::test]
async fn control_frames_do_not_poll_the_handler() {
    let polls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&polls);
    let (mut peer, _task) = serve_output(Settings::server(), |output: Sender<String>| async move {
        output.send("hello").await?;
        poll_fn(|_| {
            counted.fetch_add(1, Ordering::Relaxed);
            Poll::<()>::Pending
        })
        .await;
        Ok(())
    });
    assert_eq!(peer.recv().await, text("\"hello\""));
    for n in 0..50u8 {
        peer.frame(Opcode::Pong, true, b"unasked").await;
        peer.frame(Opcode::Ping, true, &[n]).await;
        assert_eq!(peer.recv().await, Seen::Pong(vec![n]));
    }
    assert_eq!(polls.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_send_from_another_task_wakes_the_sleeping_connection() {
    let (give, take) = tokio::sync::oneshot::channel();
    let (mut peer, _task) = serve_output(Settings::server(), |output: Sender<String>| async move {
        let _ = give.send(output);
        std::future::pending().await
    });
    let output = take.await.expect("the handler ran");
    // Asleep by now: its pong is all it had to say.
    peer.frame(Opcode::Ping, true, b"").await;
    assert_eq!(peer.recv().await, Seen::Pong(Vec::new()));
    output.send("from outside").await.expect("open");
    assert_eq!(peer.recv().await, text("\"from outside\""));
}

/// Both halves in a task of their own, four workers, many messages in flight: nothing stalls, nothing is lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn both_halves_work_in_another_task() {
    let (mut peer, _task) = serve(Settings::server(), |input: Receiver<String>, output: Sender<String>| async move {
        tokio::spawn(echo(input, output)).await.expect("no panic")
    });
    for round in 0..200 {
        for n in 0..64 {
            peer.send(&format!("\"{round}-{n}\"")).await;
        }
        for n in 0..64 {
            assert_eq!(peer.recv().await, text(&format!("\"{round}-{n}\"")));
        }
    }
}

/// A receiver inside a set of futures is polled with that set's waker, not with the connection's.
#[tokio::test]
async fn a_foreign_waker_is_kept_and_woken() {
    let (mut peer, _task) =
        serve(Settings::server(), |mut input: Receiver<String>, output: Sender<String>| async move {
            loop {
                let mut set = FuturesUnordered::new();
                set.push(input.recv());
                match set.next().await {
                    Some(Ok(Some(line))) => output.send(line).await?,
                    _ => return Ok(()),
                }
            }
        });
    for n in 0..10 {
        peer.send(&format!("\"{n}\"")).await;
        assert_eq!(peer.recv().await, text(&format!("\"{n}\"")));
    }
}

/// Many sends that wait in one handler hold one place each, however often they are polled.
#[tokio::test]
async fn waiting_sends_hold_one_place_each() {
    let (mut peer, shared, pump) = pipe(Settings::server().outbox_size(10), 16);
    let (_input, output) = halves::<String, String>(&shared);
    let watched = Arc::clone(&shared);
    let handler = async move {
        output.send("0123456789").await.expect("the first one has room");
        let mut sends: FuturesUnordered<_> = (0..5).map(|n| output.send(format!("{n}"))).collect();
        let mut polled = 0;
        poll_fn(|cx| {
            polled += 1;
            while let Poll::Ready(Some(sent)) = sends.poll_next_unpin(cx) {
                sent.expect("open");
            }
            assert!(crate::sync::lock(&watched.outbox).waiting() <= 5);
            if sends.is_empty() { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        drop(sends);
        assert_eq!(crate::sync::lock(&watched.outbox).waiting(), 0);
        Conclusion::done()
    };
    tokio::spawn(run_with(pump, shared, handler));
    assert_eq!(peer.recv().await, text("\"0123456789\""));
    for n in 0..5 {
        assert_eq!(peer.recv().await, text(&format!("\"{n}\"")));
    }
}

/// Nobody else is starved by one peer that never stops sending.
#[tokio::test]
async fn a_flooding_peer_leaves_room_for_others() {
    let (mut flood, _flooded) =
        serve(Settings::server(), |mut input: Receiver<String>, _output: Sender<String>| async move {
            while input.recv().await?.is_some() {}
            Ok(())
        });
    let (mut calm, _task) = serve(Settings::server(), echo);
    let flooding = tokio::spawn(async move {
        loop {
            flood.send("\"more and more\"").await;
        }
    });
    for n in 0..100 {
        calm.send(&format!("\"{n}\"")).await;
        assert_eq!(calm.recv().await, text(&format!("\"{n}\"")));
    }
    assert!(!flooding.is_finished());
    flooding.abort();
}

/// `select!` between both directions drops futures all the time: nothing is lost and nothing repeated.
#[tokio::test]
async fn dropped_recvs_and_sends_lose_nothing() {
    let (mut peer, _task) =
        serve(Settings::server().outbox_size(64), |mut input: Receiver<String>, output: Sender<String>| async move {
            let mut queue = std::collections::VecDeque::new();
            let mut ended = false;
            while !ended || !queue.is_empty() {
                let next = queue.front().cloned();
                tokio::select! {
                    line = input.recv(), if !ended => match line? {
                        Some(line) => queue.push_back(line),
                        None => ended = true,
                    },
                    permit = output.reserve(), if next.is_some() => {
                        permit?.send(next.unwrap_or_default())?;
                        queue.pop_front();
                    }
                    () = tokio::task::yield_now() => {}
                }
            }
            Ok(())
        });
    for n in 0..500 {
        peer.send(&format!("\"{n}\"")).await;
    }
    peer.send("null").await;
    for n in 0..500 {
        assert_eq!(peer.recv().await, text(&format!("\"{n}\"")));
    }
    assert_eq!(peer.recv().await, Seen::Close(1000, "server closing connection".into()));
}

/// A send that is dropped while it waits has sent nothing.
#[tokio::test]
async fn a_dropped_send_queues_nothing() {
    let (mut peer, shared, pump) = pipe(Settings::server().outbox_size(10), 1024);
    let (_input, output) = halves::<String, String>(&shared);
    output.send("fills the outbox").await.expect("room");
    {
        let mut waiting = pin!(output.send("never"));
        poll_fn(|cx| {
            assert!(waiting.as_mut().poll(cx).is_pending());
            Poll::Ready(())
        })
        .await;
    }
    assert_eq!(crate::sync::lock(&shared.outbox).waiting(), 0, "its place is given up");
    let handler = async move {
        output.send("afterwards").await.expect("open");
        Conclusion::done()
    };
    tokio::spawn(run_with(pump, shared, handler));
    assert_eq!(peer.recv().await, text("\"fills the outbox\""));
    assert_eq!(peer.recv().await, text("\"afterwards\""));
}
