//! The chatter design as a user writes it: it compiles alone, without an implementation, and its model is whole.

#![deny(missing_docs, unused, unreachable_pub, clippy::all)]

use mandovi::{model, prelude::*};

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

/// What happens to messages.
#[message]
pub enum Action {
    /// It was said.
    Added,
}

/// Something that happened in the chat.
#[message]
pub struct Event {
    /// The message.
    #[field(1)]
    pub message: String,
    /// What happened to it.
    #[field(2)]
    pub action: Action,
    /// When.
    #[field(3, format = "date-time")]
    pub added_at: String,
}

/// What can go wrong.
#[errors]
pub enum ChatError {
    /// Credentials are invalid.
    #[status(401)]
    Unauthorized(String),
    /// The token lacks a scope.
    #[status(403, name = "invalid-scopes")]
    InvalidScopes(String),
    /// Too many messages; come back later.
    #[status(429, exhausted)]
    SlowDown {
        /// When to come back.
        #[retry_after]
        after: Duration,
    },
}

/// Somebody with a password.
pub struct User;

/// Somebody with a token.
pub struct Caller;

/// A chat.
#[service(schemes(basic = Basic<User>, jwt = Jwt<Caller>))]
pub trait Chatter {
    /// Exchanges a user name and a password for a token.
    #[post("/login", auth = basic)]
    async fn login(&self, who: Auth<User>) -> Outcome<String, ChatError>;

    /// Echoes every message: bidirectional, because it takes both halves.
    #[get("/echoer", auth = jwt, scopes = ["stream:write"])]
    async fn echoer(&self, caller: Auth<Caller>, input: Receiver<String>, output: Sender<String>) -> Outcome<(), ChatError>;

    /// Remembers what it hears: client streaming.
    #[get("/listener", auth = jwt, scopes = ["stream:write"])]
    async fn listener(&self, caller: Auth<Caller>, input: Receiver<String>) -> Outcome<(), ChatError>;

    /// Listens, then answers once: client streaming with a result.
    #[get("/summary", auth = jwt, scopes = ["stream:write"])]
    async fn summary(&self, caller: Auth<Caller>, input: Receiver<String>) -> Outcome<Vec<ChatSummary>, ChatError>;

    /// Everything said from now on: server streaming.
    #[get("/subscribe", auth = jwt, scopes = ["stream:write"])]
    async fn subscribe(&self, cx: Context, caller: Auth<Caller>, output: Sender<Event>) -> Outcome<(), ChatError>;

    /// What was said before, in the view that the caller asks for.
    #[get("/history", auth = jwt, scopes = ["stream:read"])]
    async fn history(&self, caller: Auth<Caller>, #[view] view: Option<ChatSummaryView>, output: Sender<ChatSummary>) -> Outcome<(), ChatError>;
}

fn main() {
    let design = ChatterDesign::model();
    assert_eq!(model::Service::from_json(&design.to_json()), Ok(design.clone()));
    assert_eq!((design.name.as_str(), design.description.as_str()), ("Chatter", "A chat."));

    let history = &design.methods[5];
    assert_eq!(history.parameters[0].name, "view");
    assert!(history.parameters[0].selects_view && !history.parameters[0].required);
    assert_eq!(history.streaming.output, Some(model::Schema::Named { name: "ChatSummary".into() }));
    assert_eq!(history.security.first().map(|security| security.scopes.as_slice()), Some(&["stream:read".to_owned()][..]));
    assert_eq!(history.errors[1].name, "invalid-scopes");
    assert!(history.errors[2].class.exhausted && history.errors[2].retry_after);

    let names: Vec<&str> = design.types.iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["Action", "ChatErrorSlowDown", "ChatSummary", "ChatSummaryView", "Event"]);
    let Some(model::Definition::Message(summary)) = design.types.get("ChatSummary") else { panic!("a message") };
    assert_eq!(summary.fields[2].schema, model::Schema::String { format: Some(model::Format::DateTime) });
    assert!(!summary.fields[1].required);
    assert_eq!(summary.views[0].fields[0].name, "message");
}
