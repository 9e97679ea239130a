//! A client against a server that follows a script: what it does about each failure, and when, on a clock that stands still
//! while anybody has something to do.

mod script;
mod table;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::time::Instant;

pub(super) use self::script::Script;
use self::script::{Act, Step};
use super::{CallState, ClientBuilder, Resume, Retry, Unsent};
use crate::prelude::*;
use crate::{Closed, DeclaredError};

const MS: Duration = Duration::from_millis(1);

/// What is counted.
#[message]
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    /// Its number.
    #[field(1, event_id)]
    pub id: u64,
}

/// What goes wrong.
#[errors]
#[derive(Debug)]
pub enum TickError {
    /// Too fast.
    #[status(429)]
    SlowDown {
        /// When to come back.
        #[retry_after]
        after: Duration,
    },
    /// Not for you.
    #[status(403)]
    Forbidden(String),
}

/// Who calls.
#[derive(Debug, serde::Deserialize)]
pub struct Caller {}

/// Counts.
#[service(schemes(jwt = Jwt<Caller>))]
pub trait Ticks {
    /// From now on.
    #[get("/ticks", auth = jwt)]
    async fn ticks(&self, caller: Auth<Caller>, output: Sender<u64>) -> Outcome<(), TickError>;
    /// Behind an id.
    #[get("/behind")]
    async fn behind(&self, #[last_event_id] since: Option<u64>, output: Sender<Tick>) -> Outcome<(), TickError>;
    /// Both ways.
    #[get("/echo", auth = jwt)]
    async fn echo(
        &self,
        caller: Auth<Caller>,
        input: Receiver<String>,
        output: Sender<String>,
    ) -> Outcome<(), TickError>;
    /// One answer.
    #[get("/sum")]
    async fn sum(&self, input: Receiver<String>) -> Outcome<u64, TickError>;
    /// Does no harm.
    #[get("/look", auth = jwt)]
    async fn look(&self, caller: Auth<Caller>) -> Outcome<u64, TickError>;
    /// Does.
    #[post("/push", auth = jwt)]
    async fn push(&self, caller: Auth<Caller>) -> Outcome<u64, TickError>;
    /// Text and bytes.
    #[get("/raw", raw)]
    async fn raw(&self, output: Sender<Message>) -> Outcome<()>;
}

/// Waits are not jittered.
fn retry() -> Retry {
    Retry::default().without_jitter()
}

fn client(script: &Script) -> TicksClient {
    built(script, |builder| builder)
}

fn built(script: &Script, with: impl FnOnce(ClientBuilder<TicksClient>) -> ClientBuilder<TicksClient>) -> TicksClient {
    with(ClientBuilder::script(script.clone()).retry(retry()).token(|| async { Ok("t".to_owned()) })).build().unwrap()
}

fn closed<T: std::fmt::Debug, E: std::fmt::Debug>(ended: Result<T, Failure<E>>) -> Closed {
    match ended {
        Err(Failure::Stream(StreamError::Closed(closed))) => closed,
        other => panic!("not closed: {other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_goes_on_under_the_same_half() {
    let script = Script::new([
        Step::Open(vec![Act::Text("1"), Act::Text("2"), Act::Cut]),
        Step::Refuse,
        Step::Open(vec![Act::Text("3"), Act::Close(1000, "")]),
    ]);
    let client = client(&script);
    let mut ticks = client.ticks().await.unwrap();
    assert_eq!((ticks.recv().await.unwrap(), ticks.gaps()), (Some(1), 0));
    assert_eq!((ticks.recv().await.unwrap(), ticks.gaps()), (Some(2), 0));
    assert_eq!((ticks.recv().await.unwrap(), ticks.gaps()), (Some(3), 1));
    assert_eq!(ticks.recv().await.unwrap(), None);
    assert_eq!(script.times(), [0, 200, 600]);
    script.over().await;
}

/// Half a message of a connection that broke is none, and is not glued to what comes next.
#[tokio::test(start_paused = true)]
async fn half_a_message_is_forgotten() {
    let script = Script::new([
        Step::Open(vec![Act::Text("1"), Act::Begin("2"), Act::Cut]),
        Step::Open(vec![Act::Begin("4"), Act::End("5"), Act::Begin("6"), Act::Close(1012, "")]),
        Step::Open(vec![Act::Text("3"), Act::Begin("7"), Act::End("8"), Act::Close(1000, "")]),
    ]);
    let mut ticks = client(&script).ticks().await.unwrap();
    for expected in [Some(1), Some(45), Some(3), Some(78), None] {
        assert_eq!(ticks.recv().await.unwrap(), expected);
    }
    assert_eq!(ticks.gaps(), 2);
}

/// The server that has every id keeps its word, and nothing is lost or said twice however often it is cut.
#[tokio::test(start_paused = true)]
async fn resuming_behind_the_last_id_loses_and_repeats_nothing() {
    const CUTS: usize = 50;
    let script = Script::answering(|number, head| {
        let since: u64 = script::header(head, "last-event-id").map_or(0, |id| id.parse().unwrap());
        let mut acts: Vec<Act> =
            (since + 1..=since + 1 + number as u64 % 4).map(|id| Act::Say(format!(r#"{{"id":{id}}}"#))).collect();
        // Some whole, some in the middle of a message.
        match number % 3 {
            0 => acts.push(Act::Cut),
            1 => acts.extend([Act::Begin(r#"{"id":"#), Act::Cut]),
            _ => acts.extend([Act::Close(1001, "")]),
        }
        if number >= CUTS {
            acts = vec![Act::Say(format!(r#"{{"id":{}}}"#, since + 1)), Act::Close(1000, "")];
        }
        Step::Open(acts)
    });
    let mut ticks = client(&script).behind(Some(7)).await.unwrap();
    let mut expected = 8;
    while let Some(tick) = ticks.recv().await.unwrap() {
        assert_eq!(tick.id, expected);
        expected += 1;
    }
    assert_eq!(script.times().len(), CUTS + 1);
    assert_eq!(ticks.gaps() as usize, CUTS);
    assert!(expected > 100, "{expected}");
    assert_eq!(script::header(&script.heads()[0], "last-event-id").as_deref(), Some("7"));
}

/// What was read and not yet taken is not asked for again: the client calls when its user is through with it.
#[tokio::test(start_paused = true)]
async fn a_slow_reader_is_not_told_twice() {
    let ids = |ids: std::ops::Range<u64>| ids.map(|id| Act::Say(format!(r#"{{"id":{id}}}"#)));
    let script = Script::new([
        Step::Open(ids(1..6).chain([Act::Cut]).collect()),
        Step::Open(ids(6..8).chain([Act::Close(1000, "")]).collect()),
    ]);
    let mut ticks = client(&script).behind(None).await.unwrap();
    assert_eq!(ticks.recv().await.unwrap().unwrap().id, 1);
    tokio::time::sleep(Duration::from_secs(20)).await;
    assert_eq!(script.times().len(), 1, "there is more to take");
    for id in 2..8 {
        assert_eq!(ticks.recv().await.unwrap().unwrap().id, id);
    }
    assert_eq!(ticks.recv().await.unwrap(), None);
    assert_eq!(script::header(&script.heads()[1], "last-event-id").as_deref(), Some("5"));
}

#[tokio::test(start_paused = true)]
async fn what_is_queued_is_kept_for_the_next_connection() {
    let script = Script::new([
        Step::Open(vec![Act::Expect("a"), Act::Cut]),
        Step::Refuse,
        Step::Open(vec![
            Act::Expect("b"),
            Act::Expect("c"),
            Act::Text("\"d\""),
            Act::Expect("null"),
            Act::Close(1000, ""),
        ]),
    ]);
    let client = built(&script, |builder| builder.unsent(Unsent::Keep));
    let (sender, mut receiver) = client.echo().await.unwrap();
    sender.send("a").await.unwrap();
    script.reached(1).await;
    sender.send("b").await.unwrap();
    sender.send("c").await.unwrap();
    assert_eq!(receiver.recv().await.unwrap(), Some("d".into()));
    sender.finish().unwrap();
    assert_eq!(receiver.recv().await.unwrap(), None);
    script.over().await;
}

/// The bound holds while there is no connection: `send` waits, and can be dropped.
#[tokio::test(start_paused = true)]
async fn what_is_kept_is_bounded() {
    let script = Script::new([Step::Open(vec![Act::Cut]), Step::Hold]);
    let client = built(&script, |builder| {
        builder
            .unsent(Unsent::Keep)
            .settings(crate::Settings::client().outbox_size(1000).handshake_timeout(Duration::MAX))
    });
    let (sender, _receiver) = client.echo().await.unwrap();
    script.reached(1).await;
    let text = "x".repeat(100);
    let mut queued = 0;
    while tokio::time::timeout(MS, sender.send(&*text)).await.is_ok() {
        queued += 1;
    }
    assert!((9..=10).contains(&queued), "{queued}");
}

/// A frame of which the peer has a part is sent again whole, never continued.
#[tokio::test(start_paused = true)]
async fn a_frame_that_was_cut_is_sent_again_whole() {
    let large = "x".repeat(200 * 1024);
    let script = Script::new([
        // The pipe holds a part of it.
        Step::Open(vec![Act::Expect("a"), Act::Wait(10 * MS), Act::Cut]),
        Step::Open(vec![Act::ExpectText(large.clone()), Act::Expect("z"), Act::Close(1000, "")]),
    ]);
    let client =
        built(&script, |builder| builder.unsent(Unsent::Keep).settings(crate::Settings::client().outbox_size(1 << 20)));
    let (sender, mut receiver) = client.echo().await.unwrap();
    sender.send("a").await.unwrap();
    sender.send(&*large).await.unwrap();
    sender.send("z").await.unwrap();
    assert_eq!(receiver.recv().await.unwrap(), None);
    assert_eq!(script.times().len(), 2);
    script.over().await;
}

/// That writing fails does not hide what the server said before it left.
#[tokio::test(start_paused = true)]
async fn an_end_that_was_said_is_heard_though_writing_fails() {
    for (code, dials) in [(1000, 1), (4403, 1), (1012, 2)] {
        let script = Script::new([
            Step::Open(vec![Act::Expect("a"), Act::Wait(10 * MS), Act::Leave(code)]),
            Step::Open(vec![Act::ExpectText("x".repeat(200 * 1024)), Act::Close(1000, "")]),
        ]);
        let settings = crate::Settings::client().outbox_size(1 << 20);
        let client = built(&script, |builder| builder.unsent(Unsent::Keep).settings(settings));
        let (sender, mut receiver) = client.echo().await.unwrap();
        sender.send("a").await.unwrap();
        sender.send(&*"x".repeat(200 * 1024)).await.unwrap();
        assert_eq!(receiver.recv().await.is_ok(), code != 4403);
        assert_eq!(script.times().len(), dials, "{code}");
        script.over().await;
    }
}

#[tokio::test(start_paused = true)]
async fn without_that_the_loss_is_reported() {
    let script = Script::new([Step::Open(vec![Act::Cut])]);
    let (sender, mut receiver) = client(&script).echo().await.unwrap();
    assert_eq!(closed(receiver.recv().await).code().as_u16(), 1006);
    assert!(matches!(sender.send("a").await, Err(StreamError::Closed(_))));
    assert_eq!(script.times(), [0]);
    // Not in a finished upload either.
    let script = Script::new([Step::Open(vec![Act::Expect("a"), Act::Expect("null"), Act::Cut])]);
    let client = built(&script, |builder| builder.unsent(Unsent::Keep));
    let (sender, reply) = client.sum().await.unwrap();
    sender.send("a").await.unwrap();
    sender.finish().unwrap();
    assert_eq!(closed(reply.await).code().as_u16(), 1006);
    assert_eq!(script.times(), [0]);
}

/// An answer that came is the end, also where its server drops the connection without a word, as Goa's do.
#[tokio::test(start_paused = true)]
async fn a_call_that_has_its_answer_is_not_made_again() {
    let script = Script::new([Step::Open(vec![Act::Expect("a"), Act::Text("7"), Act::Cut])]);
    let client = built(&script, |builder| builder.unsent(Unsent::Keep));
    let (sender, reply) = client.sum().await.unwrap();
    sender.send("a").await.unwrap();
    script.over().await;
    assert_eq!(reply.await.unwrap(), 7);
    assert!(matches!(sender.send("b").await, Err(StreamError::Closed(_))));
    assert_eq!(script.times(), [0]);
    // But one that has none yet is.
    let script = Script::new([
        Step::Open(vec![Act::Expect("a"), Act::Cut]),
        Step::Open(vec![Act::Expect("b"), Act::Expect("null"), Act::Text("8"), Act::Close(1000, "")]),
    ]);
    let client = built(&script, |builder| builder.unsent(Unsent::Keep));
    let (sender, reply) = client.sum().await.unwrap();
    sender.send("a").await.unwrap();
    script.reached(1).await;
    sender.send("b").await.unwrap();
    sender.finish().unwrap();
    assert_eq!(reply.await.unwrap(), 8);
}

/// Whatever the call waits for, it ends with its halves.
#[tokio::test(start_paused = true)]
async fn dropped_halves_end_every_wait() {
    // While it waits, while it dials, while it is open.
    // (Where it is open, this server does not answer the close frame.)
    let ends = [(Step::Refuse, 0), (Step::Hold, 0), (Step::Open(vec![Act::Stay]), 5000)];
    for (second, within) in ends {
        let script = Script::new([Step::Open(vec![Act::Cut]), second]);
        let client = client(&script);
        let ticks = client.ticks().await.unwrap();
        script.reached(2).await;
        let before = Instant::now();
        drop(ticks);
        script.over().await;
        tasks_are_gone().await;
        assert!(before.elapsed() <= within * MS, "{:?}", before.elapsed());
        assert_eq!(script.times().len(), 2);
    }
    // A call that is dropped before it is open.
    let script = Script::new([Step::Hold]);
    let client = client(&script);
    assert!(tokio::time::timeout(Duration::from_secs(60), client.ticks()).await.is_err());
    script.over().await;
    tasks_are_gone().await;
}

/// But for the test's own, none is left.
async fn tasks_are_gone() {
    for _ in 0..100 {
        if tokio::runtime::Handle::current().metrics().num_alive_tasks() == 0 {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("{} tasks are left", tokio::runtime::Handle::current().metrics().num_alive_tasks());
}

#[tokio::test(start_paused = true)]
async fn events_come_in_order() {
    let script = Script::new([
        Step::Refuse,
        Step::Open(vec![Act::Text("1"), Act::Close(1012, r#"{"retry_after_ms":1500}"#)]),
        Step::Answer("403 Forbidden", "goa-error: forbidden\r\n", "\"no\""),
    ]);
    let told = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&told);
    let client = built(&script, |builder| {
        builder.on_event(move |event| {
            log.lock().unwrap().push(event.to_string());
            assert!(!event.to_string().contains("waiting"), "a panic is its own affair");
        })
    });
    let mut ticks = client.ticks().await.unwrap();
    let mut states = ticks.states().unwrap();
    assert_eq!(states.next().await, Some(CallState::Open { reconnects: 0 }));
    assert_eq!(ticks.recv().await.unwrap(), Some(1));
    let Failure::Declared(TickError::Forbidden(text)) = ticks.recv().await.unwrap_err() else { panic!() };
    assert_eq!(text, "no");
    while let Some(state) = states.next().await {
        if let CallState::Closed { .. } = state {
            break;
        }
    }
    let told = told.lock().unwrap().clone();
    let kinds: Vec<_> = told.iter().map(|told| told.split(": ").nth(1).unwrap().to_owned()).collect();
    assert_eq!(
        kinds,
        [
            "connecting",
            "waiting 0.2 s for attempt 2",
            "connecting, attempt 2",
            "open",
            "waiting 1.5 s for attempt 2",
            "connecting, attempt 2",
            "closed"
        ]
    );
    assert!(told.iter().all(|told| told.starts_with("Ticks.ticks: ")), "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn the_token_is_asked_for_at_every_attempt() {
    let script = Script::new([
        Step::Refuse,
        Step::Answer("401 Unauthorized", "", ""),
        Step::Open(vec![Act::Text("1"), Act::Close(4401, "")]),
        Step::Open(vec![Act::Close(1000, "")]),
    ]);
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked);
    let client = built(&script, |builder| {
        builder.token(move || {
            let number = counter.fetch_add(1, Ordering::Relaxed) + 1;
            async move { Ok(format!("token-{number}")) }
        })
    });
    let mut ticks = client.ticks().await.unwrap();
    assert_eq!(ticks.recv().await.unwrap(), Some(1));
    assert_eq!(ticks.recv().await.unwrap(), None);
    let shown: Vec<_> = script.heads().iter().map(|head| script::header(head, "authorization").unwrap()).collect();
    assert_eq!(shown, ["Bearer token-2", "Bearer token-3", "Bearer token-4"]);
    assert_eq!(script.times(), [0, 200, 200, 200]);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_never_changes_is_not_shown_again_where_it_was_refused() {
    for (renews, attempts) in [(false, 1), (true, 2)] {
        let script = Script::new([Step::Answer("401 Unauthorized", "", ""), Step::Open(vec![Act::Close(1000, "")])]);
        let client = built(&script, |builder| match renews {
            false => builder.token("t".to_owned()),
            true => builder.token(|| async { Ok("t".to_owned()) }),
        });
        assert_eq!(client.ticks().await.is_ok(), renews);
        assert_eq!(script.times().len(), attempts);
    }
}

#[tokio::test(start_paused = true)]
async fn the_reader_chooses_what_is_called_again() {
    for (resume, behind, plain) in [(Resume::Always, 2, 2), (Resume::WithLastId, 2, 1), (Resume::Never, 1, 1)] {
        let steps = || [Step::Open(vec![Act::Cut]), Step::Open(vec![Act::Close(1000, "")])];
        let script = Script::new(steps());
        let client = built(&script, |builder| builder.resume(resume));
        assert_eq!(client.behind(None).await.unwrap().recv().await.is_ok(), behind == 2);
        assert_eq!(script.times().len(), behind, "{resume:?}");
        let script = Script::new(steps());
        let client = built(&script, |builder| builder.resume(resume));
        assert_eq!(client.ticks().await.unwrap().recv().await.is_ok(), plain == 2);
        assert_eq!(script.times().len(), plain, "{resume:?}");
    }
}

/// Another agreement than before is no harm.
#[tokio::test(start_paused = true)]
async fn compression_is_agreed_anew() {
    let script = Script::new([
        Step::Deflated("permessage-deflate; server_no_context_takeover", vec![Act::Text("1"), Act::Cut]),
        Step::Open(vec![Act::Text("2"), Act::Cut]),
        Step::Deflated("permessage-deflate; server_no_context_takeover", vec![Act::Text("3"), Act::Close(1000, "")]),
    ]);
    let settings = crate::Settings::client().compression(crate::Compression::new());
    let client = built(&script, |builder| builder.settings(settings));
    let mut ticks = client.ticks().await.unwrap();
    for expected in [Some(1), Some(2), Some(3), None] {
        assert_eq!(ticks.recv().await.unwrap(), expected);
    }
    // What is kept is not compressed.
    let script = Script::new([Step::Open(vec![Act::Close(1000, "")])]);
    let client = built(&script, |builder| builder.settings(settings).unsent(Unsent::Keep));
    let (_sender, mut receiver) = client.echo().await.unwrap();
    assert_eq!(receiver.recv().await.unwrap(), None);
    assert_eq!(script::header(&script.heads()[0], "sec-websocket-extensions"), None);
}

#[tokio::test(start_paused = true)]
async fn a_raw_stream_ends_where_the_server_says_nothing() {
    let script = Script::new([
        Step::Open(vec![Act::Text("1"), Act::Close(1001, "")]),
        Step::Open(vec![Act::Text("2"), Act::Close(1005, "")]),
    ]);
    let mut raw = client(&script).raw().await.unwrap();
    assert_eq!(raw.recv().await.unwrap(), Some(Message::text("1")));
    assert_eq!(raw.recv().await.unwrap(), Some(Message::text("2")));
    assert_eq!(raw.recv().await.unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn plain_calls_share_connections_and_survive_stale_ones() {
    let ok = || ("200 OK", "", "7");
    // Two answers on one connection, which is then closed while it is idle.
    let script =
        Script::new([Step::Answers(vec![ok(), ok()]), Step::Answers(vec![ok(), ok()]), Step::Answers(vec![ok()])]);
    let client = built(&script, |builder| builder.retry(Retry::none()));
    for _ in 0..3 {
        assert_eq!(client.push().await.unwrap(), 7);
    }
    assert_eq!(script.times().len(), 2, "three calls on two connections");
    // Idle for too long.
    tokio::time::sleep(Duration::from_secs(61)).await;
    assert_eq!(client.push().await.unwrap(), 7);
    assert_eq!(script.times().len(), 3);
    drop(client);
    script.over().await;
    tasks_are_gone().await;
}

#[tokio::test(start_paused = true)]
async fn idle_connections_are_bounded() {
    let ok = || ("200 OK", "", "7");
    let script = Script::answering(move |_, _| Step::Answers(vec![ok(); 9]));
    for (max, connections) in [(8, 10), (3, 10 + 7), (0, 20)] {
        let script = script.clone();
        script.forget();
        let client = built(&script, |builder| builder.max_idle(max));
        for _ in 0..2 {
            let calls = (0..10).map(|_| client.look());
            assert!(futures_util::future::join_all(calls).await.iter().all(Result::is_ok));
        }
        assert_eq!(script.times().len(), if max == 8 { connections + 2 } else { connections }, "{max}");
    }
}

/// A restart is not met by all at once.
#[tokio::test(start_paused = true)]
async fn dials_are_bounded() {
    let script = Script::answering(|_, _| Step::Open(vec![Act::Stay]));
    script.slow(Duration::from_millis(10));
    let client = built(&script, |builder| builder.max_dials(4));
    let opened = futures_util::future::join_all((0..20).map(|_| client.ticks())).await;
    assert!(opened.iter().all(Result::is_ok));
    assert_eq!(script.most_at_once(), 4);
}

/// Hints are lower bounds, and those who are told the same do not come back at once.
#[tokio::test(start_paused = true)]
async fn hinted_clients_spread() {
    let mut times = Vec::new();
    for _ in 0..50 {
        let script = Script::new([
            Step::Answer("503 Service Unavailable", "retry-after: 4\r\n", ""),
            Step::Answers(vec![("200 OK", "", "1")]),
        ]);
        let client = built(&script, |builder| builder.retry(Retry::default()));
        client.push().await.unwrap();
        times.push(script.times()[1]);
    }
    assert!(times.iter().all(|time| (4000..=5000).contains(time)), "{times:?}");
    times.sort_unstable();
    times.dedup();
    assert!(times.len() > 30, "{times:?}");
}

#[test]
fn declared_errors_keep_their_class() {
    let slow = TickError::SlowDown { after: MS };
    assert_eq!((slow.status(), slow.retry_after()), (429, Some(MS)));
}
