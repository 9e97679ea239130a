//! What Goa's sample gets wrong, each as a test of what must happen instead.

use std::time::Duration;

use chatter::design::ChatterClient;
use tokio::time::timeout;

use crate::support::{Echoes, client_of, empty_chat, next_messages, said, say};

async fn drain(mut echoes: Echoes) -> Vec<String> {
    let mut drained = Vec::new();
    while let Some(echo) = echoes.recv().await.unwrap() {
        drained.push(echo);
    }
    drained
}

/// The sample takes the end of a stream for up to three empty messages.
#[tokio::test]
async fn the_end_of_a_stream_is_no_message() {
    let client = client_of(&empty_chat());
    let (sender, echoes) = client.echoer().await.unwrap();
    sender.send("echo").await.unwrap();
    sender.finish().unwrap();
    assert_eq!(drain(echoes).await, ["echo"]);

    say(&client, &["listen"]).await;

    let (sender, summary) = client.summary().await.unwrap();
    sender.send("sum").await.unwrap();
    sender.finish().unwrap();
    let summary: Vec<_> = summary.await.unwrap().into_iter().map(|summary| summary.message).collect();
    assert_eq!(summary, ["sum"]);

    assert_eq!(said(&client).await, ["echo", "listen", "sum"]);
}

/// The sample's streams append to one list without a lock.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_at_the_same_time_lose_nothing() {
    const STREAMS: usize = 8;
    const MESSAGES: usize = 200;
    let client = client_of(&empty_chat());
    let streams: Vec<_> = (0..STREAMS)
        .map(|stream| {
            let client = client.clone();
            tokio::spawn(async move {
                let (sender, reply) = client.listener().await.unwrap();
                for message in 0..MESSAGES {
                    sender.send(format!("{stream} {message}")).await.unwrap();
                }
                sender.finish().unwrap();
                reply.await.unwrap();
            })
        })
        .collect();
    for stream in streams {
        stream.await.unwrap();
    }

    let said = said(&client).await;
    assert_eq!(said.len(), STREAMS * MESSAGES);
    for stream in 0..STREAMS {
        let of_stream = format!("{stream} ");
        let heard: Vec<_> = said.iter().filter(|message| message.starts_with(&of_stream)).collect();
        let sent: Vec<_> = (0..MESSAGES).map(|message| format!("{of_stream}{message}")).collect();
        assert_eq!(heard, sent.iter().collect::<Vec<_>>(), "each stream keeps its order");
    }
}

/// The sample compares the text with that of the message before.
#[tokio::test]
async fn a_message_said_twice_is_told_twice() {
    let client = client_of(&empty_chat());
    let mut events = client.subscribe().await.unwrap();
    say(&client, &["again", "again", "again"]).await;
    say(&client, &["done"]).await;
    assert_eq!(next_messages(&mut events, 4).await, ["again", "again", "again", "done"]);
}

/// The sample looks at the last message only, so that it misses what comes in between.
#[tokio::test]
async fn a_subscriber_gets_every_later_message_exactly_once() {
    const MESSAGES: usize = 500;
    async fn talk(client: &ChatterClient, who: &str) {
        let (sender, mut echoes) = client.echoer().await.unwrap();
        for message in 0..MESSAGES {
            sender.send(format!("{who} {message}")).await.unwrap();
            echoes.recv().await.unwrap();
        }
    }
    let client = client_of(&empty_chat());
    say(&client, &["before"]).await;
    let mut events = client.subscribe().await.unwrap();
    let ((), (), (), events) = tokio::join!(
        talk(&client, "ada"),
        talk(&client, "bob"),
        talk(&client, "eve"),
        next_messages(&mut events, 3 * MESSAGES)
    );
    assert_eq!(events, said(&client).await[1..]);
}

/// A queue for each subscriber would fill up and have to drop something; a position in the list does not.
#[tokio::test]
async fn a_slow_subscriber_misses_nothing() {
    const MESSAGES: usize = 2_000;
    let client = client_of(&empty_chat());
    let mut events = client.subscribe().await.unwrap();
    let long = "x".repeat(1_000);
    let (sender, reply) = client.listener().await.unwrap();
    for message in 0..MESSAGES {
        sender.send(format!("{message} {long}")).await.unwrap();
    }
    sender.finish().unwrap();
    reply.await.unwrap();
    // More than all buffers between can hold was said before the first event is taken.
    let expected: Vec<_> = (0..MESSAGES).map(|message| format!("{message} {long}")).collect();
    assert_eq!(next_messages(&mut events, MESSAGES).await, expected);
}

/// The sample completes the handshake with the first event, and keeps a core busy while it waits for one.
///
/// The stopped clock moves on only when every task waits: a day passes at once, or, where somebody is busy, never.
#[tokio::test(start_paused = true)]
async fn an_idle_subscription_is_open_and_only_waits() {
    let chat = empty_chat();
    let client = client_of(&chat);
    let mut events = client.subscribe().await.unwrap();
    assert_eq!(chat.open_streams(), 1);
    assert!(timeout(Duration::from_secs(24 * 60 * 60), events.recv()).await.is_err());
    say(&client, &["good morning"]).await;
    assert_eq!(next_messages(&mut events, 1).await, ["good morning"]);
}

/// The sample notices only when it sends the next event.
#[tokio::test]
async fn a_subscriber_that_leaves_is_noticed() {
    let chat = empty_chat();
    let events = client_of(&chat).subscribe().await.unwrap();
    drop(events);
    chat.closed().await;
    assert_eq!(chat.open_streams(), 0);
}

/// The sample answers an empty history with a plain HTTP 200; see `wire` for the handshake.
#[tokio::test]
async fn an_empty_history_ends_properly() {
    let client = client_of(&empty_chat());
    let mut replay = client.history(None).await.unwrap();
    assert_eq!(replay.recv().await.unwrap(), None);
}

/// The sample stops to listen when an echo cannot be sent.
#[tokio::test]
async fn what_was_said_is_remembered_even_if_nobody_waits_for_the_echo() {
    const MESSAGES: usize = 100;
    let chat = empty_chat();
    let client = client_of(&chat);
    let (sender, echoes) = client.echoer().await.unwrap();
    for message in 0..MESSAGES {
        sender.send(message.to_string()).await.unwrap();
    }
    drop((sender, echoes));
    chat.closed().await;
    let expected: Vec<_> = (0..MESSAGES).map(|message| message.to_string()).collect();
    assert_eq!(said(&client).await, expected);
}
