//! A service with a method of every shape, its handlers' ends written down, and a client that goes through each.

use std::sync::{Arc, Mutex};

use mandovi::prelude::*;
use mandovi::stream::Outgoing;
use mandovi::value::Item;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::sleep;

/// The shapes, in the order of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Upload,
    Feed,
    Chat,
    Raw,
    Events,
    Plain,
}

pub const SHAPES: [Shape; 6] = [Shape::Upload, Shape::Feed, Shape::Chat, Shape::Raw, Shape::Events, Shape::Plain];

impl Shape {
    pub fn title(self) -> &'static str {
        match self {
            Self::Upload => "client streaming",
            Self::Feed => "server streaming",
            Self::Chat => "bidirectional",
            Self::Raw => "raw",
            Self::Events => "events",
            Self::Plain => "plain",
        }
    }
}

/// How much is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flow {
    /// How many messages; then the stream comes to its end.
    pub messages: u32,
    /// Between messages, in milliseconds.
    pub pause: u64,
    /// Of a message, in bytes.
    pub size: u32,
}

/// A few messages, and a proper end.
pub const WHOLE: Flow = Flow { messages: 20, pause: 2, size: 10 };
/// Messages without end.
pub const BUSY: Flow = Flow { messages: u32::MAX, pause: 5, size: 10 };
/// One message, and then nothing.
pub const QUIET: Flow = Flow { messages: u32::MAX, pause: 3_600_000, size: 10 };
/// As much as goes.
pub const FLOOD: Flow = Flow { messages: u32::MAX, pause: 0, size: 16_384 };

impl Flow {
    fn message(self) -> String {
        "x".repeat(self.size as usize)
    }

    async fn pause(self) {
        if self.pause > 0 {
            sleep(Duration::from_millis(self.pause)).await;
        }
    }
}

/// Every shape.
#[service]
pub trait Shapes {
    /// Counts what it hears.
    #[get("/upload")]
    async fn upload(&self, input: Receiver<String>) -> Outcome<u32>;

    /// Tells.
    #[get("/feed")]
    async fn feed(
        &self,
        #[query] messages: u32,
        #[query] pause: u64,
        #[query] size: u32,
        output: Sender<String>,
    ) -> Outcome<()>;

    /// Echoes.
    #[get("/chat")]
    async fn chat(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;

    /// Echoes, whatever it is.
    #[get("/raw", raw)]
    async fn raw(&self, input: Receiver<Message>, output: Sender<Message>) -> Outcome<()>;

    /// Answers when it may.
    #[get("/plain")]
    async fn plain(&self) -> Outcome<String>;
}

/// What is known of the one handler of a case.
#[derive(Clone, Default)]
pub struct Log {
    ended: Arc<watch::Sender<Option<String>>>,
    heard: Arc<watch::Sender<bool>>,
    /// Until then a plain method does not answer.
    pub gate: Arc<watch::Sender<bool>>,
}

impl Log {
    fn enter(&self) -> Handling {
        Handling { log: self.clone(), end: Mutex::new(None) }
    }

    /// The handler runs, and has had its first message where it takes any.
    pub async fn heard(&self) {
        self.heard.subscribe().wait_for(|heard| *heard).await.unwrap();
    }

    /// How the handler ended.
    pub async fn ended(&self) -> String {
        self.ended.subscribe().wait_for(Option::is_some).await.unwrap().clone().unwrap()
    }

    pub fn has_begun(&self) -> bool {
        *self.heard.borrow()
    }
}

/// Lives as long as the handler, which may be dropped.
struct Handling {
    log: Log,
    end: Mutex<Option<String>>,
}

impl Handling {
    fn heard(&self) {
        self.log.heard.send_replace(true);
    }

    fn done<T>(&self, outcome: Outcome<T>) -> Outcome<T> {
        *self.end.lock().unwrap() = Some(told(&outcome.as_ref().map(|_| ())));
        outcome
    }
}

impl Drop for Handling {
    fn drop(&mut self) {
        let end = self.end.lock().unwrap().take();
        self.log.ended.send_replace(Some(end.unwrap_or_else(|| "dropped".into())));
    }
}

/// In a word.
pub fn told<E>(outcome: &Result<(), impl std::borrow::Borrow<Failure<E>>>) -> String {
    match outcome {
        Ok(()) => "works".into(),
        Err(failure) => match failure.borrow() {
            Failure::Stream(StreamError::Closed(closed)) => closed.code().as_u16().to_string(),
            Failure::Stream(StreamError::Invalid(_)) => "invalid".into(),
            Failure::Connect(_) => "unreachable".into(),
            Failure::Remote(remote) => format!("status {}", remote.status),
            Failure::Internal(_) => "internal".into(),
            _ => "another failure".into(),
        },
    }
}

impl Shapes for Log {
    async fn upload(&self, mut input: Receiver<String>) -> Outcome<u32> {
        let handling = self.enter();
        let run = async {
            let mut heard = 0;
            while input.recv().await?.is_some() {
                heard += 1;
                handling.heard();
            }
            Ok(heard)
        };
        handling.done(run.await)
    }

    async fn feed(&self, messages: u32, pause: u64, size: u32, output: Sender<String>) -> Outcome<()> {
        let handling = self.enter();
        let flow = Flow { messages, pause, size };
        let run = async {
            for _ in 0..flow.messages {
                output.send(flow.message()).await?;
                handling.heard();
                flow.pause().await;
            }
            Ok(())
        };
        handling.done(run.await)
    }

    async fn chat(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()> {
        let handling = self.enter();
        let outcome = echo(&handling, input, output).await;
        handling.done(outcome)
    }

    async fn raw(&self, input: Receiver<Message>, output: Sender<Message>) -> Outcome<()> {
        let handling = self.enter();
        let outcome = echo(&handling, input, output).await;
        handling.done(outcome)
    }

    async fn plain(&self) -> Outcome<String> {
        let handling = self.enter();
        handling.heard();
        self.gate.subscribe().wait_for(|open| *open).await.unwrap();
        handling.done(Ok("answer".into()))
    }
}

async fn echo<T: Item + Outgoing<T>>(handling: &Handling, mut input: Receiver<T>, output: Sender<T>) -> Outcome<()> {
    while let Some(message) = input.recv().await? {
        handling.heard();
        output.send(message).await?;
    }
    Ok(())
}

/// Goes through a shape; says how it ended for the client. `opened` is told when the first message was exchanged.
pub async fn use_it(
    client: ShapesClient,
    url: String,
    shape: Shape,
    flow: Flow,
    opened: watch::Sender<bool>,
) -> String {
    match shape {
        Shape::Upload => told(&upload(client, flow, opened).await.as_ref().map(|_| ())),
        Shape::Feed => told(&feed(client, flow, opened).await.as_ref().map(|_| ())),
        Shape::Chat => {
            let run = async {
                let (tx, rx) = client.chat().await?;
                talk(tx, rx, flow.message(), flow, opened).await
            };
            told(&run.await.as_ref().map(|_| ()))
        }
        Shape::Raw => {
            let run = async {
                let (tx, rx) = client.raw().await?;
                talk(tx, rx, Message::text(flow.message()), flow, opened).await
            };
            told(&run.await.as_ref().map(|_| ()))
        }
        Shape::Events => events(&url, flow, opened).await,
        Shape::Plain => told(&client.plain().await.as_ref().map(|answer| assert_eq!(answer, "answer"))),
    }
}

async fn upload(client: ShapesClient, flow: Flow, opened: watch::Sender<bool>) -> Outcome<()> {
    let (tx, mut reply) = client.upload().await?;
    let sends = async {
        for _ in 0..flow.messages {
            tx.send(flow.message()).await?;
            opened.send_replace(true);
            flow.pause().await;
        }
        tx.finish()
    };
    tokio::select! {
        sent = sends => sent?,
        // The answer of one who did not hear everything can only be a failure.
        early = &mut reply => return early.map(|_| ()),
    }
    assert_eq!(reply.await?, flow.messages);
    Ok(())
}

async fn feed(client: ShapesClient, flow: Flow, opened: watch::Sender<bool>) -> Outcome<()> {
    let mut rx = client.feed(flow.messages, flow.pause, flow.size).await?;
    let mut heard = 0;
    while let Some(line) = rx.recv().await? {
        assert_eq!(line.len(), flow.size as usize);
        opened.send_replace(true);
        heard += 1;
    }
    assert_eq!(heard, flow.messages);
    Ok(())
}

async fn talk<T: Item + Outgoing<T> + Clone + PartialEq + std::fmt::Debug>(
    tx: Sender<T>,
    mut rx: Receiver<T, Failure<NoError>>,
    message: T,
    flow: Flow,
    opened: watch::Sender<bool>,
) -> Outcome<()> {
    let sends = async {
        for _ in 0..flow.messages {
            tx.send(message.clone()).await?;
            flow.pause().await;
        }
        tx.finish()?;
        std::future::pending::<Outcome<()>>().await
    };
    let receives = async {
        let mut heard = 0;
        while let Some(_message) = rx.recv().await? {
            opened.send_replace(true);
            heard += 1;
        }
        assert_eq!(heard, flow.messages);
        Ok(())
    };
    tokio::select! {
        biased;
        received = receives => received,
        sent = sends => sent,
    }
}

/// A client of events that knows just enough of HTTP: `works` is the event of the end, `cut` the end of the connection before it.
async fn events(url: &str, flow: Flow, opened: watch::Sender<bool>) -> String {
    let Flow { messages, pause, size } = flow;
    let address = url.trim_start_matches("http://");
    let request = format!(
        "GET /feed?messages={messages}&pause={pause}&size={size} HTTP/1.1\r\nhost: {address}\r\naccept: text/event-stream\r\n\r\n"
    );
    let Ok(mut stream) = TcpStream::connect(address).await else { return "unreachable".into() };
    if stream.write_all(request.as_bytes()).await.is_err() {
        return "reset".into();
    }
    let (mut seen, mut buffer) = (Vec::new(), vec![0; 65_536]);
    loop {
        match stream.read(&mut buffer).await {
            Ok(0) => return "cut".into(),
            Err(_) => return "reset".into(),
            Ok(n) => seen.extend_from_slice(&buffer[..n]),
        }
        let holds = |text: &[u8]| seen.windows(text.len()).any(|window| window == text);
        if holds(b"event: end") {
            return "works".into();
        }
        if seen.starts_with(b"HTTP/1.1 ") && seen.len() > 12 && !seen.starts_with(b"HTTP/1.1 200") {
            return format!("status {}", String::from_utf8_lossy(&seen[9..12]));
        }
        if holds(b"data: ") {
            opened.send_replace(true);
        }
        // A word that lies across two reads stays whole.
        seen.drain(..seen.len().saturating_sub(64).min(if *opened.borrow() { usize::MAX } else { 0 }));
    }
}
