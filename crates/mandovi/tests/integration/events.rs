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
use crate::board::{self, Wall};

pub(crate) const EVENTS: (&str, &str) = ("accept", "text/event-stream");

/// A request to a service without a network between: whatever waits, waits for the clock alone.
pub(crate) async fn ask(service: &Service, verb: &str, path: &str, headers: &[(&str, &str)]) -> Response<Body> {
    let mut request = Request::builder().method(verb).uri(path).header("host", "here.example");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    service.clone().call(request.body(Body::empty()).unwrap()).await.unwrap()
}

/// The client's end of a stream of events.
pub(crate) struct Source {
    body: Body,
    reader: Reader,
}

impl Source {
    pub(crate) fn of(response: Response<Body>) -> Self {
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { body: response.into_body(), reader: Reader::default() }
    }

    pub(crate) async fn open(service: &Service, path: &str) -> Self {
        Self::of(ask(service, "GET", path, &[EVENTS]).await)
    }

    /// How many comments came.
    pub(crate) const fn comments(&self) -> usize {
        self.reader.comments
    }

    /// Reads until there is something; `false` at the end of the body.
    pub(crate) async fn read(&mut self) -> bool {
        match self.body.frame().await {
            None => false,
            Some(frame) => {
                self.reader.feed(&frame.expect("a whole stream").into_data().unwrap());
                true
            }
        }
    }

    pub(crate) async fn next(&mut self) -> Option<Event> {
        while self.reader.events.is_empty() && self.read().await {}
        self.reader.events.pop_front()
    }

    pub(crate) async fn data(&mut self) -> String {
        let event = self.next().await.unwrap();
        assert_eq!(event.kind, "message");
        event.data
    }

    /// The last event, and nothing behind it.
    pub(crate) async fn last(&mut self) -> Event {
        let mut last = self.next().await.unwrap();
        while let Some(event) = self.next().await {
            last = event;
        }
        last
    }
}

pub(crate) fn json(event: &Event) -> serde_json::Value {
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
        let _running = self.wall.enter();
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

#[tokio::test]
async fn an_event_has_the_id_and_the_type_that_its_message_says() {
    let tower = Tower::default();
    *tower.says.lock().unwrap() = vec![
        Tick::new(7, Some("tick"), "a\nb\rc\u{2028}d: e"),
        Tick::new("\u{fc}: 8", None, "data: x\n\nevent: end"),
        Tick::new(true, Some(""), ""),
        Tick::new(serde_json::Value::Null, None, "the id stays"),
    ];
    let mut source = Source::open(&clock(&tower), "/say").await;
    let mut seen = Vec::new();
    while let Some(event) = source.next().await {
        seen.push(event);
    }
    let event = |kind: &str, id: &str, data: &str| Event { kind: kind.into(), id: id.into(), data: data.into() };
    assert_eq!(
        seen,
        [
            event("tick", "7", "{\"number\":7,\"kind\":\"tick\",\"text\":\"a\\nb\\rc\u{2028}d: e\"}"),
            event(
                "message",
                "\u{fc}: 8",
                "{\"number\":\"\u{fc}: 8\",\"kind\":null,\"text\":\"data: x\\n\\nevent: end\"}"
            ),
            event("message", "true", "{\"number\":true,\"kind\":\"\",\"text\":\"\"}"),
            event("message", "true", "{\"number\":null,\"kind\":null,\"text\":\"the id stays\"}"),
            event("end", "mandovi.end", "{}"),
        ]
    );
}

#[tokio::test]
async fn an_id_or_a_type_that_would_not_come_back_is_not_sent() {
    let tower = Tower::default();
    let bad_ids = ["a\nb", "a\rdata: x", "a\0b", " a", "a ", "mandovi.end"].map(|id| Tick::new(id, None, "no"));
    let long = |n: usize| Tick::new("x".repeat(n), None, "long");
    let bad_types = ["end", "error", "a\nid: 7"].map(|kind| Tick::new(1, Some(kind), "no"));
    let objects = [Tick::new(serde_json::json!({"a": 1}), None, "no"), Tick::new(serde_json::json!([1]), None, "no")];
    let all = bad_ids.into_iter().chain(bad_types).chain(objects).chain([long(1025), long(1024)]);
    *tower.says.lock().unwrap() = all.collect();
    let mut source = Source::open(&clock(&tower), "/say").await;
    let event = source.next().await.unwrap();
    assert_eq!((json(&event)["text"].as_str(), event.id.len()), (Some("long"), 1024));
    assert_eq!(source.next().await.unwrap().kind, "end");
    let refused = tower.refused.lock().unwrap().clone();
    assert_eq!(refused.len(), 12, "{refused:?}");
    assert!(!refused.concat().contains("data: x"), "no value is quoted: {refused:?}");
}

#[tokio::test]
async fn messages_are_in_the_view_of_the_call() {
    let service = board(&Wall::default());
    let response = ask(&service, "GET", "/notes?view=tiny", &[EVENTS]).await;
    assert_eq!(response.headers()["goa-view"], "tiny");
    assert_eq!(Source::of(response).data().await, r#"{"text":"first"}"#);
    let response = ask(&service, "GET", "/headlines", &[EVENTS]).await;
    assert!(!response.headers().contains_key("goa-view"));
    assert_eq!(Source::of(response).data().await, r#"{"text":"first"}"#);
    let whole: serde_json::Value = serde_json::from_str(&Source::open(&service, "/notes").await.data().await).unwrap();
    assert_eq!(whole["pin"], "1234");
    assert_eq!(ask(&service, "GET", "/notes?view=huge", &[EVENTS]).await.status(), 400);
}

#[tokio::test]
async fn who_comes_back_after_the_end_is_sent_away_and_nothing_runs() {
    let tower = Tower::default();
    let service = clock(&tower);
    let mut source = Source::open(&service, "/ticks").await;
    assert_eq!(source.last().await.kind, "end");
    let id = source.reader.last_id.clone();
    for path in ["/ticks", "/guarded", "/opening?refuse=undecided"] {
        let response = ask(&service, "GET", path, &[EVENTS, ("last-event-id", &id)]).await;
        assert_eq!(response.status(), StatusCode::NO_CONTENT);
        assert!(!response.headers().contains_key("content-type"));
        assert!(response.into_body().collect().await.unwrap().to_bytes().is_empty());
    }
    assert_eq!(tower.wall.running.load(Ordering::SeqCst), 0);
    // Only a stream of events ends like that.
    let plain = ask(&service, "GET", "/ticks", &[("last-event-id", &id)]).await;
    assert_eq!(plain.status(), StatusCode::UPGRADE_REQUIRED);
    // The query is not what a browser sends by itself: there it is a place that is none.
    let query = ask(&service, "GET", "/ticks?last_event_id=mandovi.end", &[EVENTS]).await;
    assert_eq!(query.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_stream_goes_on_where_it_broke() {
    let service = clock(&Tower::default());
    let resumed = async |path: &str, headers: &[(&str, &str)]| {
        let headers = [&[EVENTS], headers].concat();
        let mut source = Source::of(ask(&service, "GET", path, &headers).await);
        let mut ids = Vec::new();
        while let Some(event) = source.next().await {
            ids.push(event.id);
        }
        ids.join(",")
    };
    assert_eq!(resumed("/ticks", &[]).await, "0,1,2,mandovi.end");
    assert_eq!(resumed("/ticks", &[("last-event-id", "0")]).await, "1,2,mandovi.end");
    assert_eq!(resumed("/ticks?last_event_id=1", &[]).await, "2,mandovi.end");
    // The header is newer: a browser asks for the same URL again.
    assert_eq!(resumed("/ticks?last_event_id=0", &[("last-event-id", "1")]).await, "2,mandovi.end");
    assert_eq!(resumed("/ticks?last_event_id=0", &[("last-event-id", "")]).await, "1,2,mandovi.end");
    assert_eq!(resumed("/ticks?last_event_id=", &[]).await, "0,1,2,mandovi.end");
    // A method that does not go on takes no notice.
    let response = ask(&service, "GET", "/say", &[EVENTS, ("last-event-id", "7")]).await;
    assert_eq!(Source::of(response).next().await.unwrap().kind, "end");
}

#[tokio::test]
async fn a_last_event_id_that_is_none_is_400() {
    let service = clock(&Tower::default());
    let huge = "7".repeat(20_000);
    for id in ["x", "-1", "1.5", "7 7", &huge] {
        let response = ask(&service, "GET", "/ticks", &[EVENTS, ("last-event-id", id)]).await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST);
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let body = std::str::from_utf8(&body).unwrap();
        assert!(body.contains("Last-Event-ID") && !body.contains("777"), "{body}");
    }
    for bytes in [&b"\xff\xfe"[..], b"\xed\xa0\x80"] {
        let mut request = Request::get("/ticks").header(EVENTS.0, EVENTS.1).body(Body::empty()).unwrap();
        request.headers_mut().insert("last-event-id", http::HeaderValue::from_bytes(bytes).unwrap());
        let response = service.clone().call(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    }
    assert_eq!(ask(&service, "GET", "/ticks?last_event_id=%ff", &[EVENTS]).await.status(), StatusCode::BAD_REQUEST);
}

/// The typed client, over a WebSocket, goes on as well.
#[tokio::test]
async fn a_websocket_goes_on_too() {
    let tower = Tower::default();
    let client = ClockClient::in_memory(ClockServer::new(tower).jwt(Seconds)).build().unwrap();
    let mut ticks = client.ticks(Some(1)).await.unwrap();
    assert_eq!(ticks.recv().await.unwrap().unwrap().number, 2);
    assert!(ticks.recv().await.unwrap().is_none());
    let model = ClockDesign::model();
    let parameter = &model.methods[0].parameters[0];
    assert!(parameter.last_event_id && !parameter.required);
    assert_eq!((parameter.name.as_str(), parameter.location), ("Last-Event-ID", mandovi::model::Location::Header));
}

#[tokio::test]
async fn a_failure_is_the_last_event() {
    let service = board(&Wall::default());
    let failed = async |how: &str| {
        let mut source = Source::open(&service, &format!("/countdown?from=1&fail={how}")).await;
        assert_eq!(source.data().await, "0");
        let event = source.last().await;
        assert_eq!(event.kind, "error");
        (json(&event), event.id, source.reader.retry)
    };
    let (data, id, retry) = failed("full").await;
    assert_eq!(data, serde_json::json!({"name": "full", "status": 409, "body": {"notes": 7}}));
    // What stays is not asked for again.
    assert_eq!((id.as_str(), retry), ("mandovi.end", None));
    let (data, id, retry) = failed("slow").await;
    assert_eq!(data, serde_json::json!({"name": "slow_down", "status": 429, "retry_after_ms": 1500, "body": {}}));
    assert_eq!((id.as_str(), retry), ("", Some(1500)));
    // No frame bounds it.
    let (data, _, _) = failed("long").await;
    assert_eq!(data["body"], "x".repeat(200));
    for how in ["internal", "panic"] {
        let (data, id, retry) = failed(how).await;
        assert_eq!(data, serde_json::json!({"name": "fault", "status": 500}));
        assert_eq!((id.as_str(), retry), ("", None));
    }
}

#[tokio::test]
async fn the_order_of_refusals_is_that_of_a_websocket() {
    let service = board(&Wall::default());
    let status = async |path: &str, headers: &[(&str, &str)]| {
        ask(&service, "GET", path, &[&[EVENTS], headers].concat()).await.status().as_u16()
    };
    let foreign = ("origin", "https://elsewhere.example");
    assert_eq!(status("/wait", &[foreign, ("authorization", "bad")]).await, 403);
    assert_eq!(status("/wait", &[("origin", "null")]).await, 403);
    assert_eq!(status("/wait", &[]).await, 400);
    assert_eq!(status("/wait", &[("authorization", "bad")]).await, 401);
    assert_eq!(status("/wait", &[("authorization", "no-scope")]).await, 403);
    assert_eq!(status("/wait", &[("authorization", "ada"), ("origin", "http://here.example")]).await, 200);
    assert_eq!(status("/countdown", &[]).await, 400);
    assert_eq!(status("/nowhere", &[]).await, 404);
}

#[tokio::test]
async fn what_asks_for_no_events_is_answered_as_before() {
    let service = clock(&Tower::default());
    let status = async |verb: &str, path: &str, headers: &[(&str, &str)]| {
        ask(&service, verb, path, headers).await.status().as_u16()
    };
    assert_eq!(status("GET", "/ticks", &[]).await, 426);
    assert_eq!(status("GET", "/ticks", &[("accept", "*/*")]).await, 426);
    assert_eq!(status("GET", "/ticks", &[("accept", "text/event-stream;q=0, */*")]).await, 426);
    assert_eq!(status("GET", "/ticks", &[("accept", "text/html, text/event-stream;q=0.1")]).await, 200);
    assert_eq!(status("HEAD", "/ticks", &[EVENTS]).await, 405);
    assert_eq!(status("POST", "/ticks", &[EVENTS]).await, 405);
    // An upgrade is an upgrade, and here a broken one.
    assert_eq!(status("GET", "/ticks", &[EVENTS, ("connection", "upgrade"), ("upgrade", "websocket")]).await, 426);
    assert_eq!(status("GET", "/raw", &[EVENTS]).await, 426);
    assert_eq!(ask(&board(&Wall::default()), "GET", "/echo", &[EVENTS]).await.status(), 426);
}

#[tokio::test(start_paused = true)]
async fn a_method_decides_before_the_answer() {
    let service = clock(&Tower::default());
    let refused = ask(&service, "GET", "/opening?refuse=gone", &[EVENTS]).await;
    assert_eq!(
        (refused.status().as_u16(), &refused.headers()["goa-error"]),
        (404, &http::HeaderValue::from_static("gone"))
    );
    let body = refused.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(body.len(), 2003, "an ordinary answer is whole");
    assert_eq!(ask(&service, "GET", "/opening?refuse=undecided", &[EVENTS]).await.status(), 504);
    assert_eq!(ask(&service, "GET", "/opening?refuse=panics", &[EVENTS]).await.status(), 500);
    let mut source = Source::open(&service, "/opening").await;
    assert_eq!(source.data().await, "\"open\"");
    let event = source.last().await;
    let body = serde_json::json!({"message": "the\nclock"});
    let data = serde_json::json!({"name": "busy", "status": 409, "message": "the\nclock", "retry_after_ms": 2500, "body": body});
    assert_eq!((json(&event), source.reader.retry), (data, Some(2500)));
}

#[tokio::test(start_paused = true)]
async fn a_token_in_the_query_opens_a_stream_and_ends_it() {
    let tower = Tower::default();
    let service = clock_with(&tower, Settings::server().event_heartbeat(Duration::ZERO));
    assert_eq!(ask(&service, "GET", "/guarded", &[EVENTS]).await.status(), 400);
    assert_eq!(ask(&service, "GET", "/guarded?token=bad", &[EVENTS]).await.status(), 401);
    let begun = Instant::now();
    let mut source = Source::open(&service, "/guarded?token=60").await;
    assert_eq!(source.data().await, "\"in\"");
    let event = source.last().await;
    assert_eq!(json(&event), serde_json::json!({"name": "token_expired", "status": 401}));
    assert_eq!(begun.elapsed().as_secs(), 60);
    tower.wall.running(0).await;
    assert_eq!(tower.ended.lock().unwrap().as_ref().unwrap().code().as_u16(), 4401);
}

#[tokio::test(start_paused = true)]
async fn a_silent_stream_says_that_it_is_there() {
    let tower = Tower::default();
    let mut source = Source::open(&clock(&tower), "/guarded?token=100000").await;
    assert_eq!(source.data().await, "\"in\"");
    assert_eq!(source.reader.comments, 1, "the head comes at once");
    let mut last = Instant::now();
    for comments in 2..6 {
        assert!(source.read().await);
        assert_eq!((source.reader.comments, last.elapsed().as_secs()), (comments, 15));
        last = Instant::now();
    }
    assert_eq!(source.reader.events.len(), 0);
}

/// A word is said every ten seconds: no room for a heartbeat of fifteen.
#[tokio::test(start_paused = true)]
async fn a_busy_stream_has_no_heartbeat() {
    #[service]
    trait Talk {
        /// Talks.
        #[get("/talk")]
        async fn talk(&self, output: Sender<String>) -> Outcome<()>;
    }
    struct Slow;
    impl Talk for Slow {
        async fn talk(&self, output: Sender<String>) -> Outcome<()> {
            for _ in 0..10 {
                tokio::time::sleep(Duration::from_secs(10)).await;
                output.send("word").await?;
            }
            Ok(())
        }
    }
    let mut source = Source::open(&TalkServer::new(Slow).into_service(), "/talk").await;
    assert_eq!(source.last().await.kind, "end");
    assert_eq!(source.reader.comments, 1);
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_stands_still_is_waited_for_and_then_dropped() {
    let tower = Tower::default();
    let mut source = Source::open(&clock(&tower), "/flood").await;
    tower.wall.running(1).await;
    let begun = Instant::now();
    // The handler waits: 64 KiB of events of 1,012 bytes.
    tokio::time::sleep(Duration::from_secs(20)).await;
    assert_eq!(tower.sent.load(Ordering::SeqCst), 65);
    // What is taken makes room again, once there is enough of it.
    for _ in 0..5 {
        assert_eq!(tower.sent.load(Ordering::SeqCst), 65);
        assert!(source.read().await);
    }
    tokio::time::sleep(Duration::from_secs(20)).await;
    assert_eq!(tower.sent.load(Ordering::SeqCst), 130);
    tower.wall.running(0).await;
    assert_eq!(begun.elapsed().as_secs(), 50);
    // What it has is not all, and it is told so.
    let cut = source.body.frame().await.unwrap().unwrap_err();
    assert!(cut.to_string().contains("cut before its end"), "{cut}");
}

#[tokio::test]
async fn a_client_that_leaves_ends_its_handler() {
    let tower = Tower::default();
    let service = clock(&tower);
    let mut source = Source::open(&service, "/guarded?token=1000").await;
    assert_eq!(source.data().await, "\"in\"");
    tower.wall.running(1).await;
    drop(source);
    tower.wall.running(0).await;
    // Before it has the head.
    let asked = tokio::spawn(async move { ask(&service, "GET", "/opening?refuse=undecided", &[EVENTS]).await });
    tower.wall.running(1).await;
    asked.abort();
    tower.wall.running(0).await;
}

/// No wake-up is lost between the senders, the task of the stream and the one that reads the body.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_senders_on_many_threads() {
    const EACH: u32 = 2000;
    #[service]
    trait Crowd {
        /// Everybody talks.
        #[get("/crowd")]
        async fn crowd(&self, output: Sender<u32>) -> Outcome<()>;
    }
    struct Talks;
    impl Crowd for Talks {
        async fn crowd(&self, output: Sender<u32>) -> Outcome<()> {
            let tasks = (0..4).map(|_| {
                let output = output.clone();
                tokio::spawn(async move {
                    for n in 0..EACH {
                        output.send(n).await?;
                        if n % 64 == 0 {
                            tokio::task::yield_now().await;
                        }
                    }
                    Ok::<_, StreamError>(())
                })
            });
            for task in tasks.collect::<Vec<_>>() {
                task.await.unwrap()?;
            }
            Ok(())
        }
    }
    let settings = Settings::server().outbox_size(256).event_heartbeat(Duration::ZERO);
    let service = CrowdServer::new(Talks).options(Options::default().settings(settings)).into_service();
    let mut source = Source::open(&service, "/crowd").await;
    let all = async {
        let mut sum = 0;
        loop {
            let event = source.next().await.unwrap();
            if event.kind == "end" {
                return sum;
            }
            sum += event.data.parse::<u32>().unwrap();
        }
    };
    let sum = tokio::time::timeout(Duration::from_secs(20), all).await.expect("a lost wake-up");
    assert_eq!(sum, 4 * EACH * (EACH - 1) / 2);
}

/// As long as it takes something: a large message goes out in pieces.
#[tokio::test(start_paused = true)]
async fn a_slow_reader_has_its_time() {
    #[service]
    trait Large {
        /// One large message.
        #[get("/large")]
        async fn large(&self, output: Sender<String>) -> Outcome<()>;
    }
    struct Novel;
    impl Large for Novel {
        async fn large(&self, output: Sender<String>) -> Outcome<()> {
            Ok(output.send("x".repeat(200_000)).await?)
        }
    }
    let mut source = Source::open(&LargeServer::new(Novel).into_service(), "/large").await;
    let begun = Instant::now();
    while source.reader.events.is_empty() {
        tokio::time::sleep(Duration::from_secs(29)).await;
        assert!(source.read().await);
    }
    assert!(begun.elapsed() > Duration::from_secs(300));
    assert_eq!(source.data().await.len(), 200_002);
    assert_eq!(source.last().await.kind, "end");
}

/// What is flushed is with the HTTP layer's peer, not only in its hands.
#[tokio::test(start_paused = true)]
async fn a_flush_waits_until_it_is_taken() {
    #[service]
    trait Careful {
        /// Sends, and waits.
        #[get("/careful")]
        async fn careful(&self, cx: Context, output: Sender<String>) -> Outcome<()>;
    }
    struct Waits(Arc<AtomicUsize>);
    impl Careful for Waits {
        async fn careful(&self, cx: Context, output: Sender<String>) -> Outcome<()> {
            output.send("first").await?;
            cx.flush().await;
            self.0.store(1, Ordering::SeqCst);
            Ok(())
        }
    }
    let flushed = Arc::new(AtomicUsize::new(0));
    let service = CarefulServer::new(Waits(Arc::clone(&flushed))).into_service();
    let mut source = Source::open(&service, "/careful").await;
    let frame = source.body.frame().await.unwrap().unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(flushed.load(Ordering::SeqCst), 0, "it is still held");
    source.reader.feed(&frame.into_data().unwrap());
    assert_eq!(source.data().await, "\"first\"");
    assert_eq!(source.last().await.kind, "end");
    assert_eq!(flushed.load(Ordering::SeqCst), 1);
}

/// Clones of a sender are the same stream, from whatever task; what they send behind the end is told.
#[tokio::test]
async fn senders_in_other_tasks() {
    #[service]
    trait Fan {
        /// Fans out.
        #[get("/fan")]
        async fn fan(&self, output: Sender<u32>) -> Outcome<()>;
    }
    struct Out(std::sync::Mutex<Option<oneshot::Sender<Sender<u32>>>>);
    impl Fan for Out {
        async fn fan(&self, output: Sender<u32>) -> Outcome<()> {
            let tasks = (0..100).map(|n| {
                let output = output.clone();
                tokio::spawn(async move {
                    match n % 2 {
                        0 => output.send(n).await,
                        _ => output.reserve().await?.send(n),
                    }
                })
            });
            for task in tasks.collect::<Vec<_>>() {
                task.await.unwrap()?;
            }
            let _ = self.0.lock().unwrap().take().unwrap().send(output);
            Ok(())
        }
    }
    let (kept, late) = oneshot::channel();
    let service = FanServer::new(Out(std::sync::Mutex::new(Some(kept)))).into_service();
    let mut source = Source::open(&service, "/fan").await;
    let mut seen = std::collections::BTreeSet::new();
    loop {
        let event = source.next().await.unwrap();
        if event.kind == "end" {
            break;
        }
        seen.insert(event.data.parse::<u32>().unwrap());
    }
    assert_eq!(seen, (0..100).collect());
    let closed = late.await.unwrap().send(7).await.unwrap_err();
    assert!(matches!(closed, StreamError::Closed(_)), "{closed}");
    assert!(source.next().await.is_none());
}

/// A request over TCP, and what comes back in its chunks.
struct Wire {
    tcp: TcpStream,
    reader: Reader,
}

impl Wire {
    pub(crate) async fn open(address: std::net::SocketAddr, path: &str, headers: &str) -> Self {
        let mut wire = Self { tcp: TcpStream::connect(address).await.unwrap(), reader: Reader::default() };
        let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nAccept: text/event-stream\r\n{headers}\r\n");
        wire.tcp.write_all(request.as_bytes()).await.unwrap();
        let head = wire.line_until("\r\n\r\n").await.to_lowercase();
        assert!(head.starts_with("http/1.1 200 ") && head.contains("transfer-encoding: chunked\r\n"), "{head}");
        wire
    }

    async fn line_until(&mut self, end: &str) -> String {
        let mut line = Vec::new();
        while !line.ends_with(end.as_bytes()) {
            line.push(self.tcp.read_u8().await.unwrap());
        }
        String::from_utf8(line).unwrap()
    }

    /// The next event; `None` at the end of the chunks.
    pub(crate) async fn next(&mut self) -> Option<Event> {
        while self.reader.events.is_empty() {
            let size = self.line_until("\r\n").await;
            let size = usize::from_str_radix(size.trim(), 16).unwrap();
            let mut chunk = vec![0; size + 2];
            self.tcp.read_exact(&mut chunk).await.unwrap();
            if size == 0 {
                return None;
            }
            self.reader.feed(&chunk[..size]);
        }
        self.reader.events.pop_front()
    }
}

#[tokio::test]
async fn over_http1_the_connection_stays_for_the_next_request() {
    let wall = Wall::default();
    let address = board::listen(&wall).await;
    let mut wire = Wire::open(address, "/countdown?from=2", "").await;
    let kinds = [wire.next().await.unwrap().data, wire.next().await.unwrap().data, wire.next().await.unwrap().kind];
    assert_eq!(kinds, ["1", "0", "end"]);
    assert!(wire.next().await.is_none());
    wire.tcp.write_all(b"POST /touch HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    assert!(wire.line_until("\r\n").await.starts_with("HTTP/1.1 204 "));
}

#[tokio::test]
async fn a_client_that_ends_tcp_ends_its_handler() {
    let wall = Wall::default();
    let address = board::listen(&wall).await;
    let mut wire = Wire::open(address, "/wait", "Authorization: ada\r\n").await;
    assert_eq!(wire.next().await.unwrap().data, "\"ada\"");
    wall.running(1).await;
    drop(wire);
    wall.running(0).await;
}

#[tokio::test]
async fn a_server_that_stops_tells_every_stream_and_takes_no_new_ones() {
    let wall = Wall::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let serve = mandovi::serve(listener, board::server(&wall).into_router())
        .drain_notice(Duration::from_millis(300))
        .drain_window(Duration::ZERO)
        .with_graceful_shutdown(async {
            let _ = stopped.await;
        });
    let served = tokio::spawn(serve.into_future());
    let mut wire = Wire::open(address, "/wait", "Authorization: ada\r\n").await;
    assert_eq!(wire.next().await.unwrap().data, "\"ada\"");
    let mut other = Wire::open(address, "/countdown?from=0", "").await;
    while other.next().await.is_some() {}
    stop.send(()).unwrap();
    assert_eq!(wire.next().await.unwrap().data, "\"draining\"");
    other.tcp.write_all(b"GET /notes HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n").await.unwrap();
    let refused = other.line_until("\r\n\r\n").await.to_lowercase();
    assert!(refused.starts_with("http/1.1 503 ") && refused.contains("retry-after: 1\r\n"), "{refused}");
    let last = wire.next().await.unwrap();
    assert_eq!((last.kind.as_str(), last.id.as_str()), ("error", ""));
    let retry = wire.reader.retry.unwrap();
    assert!((1000..=2000).contains(&retry), "{retry}");
    assert_eq!(json(&last), serde_json::json!({"name": "draining", "status": 503, "retry_after_ms": retry}));
    assert!(wire.next().await.is_none());
    drop(other);
    served.await.unwrap().unwrap();
    wall.running(0).await;
}

#[tokio::test]
async fn over_http2_streams_of_events_share_a_connection() {
    use crate::http2::peer::{Client, request};
    let wall = Wall::default();
    let mut client = Client::tcp(board::listen(&wall).await).await;
    let events = |path: &str, token: &str| {
        let mut request = request(http::Method::GET, path);
        request.headers_mut().insert("accept", "text/event-stream".parse().unwrap());
        request.headers_mut().insert("authorization", token.parse().unwrap());
        request
    };
    let (waits, stream) = client.request(events("/wait", "ada")).await.unwrap();
    assert_eq!(waits.status(), 200);
    wall.running(1).await;
    let (counts, body) = client.request(events("/countdown?from=2", "ada")).await.unwrap();
    assert_eq!((counts.status().as_u16(), &counts.headers()["content-type"]), (200, &EVENTS.1.parse().unwrap()));
    assert_eq!(body.body().await, ":\n\ndata: 1\n\ndata: 0\n\nevent: end\nid: mandovi.end\ndata: {}\n\n");
    let (refused, _) = client.request(events("/wait", "bad")).await.unwrap();
    assert_eq!(refused.status(), 401);
    // RST_STREAM: the client has left.
    stream.reset(h2::Reason::CANCEL);
    wall.running(0).await;
}

/// Only a handler that outlives its notice of an end meets the one of its client: what waits is told why.
#[tokio::test]
async fn the_handlers_other_tasks_learn_that_the_client_has_left() {
    let tower = Tower::default();
    let mut source = Source::open(&clock(&tower), "/guarded?token=1000").await;
    assert_eq!(source.data().await, "\"in\"");
    drop(source);
    tower.wall.running(0).await;
    loop {
        if let Some(closed) = &*tower.ended.lock().unwrap() {
            assert_eq!(closed.code().as_u16(), 1006);
            return;
        }
        tokio::task::yield_now().await;
    }
}
