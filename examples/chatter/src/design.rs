//! The contract of the chat: what travels, what can go wrong, and the methods. Readable without knowing Mandovi.
//!
//! No behaviour belongs here: servers, clients and documents are all made from this file alone.

use mandovi::prelude::*;
use serde::Deserialize;

/// A message as the chat remembers it.
#[message(view(tiny = [message]))]
pub struct ChatSummary {
    /// What was said.
    #[field(1)]
    pub message: String,
    /// Its length in bytes.
    #[field(2)]
    pub length: Option<u64>,
    /// When it was said, RFC 3339.
    #[field(3, format = "date-time")]
    pub sent_at: String,
}

/// Something that happened in the chat.
#[message]
pub struct Event {
    /// The message that it happened to.
    #[field(1)]
    pub message: String,
    /// What happened.
    #[field(2)]
    pub action: Action,
    /// When it happened, RFC 3339.
    #[field(3, format = "date-time")]
    pub added_at: String,
}

/// What can happen to a message.
#[message]
pub enum Action {
    /// It was said.
    Added,
}

/// What the chat refuses.
#[errors]
pub enum ChatError {
    /// Credentials are invalid.
    #[status(401)]
    Unauthorized(String),
    /// The token lacks a scope.
    #[status(403, name = "invalid-scopes")]
    InvalidScopes(String),
}

/// Who has proved a name with a password.
#[derive(Debug)]
pub struct User {
    /// The name.
    pub name: String,
}

/// Who calls with a token. It names nobody; it only says what is allowed.
#[derive(Debug, Deserialize)]
pub struct Caller {
    /// What the token allows.
    pub scopes: Vec<String>,
}

/// A chat.
#[service(schemes(basic = Basic<User>, jwt = Jwt<Caller>))]
pub trait Chatter {
    /// Exchanges a user name and a password for a token.
    #[post("/login", auth = basic)]
    async fn login(&self, who: Auth<User>) -> Outcome<String, ChatError>;

    /// Echoes every message: bidirectional, because it takes both halves.
    #[get("/echoer", auth = jwt, scopes = ["stream:write"])]
    async fn echoer(
        &self,
        caller: Auth<Caller>,
        input: Receiver<String>,
        output: Sender<String>,
    ) -> Outcome<(), ChatError>;

    /// Remembers what it hears: client streaming.
    #[get("/listener", auth = jwt, scopes = ["stream:write"])]
    async fn listener(&self, caller: Auth<Caller>, input: Receiver<String>) -> Outcome<(), ChatError>;

    /// Listens, then answers once: client streaming with a result.
    #[get("/summary", auth = jwt, scopes = ["stream:write"])]
    async fn summary(&self, caller: Auth<Caller>, input: Receiver<String>) -> Outcome<Vec<ChatSummary>, ChatError>;

    /// Everything said from now on: server streaming.
    #[get("/subscribe", auth = jwt, scopes = ["stream:write"], heartbeat(interval = "15s", events = "10s"))]
    async fn subscribe(&self, cx: Context, caller: Auth<Caller>, output: Sender<Event>) -> Outcome<(), ChatError>;

    /// What was said before, in the view that the caller asks for.
    #[get("/history", auth = jwt, scopes = ["stream:read"])]
    async fn history(
        &self,
        caller: Auth<Caller>,
        #[view] view: Option<ChatSummaryView>,
        output: Sender<ChatSummary>,
    ) -> Outcome<(), ChatError>;
}
