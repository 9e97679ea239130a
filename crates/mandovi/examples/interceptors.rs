//! Three interceptors at work: an audit log, a trace of every message, and a redaction of fields.
//!
//! `cargo run -p mandovi --example interceptors` serves a help desk in memory, calls it, and prints what they wrote.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use mandovi::intercept::{Call, CallInfo, End, Fault, InFlight, Interceptor, Next, NextSend, Refused, Side};
use mandovi::prelude::*;

/// Who works at the desk.
pub struct Agent {
    /// The name, for the audit log.
    pub name: String,
    /// Whether this agent may see who asks.
    pub senior: bool,
}

/// Somebody needs help.
#[message]
pub struct Ticket {
    /// Its number; 0 in a new one.
    #[field(1)]
    pub number: u32,
    /// What is the matter.
    #[field(2)]
    pub text: String,
    /// Whom to answer.
    #[field(3)]
    pub email: Option<String>,
}

/// What can go wrong.
#[errors]
pub enum DeskError {
    /// Not for this agent.
    #[status(403)]
    Forbidden(String),
}

/// A help desk.
#[service(schemes(basic = Basic<Agent>))]
pub trait Desk {
    /// Opens a ticket.
    #[post("/tickets", auth = basic)]
    async fn open(&self, #[body] ticket: Ticket) -> Outcome<u32, DeskError>;

    /// All tickets.
    #[get("/tickets", auth = basic)]
    async fn follow(&self, output: Sender<Ticket>) -> Outcome<(), DeskError>;

    /// Talks to whoever asks.
    #[get("/tickets/{number}/talk", auth = basic)]
    async fn talk(&self, number: u32, input: Receiver<String>, output: Sender<String>) -> Outcome<(), DeskError>;
}

#[derive(Default)]
struct Tickets(Mutex<Vec<Ticket>>);

impl Desk for Tickets {
    async fn open(&self, mut ticket: Ticket) -> Outcome<u32, DeskError> {
        let mut tickets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ticket.number = u32::try_from(tickets.len() + 1).map_err(Failure::internal)?;
        tickets.push(ticket);
        u32::try_from(tickets.len()).map_err(Failure::internal)
    }

    async fn follow(&self, output: Sender<Ticket>) -> Outcome<(), DeskError> {
        for index in 0.. {
            let ticket = match self.0.lock().unwrap_or_else(PoisonError::into_inner).get(index) {
                None => break,
                Some(Ticket { number, text, email }) => {
                    Ticket { number: *number, text: text.clone(), email: email.clone() }
                }
            };
            output.send(ticket).await?;
        }
        Ok(())
    }

    async fn talk(&self, _number: u32, mut input: Receiver<String>, output: Sender<String>) -> Outcome<(), DeskError> {
        while let Some(line) = input.recv().await? {
            output.send(format!("you said: {line}")).await?;
        }
        Ok(())
    }
}

/// What the interceptors write. A real one writes to `tracing`, a file, a database.
#[derive(Clone, Default)]
pub struct Lines(Arc<Mutex<Vec<String>>>);

impl Lines {
    fn write(&self, line: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }

    /// All of them, in their order.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Writes down who called what, and what came of it. Nothing of what was said.
struct Audit(Lines);

impl Interceptor for Audit {
    // Not `call`: a call whose client leaves is dropped, and must be written down all the same.
    fn ended(&self, call: &CallInfo, end: &End) {
        let who = call.principal::<Agent>().map_or_else(|| "nobody".to_owned(), |agent| agent.name.clone());
        let what = match end {
            End::Done => "done".to_owned(),
            End::Failed { status: Some(status), name } => format!("{status} {name}"),
            other => format!("{other:?}"),
        };
        let (service, method) = (call.service(), call.method());
        let (received, sent) = (call.messages_received(), call.messages_sent());
        self.0.write(format!("audit: {who} {service}.{method}: {what}, {received} in, {sent} out"));
    }
}

/// The trace that a call belongs to.
#[derive(Clone)]
struct TraceId(String);

/// Follows every message, on both sides, under one identity that travels in a header.
struct Trace(Lines);

const TRACE_HEADER: &str = "x-trace";

impl Trace {
    fn write(&self, call: &CallInfo, what: &str) {
        let TraceId(id) = call.get().unwrap_or(TraceId("none".into()));
        let side = if call.side() == Side::Server { "server" } else { "client" };
        self.0.write(format!("trace {id}: {side} {what} {}", call.method()));
    }
}

impl Interceptor for Trace {
    async fn call(&self, call: &mut Call, next: Next<'_>) -> Result<(), Fault> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let id = match call.headers_mut() {
            // A client gives the call its identity.
            Some(headers) => {
                let id = format!("t{}", NEXT.fetch_add(1, Ordering::Relaxed));
                headers.insert(TRACE_HEADER, id.parse().map_err(Fault::internal)?);
                Some(id)
            }
            // A server takes it over.
            None => {
                call.context().and_then(|context| context.headers().get(TRACE_HEADER)?.to_str().ok().map(str::to_owned))
            }
        };
        if let Some(id) = id {
            call.insert(TraceId(id));
        }
        self.write(call, "begins");
        next.run(call).await
    }

    async fn sending(
        &self,
        call: &CallInfo,
        message: &mut InFlight<'_>,
        next: NextSend<'_>,
    ) -> Result<(), StreamError> {
        // Around it lies the wait for room.
        let sent = next.send(message).await;
        self.write(call, if sent.is_ok() { "sent in" } else { "failed to send in" });
        sent
    }

    async fn received(&self, call: &CallInfo, _: &mut InFlight<'_>) -> Result<(), StreamError> {
        self.write(call, "received in");
        Ok(())
    }
}

/// Shows addresses to senior agents only, and takes numbers of cards out of everything.
struct Redact;

impl Interceptor for Redact {
    async fn call(&self, call: &mut Call, next: Next<'_>) -> Result<(), Fault> {
        let senior = call.principal::<Agent>().is_some_and(|agent| agent.senior);
        // A refusal is the error that the method declares under this name, before the stream opens.
        if call.method() == "talk" && !senior {
            return Err(Refused::new(403, "forbidden", "Ask a senior agent.").into());
        }
        // By type: the body of `open`.
        if let Some(ticket) = call.body_mut::<Ticket>() {
            ticket.text = without_cards(&ticket.text);
        }
        next.run(call).await
    }

    async fn sending(
        &self,
        call: &CallInfo,
        message: &mut InFlight<'_>,
        next: NextSend<'_>,
    ) -> Result<(), StreamError> {
        let senior = call.principal::<Agent>().is_some_and(|agent| agent.senior);
        // Whatever its type: anything with an `email`.
        if !senior
            && let Some(mut json) = message.json()
            && let Some(email) = json.get_mut("email")
        {
            *email = "hidden".into();
            message.set_json(&json).map_err(Refused::internal)?;
        }
        next.send(message).await
    }

    async fn received(&self, _: &CallInfo, message: &mut InFlight<'_>) -> Result<(), StreamError> {
        if let Some(line) = message.get_mut::<String>() {
            *line = without_cards(line);
        }
        Ok(())
    }
}

/// The text with every word of sixteen digits taken out.
fn without_cards(text: &str) -> String {
    let is_card = |word: &&str| word.len() == 16 && word.bytes().all(|byte| byte.is_ascii_digit());
    text.split(' ').map(|word| if is_card(&word) { "[card]" } else { word }).collect::<Vec<_>>().join(" ")
}

async fn agents(credential: BasicCredential) -> Result<Agent, Denied> {
    match (credential.user.as_str(), credential.password.as_str()) {
        ("ada", "rocks") => Ok(Agent { name: "ada".into(), senior: true }),
        ("bob", "rolls") => Ok(Agent { name: "bob".into(), senior: false }),
        _ => Err(Denied::unauthenticated("invalid username and password combination")),
    }
}

/// Serves the desk, calls it as both agents, and answers what the interceptors wrote.
///
/// # Errors
/// When a call does not go as it should.
pub async fn run() -> Result<Vec<String>, Box<dyn std::error::Error>> {
    let lines = Lines::default();
    let server = DeskServer::new(Tickets::default())
        .basic(agents)
        // The outermost sees the end of everything, the innermost what really travels.
        .intercept(Audit(lines.clone()))
        .intercept(Trace(lines.clone()))
        .intercept(Redact);
    let server = mandovi::testing::InMemory::from(server);
    let as_agent = |user: &str, password: &str| {
        let client = DeskClient::in_memory(server.clone()).basic(user, password);
        client.intercept(Trace(lines.clone())).build()
    };
    let (ada, bob) = (as_agent("ada", "rocks")?, as_agent("bob", "rolls")?);

    let text = "My card 4111111111111111 was charged twice.".to_owned();
    ada.open(&Ticket { number: 0, text, email: Some("eve@example.com".into()) }).await?;

    for (client, email) in [(&ada, "eve@example.com"), (&bob, "hidden")] {
        let mut tickets = client.follow().await?;
        let ticket = tickets.recv().await?.ok_or("a ticket")?;
        assert_eq!(ticket.text, "My card [card] was charged twice.");
        assert_eq!(ticket.email.as_deref(), Some(email));
        assert!(tickets.recv().await?.is_none());
    }

    let (line, mut said) = ada.talk(1).await?;
    line.send("Was it 4111111111111111 ?").await?;
    assert_eq!(said.recv().await?.as_deref(), Some("you said: Was it [card] ?"));
    line.finish()?;
    assert_eq!(said.recv().await?, None);

    let refused = bob.talk(1).await.map(drop);
    assert!(matches!(refused, Err(Failure::Declared(DeskError::Forbidden(text))) if text == "Ask a senior agent."));
    Ok(lines.take())
}

#[tokio::main(flavor = "current_thread")]
#[allow(dead_code, reason = "the test calls `run`")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    for line in run().await? {
        println!("{line}");
    }
    Ok(())
}
