//! A server-streaming method as server-sent events, as an `EventSource` sees it.

mod reader;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::SystemTime;

use axum::body::Body;
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use mandovi::model::{Definition, Field, Message as MessageModel, Schema, Types};
use mandovi::prelude::*;
use mandovi::server::{Options, Service};
use mandovi::value::{Value, ViewId};
use mandovi::{Settings, Verified, Verifier};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::time::Instant;
use tower_service::Service as _;

use self::reader::{Event, Reader};
use crate::board::{self, Caller, Wall};

const EVENTS: (&str, &str) = ("accept", "text/event-stream");

/// A request to a service without a network between: whatever waits, waits for the clock alone.
async fn ask(service: &Service, verb: &str, path: &str, headers: &[(&str, &str)]) -> Response<Body> {
    let mut request = Request::builder().method(verb).uri(path).header("host", "here.example");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    service.clone().call(request.body(Body::empty()).unwrap()).await.unwrap()
}

/// The client's end of a stream of events.
struct Source {
    body: Body,
    reader: Reader,
}

impl Source {
    fn of(response: Response<Body>) -> Self {
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { body: response.into_body(), reader: Reader::default() }
    }

    async fn open(service: &Service, path: &str) -> Self {
        Self::of(ask(service, "GET", path, &[EVENTS]).await)
    }

    /// Reads until there is something; `false` at the end of the body.
    async fn read(&mut self) -> bool {
        match self.body.frame().await {
            None => false,
            Some(frame) => {
                self.reader.feed(&frame.expect("a whole stream").into_data().unwrap());
                true
            }
        }
    }

    async fn next(&mut self) -> Option<Event> {
        while self.reader.events.is_empty() && self.read().await {}
        self.reader.events.pop_front()
    }

    async fn data(&mut self) -> String {
        let event = self.next().await.unwrap();
        assert_eq!(event.kind, "message");
        event.data
    }

    /// The last event, and nothing behind it.
    async fn last(&mut self) -> Event {
        let mut last = self.next().await.unwrap();
        while let Some(event) = self.next().await {
            last = event;
        }
        last
    }
}

fn json(event: &Event) -> serde_json::Value {
    serde_json::from_str(&event.data).unwrap()
}

fn board(wall: &Wall) -> Service {
    board::server(wall).into_service()
}

/// An event with an id and a type of its own, and a view that hides both.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
struct Tick {
    number: serde_json::Value,
    kind: Option<String>,
    text: String,
}

impl Tick {
    fn new(number: impl Into<serde_json::Value>, kind: Option<&str>, text: &str) -> Self {
        Self { number: number.into(), kind: kind.map(str::to_owned), text: text.to_owned() }
    }
}

impl Value for Tick {
    fn schema(types: &mut Types) -> Schema {
        types.define("Tick", "Tick", |_| {
            let mut message = MessageModel::new("A tick.");
            message.fields = vec![
                Field::new(1, "number", Schema::Any),
                Field::new(2, "kind", Schema::string()),
                Field::new(3, "text", Schema::string()),
            ];
            message.event_id = Some("number".into());
            message.event_type = Some("kind".into());
            Definition::Message(message)
        })
    }

    fn serialize_view<S: mandovi::__private::serde::Serializer>(&self, _: ViewId, s: S) -> Result<S::Ok, S::Error> {
        use mandovi::__private::serde::Serialize as _;
        BTreeMap::from([("text", &self.text)]).serialize(s)
    }
}

#[derive(serde::Deserialize)]
struct Guest;

#[errors]
enum ClockError {
    /// Try again soon.
    #[status(409, temporary)]
    Busy {
        /// What is in the way.
        message: String,
        #[retry_after]
        after: Option<Duration>,
    },
    /// Never.
    #[status(404)]
    Gone(String),
}

#[service(schemes(jwt(query = "token") = Jwt<Guest>))]
trait Clock {
    /// Ticks from a number on.
    #[get("/ticks")]
    async fn ticks(&self, #[last_event_id] after: Option<u64>, output: Sender<Tick>) -> Outcome<(), ClockError>;
    /// Says what it is told.
    #[get("/say")]
    async fn say(&self, output: Sender<Tick>) -> Outcome<(), ClockError>;
    /// For those with a token.
    #[get("/guarded", auth = jwt)]
    async fn guarded(&self, cx: Context, output: Sender<String>) -> Outcome<(), ClockError>;
    /// Decides first.
    #[get("/opening")]
    async fn opening(
        &self,
        #[query] refuse: Option<String>,
        opening: Opening<Sender<String>>,
    ) -> Outcome<(), ClockError>;
    /// As fast as it can.
    #[get("/flood")]
    async fn flood(&self, output: Sender<String>) -> Outcome<(), ClockError>;
    /// Raw.
    #[get("/raw")]
    async fn raw(&self, output: Sender<Message>) -> Outcome<(), ClockError>;
}

#[derive(Clone, Default)]
struct Tower {
    wall: Wall,
    says: Arc<std::sync::Mutex<Vec<Tick>>>,
    refused: Arc<std::sync::Mutex<Vec<String>>>,
    sent: Arc<AtomicUsize>,
    ended: Arc<std::sync::Mutex<Option<mandovi::Closed>>>,
}

impl Clock for Tower {
    async fn ticks(&self, after: Option<u64>, output: Sender<Tick>) -> Outcome<(), ClockError> {
        let _running = self.wall.enter();
        for number in after.map_or(0, |after| after + 1)..3 {
            output.send(Tick::new(number, None, "tick")).await?;
        }
        Ok(())
    }

    async fn say(&self, output: Sender<Tick>) -> Outcome<(), ClockError> {
        let says = self.says.lock().unwrap().clone();
        for tick in says {
            match output.send(tick).await {
                Err(StreamError::Unsendable(invalid)) => self.refused.lock().unwrap().push(invalid.to_string()),
                other => other?,
            }
        }
        Ok(())
    }

    async fn guarded(&self, cx: Context, output: Sender<String>) -> Outcome<(), ClockError> {
        let _running = self.wall.enter();
        output.send("in").await?;
        // It outlives the handler, which is cut when the stream ends.
        let (ended, watched) = (Arc::clone(&self.ended), cx.clone());
        tokio::spawn(async move {
            let closed = watched.closed().await;
            *ended.lock().unwrap() = Some(closed);
        });
        cx.draining().await;
        output.send("draining").await?;
        std::future::pending().await
    }

    async fn opening(&self, refuse: Option<String>, opening: Opening<Sender<String>>) -> Outcome<(), ClockError> {
        match refuse.as_deref() {
            Some("gone") => return Err(ClockError::Gone("x".repeat(2000)).into()),
            Some("undecided") => std::future::pending().await,
            Some("panics") => panic!("on purpose"),
            _ => {}
        }
        let output = opening.accept().await?;
        output.send("open").await?;
        Err(ClockError::Busy { message: "the\nclock".into(), after: Some(Duration::from_millis(2500)) }.into())
    }

    async fn flood(&self, output: Sender<String>) -> Outcome<(), ClockError> {
        let _running = self.wall.enter();
        let line = "x".repeat(1000);
        loop {
            output.send(&line).await?;
            self.sent.fetch_add(1, Ordering::SeqCst);
        }
    }

    async fn raw(&self, output: Sender<Message>) -> Outcome<(), ClockError> {
        Ok(output.send(Message::text("raw")).await?)
    }
}

/// A token is how many seconds it lasts.
struct Seconds;

impl Verifier<Jwt<Guest>> for Seconds {
    async fn verify(&self, credential: mandovi::BearerCredential, _: &[&str]) -> Result<Verified<Guest>, Denied> {
        let seconds = credential.token().parse().map_err(|_| Denied::unauthenticated("invalid token"))?;
        Ok(Verified::until(Guest, SystemTime::now() + Duration::from_secs(seconds)))
    }
}

fn clock_with(tower: &Tower, settings: Settings) -> Service {
    ClockServer::new(tower.clone()).jwt(Seconds).options(Options::default().settings(settings)).into_service()
}

fn clock(tower: &Tower) -> Service {
    clock_with(tower, Settings::server())
}

#[tokio::test]
async fn a_stream_is_events_to_who_asks_for_them() {
    let service = board(&Wall::default());
    let response = ask(&service, "GET", "/countdown?from=3", &[EVENTS]).await;
    assert_eq!(response.headers()["cache-control"], "no-store, no-transform");
    assert_eq!(response.headers()["x-accel-buffering"], "no");
    assert!(!response.headers().contains_key("goa-view"));
    let body = Source::of(response).body.collect().await.unwrap().to_bytes();
    let messages = "data: 2\n\ndata: 1\n\ndata: 0\n\n";
    let end = "event: end\nid: mandovi.end\ndata: {}\n\n";
    assert_eq!(std::str::from_utf8(&body).unwrap(), format!(":\n\n{messages}{end}"));
}
