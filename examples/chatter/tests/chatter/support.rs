//! A chat in memory and clients for it.

use chatter::auth::issue_token;
use chatter::chat::Chat;
use chatter::design::{ChatError, ChatSummary, ChatSummaryViewed, ChatterClient, Event};
use mandovi::prelude::*;
use mandovi::testing::InMemory;

pub(crate) type Echoes = Receiver<String, Failure<ChatError>>;
pub(crate) type Events = Receiver<Event, Failure<ChatError>>;

/// A chat in which nothing was said yet.
pub(crate) fn empty_chat() -> InMemory {
    chatter::service(Chat::default()).into()
}

/// A client that may do everything.
pub(crate) fn client_of(chat: &InMemory) -> ChatterClient {
    client_with(chat, issue_token(&["stream:read", "stream:write"]).unwrap())
}

/// A client with a token of one's own.
pub(crate) fn client_with(chat: &InMemory, token: String) -> ChatterClient {
    ChatterClient::in_memory(chat.clone()).token(token).build().unwrap()
}

/// Says something and waits until it was heard.
pub(crate) async fn say(client: &ChatterClient, messages: &[&str]) {
    let (sender, reply) = client.listener().await.unwrap();
    for message in messages {
        sender.send(*message).await.unwrap();
    }
    sender.finish().unwrap();
    reply.await.unwrap();
}

/// The whole history.
pub(crate) async fn history(client: &ChatterClient) -> Vec<ChatSummary> {
    let mut replay = client.history(None).await.unwrap();
    let mut summaries = Vec::new();
    while let Some(summary) = replay.recv().await.unwrap() {
        match summary {
            ChatSummaryViewed::Default(summary) => summaries.push(summary),
            ChatSummaryViewed::Tiny(_) => panic!("nobody asked for the tiny view"),
        }
    }
    summaries
}

/// What was said, of the whole history.
pub(crate) async fn said(client: &ChatterClient) -> Vec<String> {
    history(client).await.into_iter().map(|summary| summary.message).collect()
}

/// The next so many messages of a subscription.
pub(crate) async fn next_messages(events: &mut Events, count: usize) -> Vec<String> {
    let mut messages = Vec::new();
    while messages.len() < count {
        messages.push(events.recv().await.unwrap().unwrap().message);
    }
    messages
}
