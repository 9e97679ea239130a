//! The clients that Mandovi makes, obeying the script that `goa-client` obeys and telling the same events.
//!
//! Three commands more than Goa can: `close` on a bidirectional stream closes half of it, `reply` waits for the answer of
//! an upload without ending it, and `cancel` drops every half.

use std::fmt::Display;
use std::str::FromStr;

use chatter::design::{ChatSummaryView, ChatterClient};
use mandovi::client::{ClientBuilder, Connect};
use mandovi::stream::Answer;
use mandovi::value::{Item, Value as Message, ViewId};
use mandovi::{DeclaredError, Failure, MessageRef, Outcome, Receiver, Reply, Sender, StreamError};
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};

use crate::support::market::{MarketClient, QuoteView};

/// A call of either service, for either client.
#[derive(Clone, Debug)]
pub struct Call {
    /// The server.
    pub url: String,
    /// `SERVICE.METHOD`.
    pub method: String,
    /// Parameters by their names on the wire; arrays by repeating the name.
    pub parameters: Vec<(String, String)>,
}

impl Call {
    /// A call of a method with these parameters.
    pub fn new(url: impl Into<String>, method: &str, parameters: &[(&str, &str)]) -> Self {
        let parameters = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Self { url: url.into(), method: method.to_owned(), parameters }
    }

    fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.parameters.iter().filter(move |(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    fn text(&self, name: &str) -> String {
        self.all(name).next().unwrap_or_default().to_owned()
    }

    fn optional<T: FromStr<Err: Display>>(&self, name: &str) -> Option<T> {
        self.many(name).pop()
    }

    fn many<T: FromStr<Err: Display>>(&self, name: &str) -> Vec<T> {
        let parse = |text: &str| text.parse().unwrap_or_else(|error| panic!("{name}={text}: {error}"));
        self.all(name).map(parse).collect()
    }

    /// A parameter whose names are a message's.
    fn named<T: Item>(&self, name: &str) -> Option<T> {
        self.all(name).next().map(|text| {
            let json = Value::from(text).to_string();
            T::decode(ViewId::DEFAULT, MessageRef::Text(&json)).unwrap_or_else(|error| panic!("{name}={text}: {error}"))
        })
    }

    fn client<C: Connect>(&self) -> C {
        let mut builder = ClientBuilder::new(&self.url);
        if let Some(token) = self.optional::<String>("token") {
            builder = builder.token(token);
        }
        if let Some(user) = self.optional::<String>("user") {
            builder = builder.basic(user, self.text("password"));
        }
        builder.build().expect("the server's URL is one")
    }
}

/// Makes the call and obeys the commands until they end.
pub async fn run(call: Call, commands: UnboundedReceiver<String>, events: UnboundedSender<Value>) {
    let mut script = Script { commands, events };
    if call.method.starts_with("chatter.") {
        chatter(&call, &mut script).await;
    } else {
        market(&call, &mut script).await;
    }
}

async fn chatter(call: &Call, script: &mut Script) {
    let client = call.client::<ChatterClient>();
    match call.method.as_str() {
        "chatter.login" => script.answer(client.login().await),
        "chatter.echoer" => script.bidirectional(client.echoer().await).await,
        "chatter.listener" => script.uploading(client.listener().await).await,
        "chatter.summary" => script.uploading(client.summary().await).await,
        "chatter.subscribe" => script.receiving(client.subscribe().await).await,
        "chatter.history" => {
            let view = call.named::<ChatSummaryView>("view");
            script.receiving(client.history(view).await).await;
        }
        other => panic!("there is no method {other}"),
    }
}

async fn market(call: &Call, script: &mut Script) {
    let client = call.client::<MarketClient>();
    let venue = call.text("venue");
    let session = call.optional("session");
    match call.method.as_str() {
        "market.quotes" => {
            let (symbols, view) = (call.many::<String>("symbols"), call.named::<QuoteView>("view"));
            let (depth, count) = (call.optional("depth"), call.optional("count"));
            script.receiving(client.quotes(venue, &symbols, depth, count, view, session).await).await;
        }
        "market.trade" => script.bidirectional(client.trade(venue, session).await).await,
        "market.upload" => script.uploading(client.upload(venue).await).await,
        "market.place" => {
            let order = call.text("order");
            let order = Item::decode(ViewId::DEFAULT, MessageRef::Text(&order)).expect("an order");
            let dry_run = call.optional("dry_run");
            script.answer(client.place(venue, dry_run, call.text("session"), &order).await);
        }
        "market.parameters" => {
            let texts = call.many::<String>("texts");
            let numbers = call.many::<i64>("numbers");
            let answer = client.parameters(
                venue,
                call.optional("i32"),
                call.optional("i64"),
                call.optional("u64"),
                call.optional("f64"),
                call.optional("flag"),
                call.optional("text"),
                &texts,
                &numbers,
                call.named("side"),
                session,
                call.optional("weight"),
            );
            script.answer(answer.await);
        }
        "market.numbers" => script.bidirectional(client.numbers().await).await,
        other => panic!("there is no method {other}"),
    }
}

/// What a bidirectional call gives.
type Halves<T, U, E> = (Sender<T>, Receiver<U, Failure<E>>);

/// One call under way.
struct Script {
    commands: UnboundedReceiver<String>,
    events: UnboundedSender<Value>,
}

impl Script {
    fn tell(&self, event: Value) {
        // Who no longer listens has failed already.
        let _ = self.events.send(event);
    }

    fn fail<E: DeclaredError>(&self, during: &str, failure: &Failure<E>) {
        self.tell(failed(during, failure));
    }

    fn opened<T, E: DeclaredError>(&self, outcome: Outcome<T, E>) -> Option<T> {
        match outcome {
            Ok(opened) => {
                self.tell(json!({ "event": "open", "status": 101 }));
                Some(opened)
            }
            Err(failure) => {
                self.fail("open", &failure);
                None
            }
        }
    }

    fn answer<R: Answer, E: DeclaredError>(&self, outcome: Outcome<R, E>) {
        match outcome {
            Ok(value) => self.tell(json!({ "event": "message", "status": 200, "value": answered(&value) })),
            Err(failure) => self.fail("open", &failure),
        }
    }

    async fn bidirectional<T: Message, U: Item, E: DeclaredError>(&mut self, outcome: Outcome<Halves<T, U, E>, E>) {
        let Some((sender, mut receiver)) = self.opened(outcome) else { return };
        while let Some(command) = self.commands.recv().await {
            match command.split_once(' ').unwrap_or((&command, "")) {
                ("send", json) => self.send::<T, E>(&sender, json).await,
                ("recv", _) => drop(self.receive(&mut receiver).await),
                ("drain", _) => while self.receive(&mut receiver).await {},
                ("close", _) => self.finish::<T, E>(&sender),
                ("cancel", _) => {
                    self.tell(json!({ "event": "cancelled" }));
                    break;
                }
                _ => self.unknown(&command),
            }
        }
    }

    async fn uploading<T: Message, R: Answer, E: DeclaredError>(
        &mut self,
        outcome: Outcome<(Sender<T>, Reply<R, E>), E>,
    ) {
        let Some((sender, mut reply)) = self.opened(outcome) else { return };
        while let Some(command) = self.commands.recv().await {
            match command.split_once(' ').unwrap_or((&command, "")) {
                ("send", json) => self.send::<T, E>(&sender, json).await,
                ("close" | "reply", _) => {
                    if command == "close"
                        && let Err(error) = sender.finish()
                        && !matches!(error, StreamError::Closed(_))
                    {
                        self.fail::<E>("close", &error.into());
                    }
                    match (&mut reply).await {
                        Ok(value) => {
                            let value = answered(&value);
                            if !value.is_null() {
                                self.tell(json!({ "event": "message", "value": value }));
                            }
                            self.tell(json!({ "event": "closed" }));
                        }
                        Err(failure) => self.fail("close", &failure),
                    }
                }
                ("cancel", _) => {
                    self.tell(json!({ "event": "cancelled" }));
                    break;
                }
                _ => self.unknown(&command),
            }
        }
    }

    async fn receiving<U: Item, E: DeclaredError>(&mut self, outcome: Outcome<Receiver<U, Failure<E>>, E>) {
        let Some(mut receiver) = self.opened(outcome) else { return };
        while let Some(command) = self.commands.recv().await {
            match command.as_str() {
                "recv" => drop(self.receive(&mut receiver).await),
                "drain" => while self.receive(&mut receiver).await {},
                "cancel" => {
                    self.tell(json!({ "event": "cancelled" }));
                    break;
                }
                _ => self.unknown(&command),
            }
        }
    }

    async fn send<T: Message, E: DeclaredError>(&self, sender: &Sender<T>, json: &str) {
        match T::decode(ViewId::DEFAULT, MessageRef::Text(json)) {
            Ok(value) => {
                if let Err(error) = sender.send(value).await {
                    self.fail::<E>("send", &error.into());
                }
            }
            Err(invalid) => self.fail::<E>("command", &invalid.into()),
        }
    }

    fn finish<T: Item, E: DeclaredError>(&self, sender: &Sender<T>) {
        match sender.finish() {
            Ok(()) => self.tell(json!({ "event": "closed" })),
            Err(error) => self.fail::<E>("close", &error.into()),
        }
    }

    /// Tells the next message, or the end; says whether there may be more.
    async fn receive<U: Item, E: DeclaredError>(&self, receiver: &mut Receiver<U, Failure<E>>) -> bool {
        let received = receiver.recv().await;
        let more = matches!(received, Ok(Some(_)));
        match received {
            Ok(Some(value)) => self.tell(json!({ "event": "message", "value": shown(&value) })),
            Ok(None) => self.tell(json!({ "event": "eof" })),
            Err(failure) => self.fail("recv", &failure),
        }
        more
    }

    fn unknown(&self, command: &str) {
        let message = format!("this stream has no command {command:?}");
        self.tell(json!({ "event": "error", "during": "command", "message": message }));
    }
}

fn shown<U: Item>(value: &U) -> Value {
    let mut json = Vec::new();
    value.encode(ViewId::DEFAULT, &mut json).expect("what was received can be shown");
    serde_json::from_slice(&json).expect("what was encoded is JSON")
}

fn answered<R: Answer>(value: &R) -> Value {
    let mut json = Vec::new();
    match value.encode_answer(ViewId::DEFAULT, &mut json).expect("what was received can be shown") {
        Some(_) => serde_json::from_slice(&json).expect("what was encoded is JSON"),
        None => Value::Null,
    }
}

/// A failure, in the words of `goa-client`.
fn failed<E: DeclaredError>(during: &str, failure: &Failure<E>) -> Value {
    let mut event = json!({ "event": "error", "during": during, "message": failure.to_string() });
    let mut status = None;
    match failure {
        Failure::Declared(error) => {
            event["type"] = "declared".into();
            event["name"] = error.name().into();
            let body = error.encode_body().expect("what was received can be shown");
            event["value"] = serde_json::from_slice(&body).expect("what was encoded is JSON");
            status = Some(error.status());
        }
        Failure::Remote(remote) => {
            event["type"] = "remote".into();
            event["name"] = remote.name.clone().into();
            status = Some(remote.status);
        }
        Failure::Stream(StreamError::Closed(closed)) => {
            event["type"] = "closed".into();
            event["code"] = closed.code().as_u16().into();
            event["reason"] = closed.reason().into();
        }
        Failure::Stream(_) => event["type"] = "invalid".into(),
        Failure::Connect(_) => event["type"] = "connect".into(),
        _ => event["type"] = "internal".into(),
    }
    if let (Some(status), "open") = (status, during) {
        event["status_seen"] = status.into();
    }
    event
}
