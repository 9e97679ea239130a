//! Interceptors on both sides: what they see, what they change, what they refuse, and that nothing is lost on the way.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use futures_util::FutureExt as _;
use mandovi::intercept::{Call, CallInfo, End, Fault, InFlight, Interceptor, Next, NextSend, Refused, Side};
use mandovi::prelude::*;
use tokio::sync::Semaphore;

use crate::board::{BoardClient, BoardError, Caller, Note, Wall, note, server};

#[path = "../../examples/interceptors.rs"]
mod example;

/// The worked example does what it says.
#[tokio::test]
async fn the_example_audits_traces_and_redacts() {
    let lines = example::run().await.unwrap();
    let audits: Vec<_> = lines.iter().filter(|line| line.starts_with("audit")).map(String::as_str).collect();
    assert_eq!(
        audits,
        [
            "audit: ada Desk.open: done, 0 in, 0 out",
            "audit: ada Desk.follow: done, 0 in, 1 out",
            "audit: bob Desk.follow: done, 0 in, 1 out",
            "audit: ada Desk.talk: done, 1 in, 1 out",
            "audit: bob Desk.talk: 403 forbidden, 0 in, 0 out",
        ]
    );
    // One identity on both sides of a call.
    let talk: Vec<_> = lines.iter().filter_map(|line| line.strip_prefix("trace t4: ")).collect();
    assert_eq!(
        talk,
        [
            "client begins talk",
            "server begins talk",
            "client sent in talk",
            "server received in talk",
            "server sent in talk",
            "client received in talk",
        ]
    );
    assert!(lines.iter().all(|line| !line.contains("4111") && !line.contains("eve")), "{lines:?}");
}

/// What happened, in its order.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn say(&self, what: impl Into<String>) {
        self.0.lock().unwrap().push(what.into());
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

/// Notes every hook.
struct Recorder(&'static str, Log);

impl Interceptor for Recorder {
    async fn call(&self, call: &mut Call, next: Next<'_>) -> Result<(), Fault> {
        self.1.say(format!("{} call {}", self.0, call.method()));
        let outcome = next.run(call).await;
        self.1.say(format!("{} called", self.0));
        outcome
    }

    async fn sending(
        &self,
        call: &CallInfo,
        message: &mut InFlight<'_>,
        next: NextSend<'_>,
    ) -> Result<(), StreamError> {
        self.1.say(format!("{} sending {}", self.0, message.json().unwrap_or_default()));
        let sent = next.send(message).await;
        self.1.say(format!("{} sent {}", self.0, call.messages_sent()));
        sent
    }

    async fn received(&self, _: &CallInfo, message: &mut InFlight<'_>) -> Result<(), StreamError> {
        self.1.say(format!("{} received {}", self.0, message.json().unwrap_or_default()));
        Ok(())
    }

    fn ended(&self, call: &CallInfo, end: &End) {
        let (sent, received) = (call.messages_sent(), call.messages_received());
        self.1.say(format!("{} ended {end:?} sent {sent} received {received}", self.0));
    }
}

/// A client and a server in memory, each with an interceptor.
fn both(on_server: impl Interceptor, on_client: impl Interceptor) -> (Wall, BoardClient) {
    let wall = Wall::default();
    let server = server(&wall).intercept(on_server);
    let client = BoardClient::in_memory(server).token("ada").basic("ada", "rocks").intercept(on_client);
    (wall, client.build().unwrap())
}

/// Does nothing.
struct Idle;

impl Interceptor for Idle {}

#[tokio::test]
async fn the_first_is_the_outermost() {
    let log = Log::default();
    let wall = Wall::default();
    let server = server(&wall).intercept(Recorder("a", log.clone())).intercept(Recorder("b", log.clone()));
    let client = BoardClient::in_memory(server).build().unwrap();
    assert_eq!(client.sum("x", 1, None, None, None).await.unwrap(), 101);
    assert_eq!(
        log.take(),
        [
            "a call sum",
            "b call sum",
            "b called",
            "a called",
            "b ended Done sent 0 received 0",
            "a ended Done sent 0 received 0"
        ]
    );
    let (tx, mut rx) = client.echo().await.unwrap();
    assert_eq!(log.take(), ["a call echo", "b call echo"]);
    tx.send("hi").await.unwrap();
    assert_eq!(rx.recv().await.unwrap().unwrap(), "hi");
    tx.finish().unwrap();
    assert_eq!(rx.recv().await.unwrap(), None);
    assert_eq!(
        log.take(),
        [
            r#"b received "hi""#,
            r#"a received "hi""#,
            r#"a sending "hi""#,
            r#"b sending "hi""#,
            "b sent 1",
            "a sent 1",
            "b called",
            "a called",
            "b ended Done sent 1 received 1",
            "a ended Done sent 1 received 1"
        ]
    );
}

#[tokio::test]
async fn a_client_sees_the_same_from_its_side() {
    let log = Log::default();
    let (_wall, client) = both(Idle, Recorder("c", log.clone()));
    client.touch().await.unwrap();
    assert_eq!(log.take(), ["c call touch", "c called", "c ended Done sent 0 received 0"]);
    let (tx, reply) = client.total().await.unwrap();
    assert_eq!(log.take(), ["c call total", "c called"]);
    tx.send(7).await.unwrap();
    tx.finish().unwrap();
    assert_eq!(reply.await.unwrap(), 7);
    drop(tx);
    assert_eq!(log.take(), ["c sending 7", "c sent 1", "c received 7", "c ended Done sent 1 received 1"]);
    let mut rx = client.countdown(2, Some("full".into())).await.unwrap();
    while let Ok(Some(_)) = rx.recv().await {}
    drop(rx);
    assert_eq!(log.take().last().unwrap(), r#"c ended Failed { status: Some(409), name: "full" } sent 0 received 2"#);
    drop(client.echo().await.unwrap());
    assert_eq!(log.take().last().unwrap(), "c ended Cancelled sent 0 received 0");
}

/// Adds its mark to every text that passes, by type.
struct Mark(&'static str);

impl Mark {
    fn mark(&self, message: &mut InFlight<'_>) {
        if let Some(text) = message.get_mut::<String>() {
            text.push_str(self.0);
        } else if let Some(note) = message.get_mut::<Note>() {
            note.text.push_str(self.0);
        } else if let Some(Message::Text(text)) = message.get_mut::<Message>() {
            text.push_str(self.0);
        } else if let Some(number) = message.get_mut::<u32>() {
            *number += 1000;
        }
    }
}

impl Interceptor for Mark {
    async fn sending(&self, _: &CallInfo, message: &mut InFlight<'_>, next: NextSend<'_>) -> Result<(), StreamError> {
        self.mark(message);
        next.send(message).await
    }

    async fn received(&self, _: &CallInfo, message: &mut InFlight<'_>) -> Result<(), StreamError> {
        self.mark(message);
        Ok(())
    }
}

#[tokio::test]
async fn both_sides_change_values_in_both_directions() {
    let (_wall, client) = both(Mark("-server"), Mark("-client"));
    let (tx, mut rx) = client.echo().await.unwrap();
    // A `&str` and a `String`.
    tx.send("a").await.unwrap();
    assert_eq!(rx.recv().await.unwrap().unwrap(), "a-client-server-server-client");
    tx.send(&"b".to_owned()).await.unwrap();
    assert_eq!(rx.recv().await.unwrap().unwrap(), "b-client-server-server-client");
    // The owner keeps what it sent by reference.
    let (tx, mut rx) = client.exchange().await.unwrap();
    let sent = note("n");
    tx.send(&sent).await.unwrap();
    assert_eq!(rx.recv().await.unwrap().unwrap().text, "n-client-server-server-client");
    assert_eq!(sent.text, "n");
    tx.send(sent).await.unwrap();
    assert_eq!(rx.recv().await.unwrap().unwrap().text, "n-client-server-server-client");
    // The answer of a client stream is a message.
    let (tx, reply) = client.total().await.unwrap();
    tx.send(1).await.unwrap();
    // 1 + 1000 (client) + 1000 (server), which is more than the method waits for, + 1000 (server) + 1000 (client).
    assert_eq!(reply.await.unwrap(), 4001);
}

/// Looks at and changes bodies, results and parameters.
struct Plain(Log);

impl Interceptor for Plain {
    async fn call(&self, call: &mut Call, next: Next<'_>) -> Result<(), Fault> {
        let side = call.side();
        if let Some(body) = call.body_mut::<Note>() {
            body.text.push_str(if side == Side::Server { "ss" } else { "ccc" });
        }
        let (board, a, c) = (call.parameter::<String>("board"), call.parameter::<i64>("a"), call.parameter::<i64>("c"));
        self.0.say(format!("{side:?} {} {board:?} {a:?} {c:?} {:?}", call.service(), call.body_json().is_some()));
        if let Some(headers) = call.headers_mut() {
            headers.insert("x-factor", "3".parse().unwrap());
        }
        next.run(call).await?;
        if let Some(length) = call.result_mut::<u32>() {
            *length += 100;
        }
        self.0.say(format!("{side:?} {}", call.result_json().unwrap_or_default()));
        Ok(())
    }
}

#[tokio::test]
async fn bodies_results_and_parameters_are_typed() {
    let log = Log::default();
    let (_wall, client) = both(Plain(log.clone()), Plain(log.clone()));
    // "four" and three of the client's and two of the server's; each adds 100 to the result.
    assert_eq!(client.pin("b", &note("four")).await.unwrap(), 4 + 3 + 2 + 200);
    assert_eq!(
        log.take(),
        [
            r#"Client Board Some("b") None None true"#,
            r#"Server Board Some("b") None None true"#,
            "Server 109",
            "Client 209",
        ]
    );
    // The header is the interceptor's; the default is known to the server alone.
    assert_eq!(client.sum("b", 1, Some(2), None, None).await.unwrap(), (1 + 2 + 100) * 3);
    assert_eq!(
        log.take(),
        [
            r#"Client Board Some("b") Some(1) None false"#,
            r#"Server Board Some("b") Some(1) Some(100) false"#,
            "Server 309",
            "Client 309",
        ]
    );
}

/// Refuses calls by the name of their method.
struct Gatekeeper(&'static str, Refused);

impl Interceptor for Gatekeeper {
    async fn call(&self, call: &mut Call, next: Next<'_>) -> Result<(), Fault> {
        if call.method() == self.0 {
            // It may wait first.
            tokio::task::yield_now().await;
            return Err(self.1.clone().into());
        }
        next.run(call).await
    }
}

#[tokio::test]
async fn a_call_is_refused_before_the_upgrade() {
    for method in ["echo", "join", "sum"] {
        let call = async |refused: Refused| {
            let (wall, client) = both(Gatekeeper(method, refused), Idle);
            let failure = match method {
                "echo" => client.echo().await.map(drop).unwrap_err(),
                "join" => client.join("lobby").await.map(drop).unwrap_err(),
                _ => client.sum("b", 1, None, None, None).await.map(drop).unwrap_err(),
            };
            wall.running(0).await;
            // The other methods are left alone.
            client.touch().await.unwrap();
            failure
        };
        // The method's own errors: one with a text, one without, one with fields.
        let failure = call(Refused::new(403, "forbidden", "not you")).await;
        assert!(matches!(&failure, Failure::Declared(BoardError::Forbidden(text)) if text == "not you"), "{failure:?}");
        let failure = call(Refused::new(404, "not_found", "nowhere")).await;
        assert!(matches!(failure, Failure::Declared(BoardError::NotFound)), "{failure:?}");
        let failure = call(BoardError::Full { notes: 9 }.into()).await;
        assert!(matches!(failure, Failure::Declared(BoardError::Full { notes: 9 })), "{failure:?}");
        let slow = Refused::new(429, "slow_down", "").retry_after(Duration::from_millis(1500));
        let failure = call(slow).await;
        assert!(
            matches!(failure, Failure::Declared(BoardError::SlowDown { after }) if after.as_millis() == 1500),
            "{failure:?}"
        );
        // One that the method does not have, or not with this status.
        for (status, name) in [(418, "teapot"), (409, "forbidden")] {
            let Failure::Remote(remote) = call(Refused::new(status, name, "short and stout")).await else { panic!() };
            assert_eq!((remote.status, remote.name.as_str()), (status, name));
            assert_eq!(remote.message, "short and stout");
        }
        // What is our own fault is not told.
        let Failure::Remote(remote) = call(Refused::internal("secret")).await else { panic!() };
        assert_eq!((remote.status, remote.message.as_str()), (500, "internal error"));
    }
}

#[tokio::test]
async fn a_client_refuses_its_own_calls() {
    let (_wall, client) = both(Idle, Gatekeeper("echo", Refused::new(403, "forbidden", "not you")));
    let failure = client.echo().await.map(drop).unwrap_err();
    assert!(matches!(failure, Failure::Declared(BoardError::Forbidden(text)) if text == "not you"));
    let (_wall, client) = both(Idle, Gatekeeper("touch", Refused::new(418, "teapot", "")));
    let failure = client.touch().await.unwrap_err();
    assert_eq!(failure, refused(418, "teapot"));
}

fn refused(status: u16, name: &str) -> Same {
    Same(status, name.to_owned())
}

/// For comparing a failure with a refusal.
#[derive(Debug)]
struct Same(u16, String);

impl PartialEq<Same> for Failure<BoardError> {
    fn eq(&self, other: &Same) -> bool {
        matches!(self, Failure::Stream(StreamError::Refused(refused))
            if refused.status() == other.0 && refused.name() == other.1)
    }
}

/// Refuses messages that say so.
struct Censor(Log);

impl Censor {
    fn judge(&self, message: &InFlight<'_>) -> Result<(), Refused> {
        match message.get::<String>().map(String::as_str) {
            Some("forbidden") => Err(BoardError::Forbidden("not that".into()).into()),
            Some("teapot") => Err(Refused::new(418, "teapot", "no coffee")),
            Some("broken") => Err(Refused::internal("secret")),
            Some("panic") => panic!("on purpose"),
            _ => Ok(()),
        }
    }
}

impl Interceptor for Censor {
    async fn sending(&self, _: &CallInfo, message: &mut InFlight<'_>, next: NextSend<'_>) -> Result<(), StreamError> {
        self.judge(message)?;
        if message.get::<String>().is_some_and(|text| text == "forgotten") {
            return Ok(());
        }
        next.send(message).await
    }

    async fn received(&self, _: &CallInfo, message: &mut InFlight<'_>) -> Result<(), StreamError> {
        Ok(self.judge(message)?)
    }

    fn ended(&self, _: &CallInfo, end: &End) {
        self.0.say(format!("{end:?}"));
    }
}

#[tokio::test]
async fn a_message_refused_by_the_server_ends_its_stream_with_that_error() {
    let log = Log::default();
    let (_wall, client) = both(Censor(log.clone()), Idle);
    let say = async |text: &str| {
        let (tx, mut rx) = client.echo().await.unwrap();
        tx.send("fine").await.unwrap();
        assert_eq!(rx.recv().await.unwrap().unwrap(), "fine");
        tx.send(text).await.unwrap();
        rx.recv().await.unwrap_err()
    };
    // The handler passes on what `recv` answered.
    let failure = say("forbidden").await;
    assert!(matches!(&failure, Failure::Declared(BoardError::Forbidden(text)) if text == "not that"), "{failure:?}");
    assert_eq!(log.take(), [r#"Failed { status: Some(403), name: "forbidden" }"#]);
    let Failure::Remote(remote) = say("teapot").await else { panic!() };
    assert_eq!((remote.status, remote.name.as_str(), remote.message.as_str()), (418, "teapot", "no coffee"));
    let Failure::Stream(StreamError::Closed(closed)) = say("broken").await else { panic!() };
    assert_eq!((closed.code().as_u16(), closed.reason()), (1011, ""));
    log.take();
    let Failure::Stream(StreamError::Closed(closed)) = say("panic").await else { panic!() };
    assert_eq!((closed.code().as_u16(), closed.reason()), (1011, ""));
    assert_eq!(log.take(), ["Panicked"]);
    // Other calls go on.
    client.touch().await.unwrap();
}

#[tokio::test]
async fn a_message_refused_by_the_client_is_an_error_in_its_place() {
    let (_wall, client) = both(Idle, Censor(Log::default()));
    let (tx, mut rx) = client.echo().await.unwrap();
    let StreamError::Refused(refused) = tx.send("forbidden").await.unwrap_err() else { panic!() };
    assert_eq!((refused.status(), refused.name(), refused.message()), (403, "forbidden", "not that"));
    // An interceptor that forgets a message does not lose it in silence.
    let StreamError::Refused(refused) = tx.send("forgotten").await.unwrap_err() else { panic!() };
    assert_eq!(refused.status(), 500);
    tx.send("fine").await.unwrap();
    assert_eq!(rx.recv().await.unwrap().unwrap(), "fine");
}

#[tokio::test]
async fn a_received_message_that_is_refused_leaves_the_stream_open() {
    struct Deaf;
    impl Interceptor for Deaf {
        async fn received(&self, _: &CallInfo, message: &mut InFlight<'_>) -> Result<(), StreamError> {
            match message.get::<u32>() {
                Some(2) => Err(Refused::from(BoardError::NotFound).into()),
                _ => Ok(()),
            }
        }
    }
    let (_wall, client) = both(Idle, Deaf);
    let mut rx = client.countdown(4, None).await.unwrap();
    assert_eq!(rx.recv().await.unwrap(), Some(3));
    assert!(matches!(rx.recv().await, Err(Failure::Declared(BoardError::NotFound))));
    assert_eq!(rx.recv().await.unwrap(), Some(1));
    assert_eq!(rx.recv().await.unwrap(), Some(0));
    assert_eq!(rx.recv().await.unwrap(), None);
}

#[tokio::test]
async fn a_server_refuses_what_its_own_method_sends() {
    struct Mute;
    impl Interceptor for Mute {
        async fn sending(
            &self,
            _: &CallInfo,
            message: &mut InFlight<'_>,
            next: NextSend<'_>,
        ) -> Result<(), StreamError> {
            if message.get::<u32>() == Some(&1) {
                return Err(Refused::new(403, "forbidden", "not that number").into());
            }
            next.send(message).await
        }
    }
    let (_wall, client) = both(Mute, Idle);
    let mut rx = client.countdown(3, None).await.unwrap();
    assert_eq!(rx.recv().await.unwrap(), Some(2));
    let failure = rx.recv().await.unwrap_err();
    assert!(matches!(failure, Failure::Declared(BoardError::Forbidden(text)) if text == "not that number"));
    // The one answer of a client stream goes the same way.
    let (tx, reply) = client.total().await.unwrap();
    tx.send(1).await.unwrap();
    tx.finish().unwrap();
    let failure = reply.await.unwrap_err();
    assert!(matches!(failure, Failure::Declared(BoardError::Forbidden(_))), "{failure:?}");
}

#[tokio::test]
async fn a_body_that_an_interceptor_spoils_never_reaches_the_method() {
    struct SpoilBody;
    impl Interceptor for SpoilBody {
        async fn call(&self, call: &mut Call, next: Next<'_>) -> Result<(), Fault> {
            call.body_mut::<Note>().unwrap().score = f64::NAN;
            next.run(call).await
        }
    }
    let (_wall, client) = both(SpoilBody, Idle);
    let Failure::Remote(remote) = client.pin("b", &note("n")).await.unwrap_err() else { panic!() };
    assert_eq!((remote.status, remote.message.as_str()), (500, "internal error"));
    let (_wall, client) = both(Idle, SpoilBody);
    let failure = client.pin("b", &note("n")).await.unwrap_err();
    assert!(matches!(failure, Failure::Stream(StreamError::Invalid(_))), "{failure:?}");
}

#[tokio::test]
async fn what_an_interceptor_makes_invalid_is_not_the_peers_fault() {
    struct Spoil;
    impl Interceptor for Spoil {
        async fn received(&self, _: &CallInfo, message: &mut InFlight<'_>) -> Result<(), StreamError> {
            message.get_mut::<Note>().unwrap().score = f64::NAN;
            Ok(())
        }
    }
    let (_wall, client) = both(Spoil, Idle);
    let (tx, mut rx) = client.exchange().await.unwrap();
    tx.send(note("n")).await.unwrap();
    let Failure::Stream(StreamError::Closed(closed)) = rx.recv().await.unwrap_err() else { panic!() };
    assert_eq!(closed.code().as_u16(), 1011);

    struct SpoilSent;
    impl Interceptor for SpoilSent {
        async fn sending(
            &self,
            _: &CallInfo,
            message: &mut InFlight<'_>,
            next: NextSend<'_>,
        ) -> Result<(), StreamError> {
            assert!(message.set_json(&serde_json::json!({ "text": 7 })).is_err());
            message.get_mut::<Note>().unwrap().score = f64::NAN;
            next.send(message).await
        }
    }
    let (_wall, client) = both(Idle, SpoilSent);
    let (tx, _rx) = client.exchange().await.unwrap();
    assert!(matches!(tx.send(&note("n")).await, Err(StreamError::Unsendable(_))));
}

/// Waits for permission at every message.
#[derive(Clone)]
struct Slow {
    gate: Arc<Semaphore>,
    seen: Arc<AtomicUsize>,
}

impl Slow {
    fn new() -> Self {
        Self { gate: Arc::new(Semaphore::new(0)), seen: Arc::default() }
    }

    async fn wait(&self) {
        self.seen.fetch_add(1, Ordering::SeqCst);
        self.gate.acquire().await.unwrap().forget();
    }

    fn seen(&self) -> usize {
        self.seen.load(Ordering::SeqCst)
    }
}

impl Interceptor for Slow {
    async fn sending(&self, _: &CallInfo, message: &mut InFlight<'_>, next: NextSend<'_>) -> Result<(), StreamError> {
        self.wait().await;
        next.send(message).await
    }

    async fn received(&self, _: &CallInfo, _: &mut InFlight<'_>) -> Result<(), StreamError> {
        self.wait().await;
        Ok(())
    }
}

#[tokio::test]
async fn a_dropped_recv_loses_nothing_and_the_interceptor_goes_on() {
    let slow = Slow::new();
    let (_wall, client) = both(Idle, slow.clone());
    let mut rx = client.countdown(2, None).await.unwrap();
    while slow.seen() == 0 {
        assert!(rx.recv().now_or_never().is_none());
        tokio::task::yield_now().await;
    }
    for _ in 0..10 {
        assert!(rx.recv().now_or_never().is_none());
    }
    assert_eq!(slow.seen(), 1, "it began once");
    slow.gate.add_permits(2);
    assert_eq!(rx.recv().await.unwrap(), Some(1));
    assert_eq!(rx.recv().await.unwrap(), Some(0));
    assert_eq!(rx.recv().await.unwrap(), None);
    assert_eq!(slow.seen(), 2);
}

#[tokio::test]
async fn a_dropped_send_has_sent_nothing() {
    let slow = Slow::new();
    let (_wall, client) = both(Idle, slow.clone());
    let (tx, reply) = client.total().await.unwrap();
    assert!(tx.send(1).now_or_never().is_none());
    slow.gate.add_permits(2);
    tx.send(2).await.unwrap();
    tx.finish().unwrap();
    assert_eq!(reply.await.unwrap(), 2);
}

#[tokio::test]
async fn a_permit_goes_through_the_interceptors_and_never_past_them() {
    let (_wall, client) = both(Idle, Mark("!"));
    let (tx, mut rx) = client.echo().await.unwrap();
    tx.reserve().await.unwrap().send("now").unwrap();
    assert_eq!(rx.recv().await.unwrap().unwrap(), "now!!");

    let slow = Slow::new();
    let (_wall, client) = both(Idle, slow.clone());
    let (tx, reply) = client.total().await.unwrap();
    let error = tx.reserve().await.unwrap().send(1).unwrap_err();
    let StreamError::Unsendable(invalid) = error else { panic!() };
    assert_eq!(invalid.violations()[0].rule, "interceptor");
    slow.gate.add_permits(2);
    tx.reserve().await.unwrap().send(2).unwrap();
    tx.finish().unwrap();
    assert_eq!(reply.await.unwrap(), 2);
}

#[service]
pub trait Pipe {
    /// Messages as they are.
    #[get("/pipe", raw)]
    async fn pipe(&self, input: Receiver<Message>, output: Sender<Message>) -> Outcome<()>;
}

struct Through;

impl Pipe for Through {
    async fn pipe(&self, mut input: Receiver<Message>, output: Sender<Message>) -> Outcome<()> {
        while let Some(message) = input.recv_ref().await? {
            output.send(message).await?;
        }
        Ok(())
    }
}

#[tokio::test]
async fn raw_messages_pass_too() {
    let server = PipeServer::new(Through).intercept(Mark("-server"));
    let client = PipeClient::in_memory(server).intercept(Mark("-client")).build().unwrap();
    let (tx, mut rx) = client.pipe().await.unwrap();
    tx.send(Message::text("t")).await.unwrap();
    assert_eq!(rx.recv().await.unwrap(), Some(Message::text("t-client-server-server-client")));
    let large = Message::binary(vec![7; 60_000]);
    tx.send(&large).await.unwrap();
    assert_eq!(rx.recv_ref().await.unwrap(), Some(large.as_ref()));
    tx.finish().unwrap();
    assert_eq!(rx.recv_ref().await.unwrap(), None);
}

#[tokio::test]
async fn an_opening_holds_intercepted_halves() {
    let log = Log::default();
    let (_wall, client) = both(Recorder("s", log.clone()), Idle);
    let (tx, mut rx) = client.join("lobby").await.unwrap();
    assert_eq!(rx.recv().await.unwrap().unwrap(), "welcome to lobby");
    tx.finish().unwrap();
    assert_eq!(rx.recv().await.unwrap(), None);
    assert_eq!(
        log.take(),
        ["s call join", r#"s sending "welcome to lobby""#, "s sent 1", "s called", "s ended Done sent 1 received 0"]
    );
    // A method that refuses has a call around it as well.
    client.join("nowhere").await.map(drop).unwrap_err();
    assert_eq!(log.take()[2], r#"s ended Failed { status: Some(404), name: "not_found" } sent 0 received 0"#);
}

#[tokio::test]
async fn the_verified_caller_and_the_context_are_known() {
    struct Who(Log);
    impl Interceptor for Who {
        async fn call(&self, call: &mut Call, next: Next<'_>) -> Result<(), Fault> {
            let caller = call.principal::<Caller>().unwrap();
            assert_eq!(call.context().unwrap().id(), call.id());
            call.insert(caller.sub.clone());
            next.run(call).await
        }

        fn ended(&self, call: &CallInfo, end: &End) {
            self.0.say(format!("{} {end:?}", call.get::<String>().unwrap()));
        }
    }
    let log = Log::default();
    let (wall, client) = both(Who(log.clone()), Idle);
    let mut rx = client.wait().await.unwrap();
    assert_eq!(rx.recv().await.unwrap().unwrap(), "ada");
    drop(rx);
    wall.running(0).await;
    while log.0.lock().unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
    // The client left: the handler was dropped, and that is what is told.
    assert_eq!(log.take(), ["ada Cancelled"]);
}

#[tokio::test]
async fn a_panic_before_the_method_is_a_500_and_no_other_call_ends() {
    struct Bomb(Log);
    impl Interceptor for Bomb {
        async fn call(&self, call: &mut Call, next: Next<'_>) -> Result<(), Fault> {
            assert_eq!(call.method(), "touch", "on purpose");
            next.run(call).await
        }

        fn ended(&self, _: &CallInfo, end: &End) {
            self.0.say(format!("{end:?}"));
            assert_eq!(*end, End::Done, "a second panic while the first unwinds");
        }
    }
    let log = Log::default();
    let (_wall, client) = both(Bomb(log.clone()), Idle);
    let Failure::Remote(remote) = client.echo().await.map(drop).unwrap_err() else { panic!() };
    assert_eq!(remote.status, 500);
    let Failure::Remote(remote) = client.pin("b", &note("n")).await.unwrap_err() else { panic!() };
    assert_eq!(remote.status, 500);
    client.touch().await.unwrap();
    assert_eq!(log.take(), ["Panicked", "Panicked", "Done"]);
}

#[tokio::test(start_paused = true)]
async fn an_interceptor_that_never_runs_the_call_is_refused_in_the_end() {
    struct Asleep;
    impl Interceptor for Asleep {
        async fn call(&self, call: &mut Call, next: Next<'_>) -> Result<(), Fault> {
            match call.method() {
                "echo" => std::future::pending().await,
                "touch" => Ok(()),
                _ => next.run(call).await,
            }
        }
    }
    let (_wall, client) = both(Asleep, Idle);
    let Failure::Remote(remote) = client.echo().await.map(drop).unwrap_err() else { panic!() };
    assert_eq!(remote.status, 504);
    let Failure::Remote(remote) = client.touch().await.unwrap_err() else { panic!() };
    assert_eq!(remote.status, 500);
}

#[tokio::test]
async fn an_interceptor_answers_and_mends_in_the_methods_place() {
    struct Cache;
    impl Interceptor for Cache {
        async fn call(&self, call: &mut Call, next: Next<'_>) -> Result<(), Fault> {
            match call.parameter::<String>("board").as_deref() {
                Some("cached") => call.answer(7i64),
                Some("mistyped") => call.answer("7".to_owned()),
                _ => match next.run(call).await {
                    Err(fault) if fault.status() == Some(404) => {
                        assert!(matches!(fault.declared(), Some(BoardError::NotFound)));
                        call.answer(-1i64);
                    }
                    outcome => return outcome,
                },
            }
            Ok(())
        }
    }
    let (_wall, client) = both(Cache, Idle);
    let sum = async |board: &str| client.sum(board, 1, None, None, None).await;
    assert_eq!(sum("cached").await.unwrap(), 7);
    assert_eq!(sum("nowhere").await.unwrap(), -1);
    assert_eq!(sum("x").await.unwrap(), 101);
    assert!(matches!(sum("mistyped").await, Err(Failure::Remote(remote)) if remote.status == 500));
}

#[tokio::test]
async fn views_are_json_in_full_and_travel_as_they_are_asked_for() {
    let log = Log::default();
    let (_wall, client) = both(Recorder("s", log.clone()), Recorder("c", log.clone()));
    let mut rx = client.headlines().await.unwrap();
    assert_eq!(rx.recv().await.unwrap().unwrap().text, "first");
    let log = log.take();
    assert!(log.iter().any(|line| line.starts_with("s sending") && line.contains("1234")), "{log:?}");
    assert!(log.contains(&r#"c received {"text":"first"}"#.to_owned()), "{log:?}");
}
