//! Ownership is the life of a stream: what dropping, finishing and returning mean, seen from the other side.

use mandovi::prelude::*;
use mandovi::testing;

use crate::board::client;

/// An upload never looks complete by accident.
#[tokio::test]
async fn dropping_the_last_sender_unfinished_cancels_the_call() {
    let ((tx, rx), (mut input, _output)) = testing::bidirectional::<String, String>();
    let other = tx.clone();
    tx.send("one").await.unwrap();
    drop(tx);
    other.send("two").await.unwrap();
    drop(other);
    assert_eq!(input.recv().await.unwrap(), Some("one".into()));
    assert_eq!(input.recv().await.unwrap(), Some("two".into()));
    let StreamError::Closed(closed) = input.recv().await.unwrap_err() else { panic!() };
    assert_eq!(closed.code().as_u16(), 1001);
    drop(rx);
}

#[tokio::test]
async fn finish_ends_the_stream_for_all_clones() {
    let ((tx, mut rx), (mut input, output)) = testing::bidirectional::<String, String>();
    let clone = tx.clone();
    tx.send("one").await.unwrap();
    clone.finish().unwrap();
    tx.finish().unwrap();
    assert!(matches!(tx.send("late").await, Err(StreamError::Closed(_))));
    assert!(tx.is_closed());
    assert_eq!(input.recv().await.unwrap(), Some("one".into()));
    assert_eq!(input.recv().await.unwrap(), None);
    // Then it can still receive.
    output.send("answer").await.unwrap();
    assert_eq!(rx.recv().await.unwrap(), Some("answer".into()));
    drop((input, output));
    assert_eq!(rx.recv().await.unwrap(), None);
}

#[tokio::test]
async fn dropping_the_receiver_of_a_bidirectional_call_discards_input() {
    let ((tx, rx), (mut input, output)) = testing::bidirectional::<String, String>();
    drop(rx);
    output.send("nobody listens").await.unwrap();
    tx.send("still sending").await.unwrap();
    assert_eq!(input.recv().await.unwrap(), Some("still sending".into()));
}

#[tokio::test]
async fn dropping_both_halves_cancels() {
    let (wall, client) = client();
    let (tx, rx) = client.echo().await.unwrap();
    wall.running(1).await;
    drop((tx, rx));
    wall.running(0).await;
}

#[tokio::test]
async fn dropping_the_only_half_cancels() {
    let (wall, client) = client();
    let mut rx = client.wait().await.unwrap();
    assert_eq!(rx.recv().await.unwrap(), Some("ada".into()));
    wall.running(1).await;
    drop(rx);
    wall.running(0).await;
}

#[tokio::test]
async fn dropping_the_reply_leaves_a_finished_upload_alone() {
    let (wall, client) = client();
    let (tx, reply) = client.listen().await.unwrap();
    tx.send("kept").await.unwrap();
    tx.finish().unwrap();
    drop((tx, reply));
    // The handler may not have started yet: what it heard is the sign.
    while wall.heard.lock().unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
    assert_eq!(*wall.heard.lock().unwrap(), ["kept"]);
}

/// A reader that comes late still finds everything, also after the connection is gone.
#[tokio::test]
async fn what_the_server_sent_waits_for_the_reader() {
    let (wall, client) = client();
    let mut rx = client.countdown(30_000, None).await.unwrap();
    wall.running(1).await;
    for n in (0..30_000).rev() {
        assert_eq!(rx.recv().await.unwrap(), Some(n));
    }
    assert_eq!(rx.recv().await.unwrap(), None);
}

/// A closed connection does not take along what was received and not read.
#[tokio::test]
async fn a_reader_that_comes_after_the_end_finds_everything() {
    let (wall, client) = client();
    let mut rx = client.countdown(100, None).await.unwrap();
    wall.running(0).await;
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
    for n in (0..100).rev() {
        assert_eq!(rx.recv().await.unwrap(), Some(n));
    }
    assert_eq!(rx.recv().await.unwrap(), None);
}

#[tokio::test]
async fn reserve_keeps_the_value_until_there_is_room() {
    let ((tx, _rx), (mut input, _output)) = testing::bidirectional::<String, String>();
    let permit = tx.reserve().await.unwrap();
    permit.send("reserved").unwrap();
    assert_eq!(input.recv().await.unwrap(), Some("reserved".into()));
}
