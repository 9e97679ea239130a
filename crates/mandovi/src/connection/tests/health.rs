//! What a connection is found to be, when, and what is done about it.

use std::future::pending;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use mandovi_websocket::{CloseCode, Opcode};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

use super::peer::{Peer, Seen, halves, pipe};
use crate::connection::{Conclusion, HealthAction, HealthPolicy, MissedPong, Settings, Shared, run_with};
use crate::manager::{
    ConnectionEvent, ConnectionEvents, ConnectionManager, Facts, Finding, Measure, Registered, Transport, Verdict,
};
use crate::stream::{Receiver, Sender};
use crate::sync::lock;
use crate::value::ViewId;

const MS: Duration = Duration::from_millis(1);

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn policy(change: impl FnOnce(&mut HealthPolicy)) -> HealthPolicy {
    let mut policy = HealthPolicy::new();
    change(&mut policy);
    policy
}

/// A connection with a manager that sees it.
struct Watched {
    peer: Peer,
    shared: Arc<Shared>,
    manager: ConnectionManager,
    events: ConnectionEvents,
    task: JoinHandle<()>,
    output: Sender<String>,
    _registered: Registered,
}

impl Watched {
    /// Whose handler takes everything, and minds nothing.
    fn receiving(settings: Settings) -> Self {
        Self::of(settings, 64 * 1024, |mut input: Receiver<u32>| async move {
            while !matches!(input.recv().await, Ok(None) | Err(crate::StreamError::Closed(_))) {}
            Conclusion::Silent
        })
    }

    /// Whose handler takes nothing.
    fn sending(settings: Settings, capacity: usize) -> Self {
        Self::of(settings, capacity, |input: Receiver<u32>| async move {
            let _input = input;
            pending().await
        })
    }

    fn of<F>(settings: Settings, capacity: usize, handler: impl FnOnce(Receiver<u32>) -> F) -> Self
    where
        F: Future<Output = Conclusion> + Send + 'static,
    {
        let (peer, shared, pump) = pipe(settings, capacity);
        let manager = ConnectionManager::new();
        let events = manager.events();
        let transport = Transport::WebSocket;
        let facts = Facts { service: "chat", method: "talk", peer: None, principal: None, transport };
        let _registered = manager.enter(7, &shared, facts, None);
        let (input, _) = halves::<u32, String>(&shared);
        let output = Sender::new(Arc::clone(&shared), ViewId::DEFAULT);
        let task = tokio::spawn(run_with(pump, Arc::clone(&shared), handler(input)));
        Self { peer, shared, manager, events, task, output, _registered }
    }

    fn verdict(&self) -> Verdict {
        self.manager.get(7).expect("it is there").verdict
    }

    async fn event(&mut self) -> (Verdict, Option<Finding>) {
        match self.events.recv().await {
            Ok(Some(ConnectionEvent::Health { id: 7, verdict, because })) => (verdict, because),
            other => panic!("{other:?}"),
        }
    }

    async fn nothing_happens_for(&mut self, time: Duration) {
        if let Ok(event) = timeout(time, self.events.recv()).await {
            panic!("{event:?}");
        }
    }
}

fn found(measure: Measure, value: u64, limit: u64) -> Option<Finding> {
    Some(Finding::new(measure, value, limit))
}

/// A peer that never pongs, as one of Goa's that does not receive: first degraded, then unhealthy, and well again with its first byte.
#[tokio::test(start_paused = true)]
async fn ping_age() {
    let mut watched = Watched::receiving(Settings::server().ping_interval(seconds(20)));
    watched.peer.sees_pings = true;
    let began = Instant::now();
    watched.nothing_happens_for(seconds(35) - MS).await;
    assert_eq!(watched.verdict(), Verdict::Healthy);
    assert_eq!(watched.event().await, (Verdict::Degraded, found(Measure::PingAge, 35_000, 35_000)));
    assert_eq!(began.elapsed(), seconds(35));
    assert_eq!((watched.verdict(), watched.manager.health().verdict()), (Verdict::Degraded, Verdict::Degraded));
    assert_eq!(watched.event().await, (Verdict::Unhealthy, found(Measure::PingAge, 70_000, 35_000)));
    assert_eq!(began.elapsed(), seconds(70));
    assert_eq!(watched.manager.health().unhealthy, 1);
    watched.nothing_happens_for(seconds(1000)).await;
    watched.peer.frame(Opcode::Pong, true, b"").await;
    assert_eq!(watched.event().await, (Verdict::Healthy, None));
    assert_eq!((watched.verdict(), watched.manager.health().healthy), (Verdict::Healthy, 1));
}

/// Who was not asked is not sick for its silence, and who was may answer first.
#[tokio::test(start_paused = true)]
async fn ping_age_where_pings_are_rare() {
    let mut watched = Watched::receiving(Settings::server().ping_interval(Duration::ZERO));
    watched.nothing_happens_for(seconds(1000)).await;
    let mut watched = Watched::receiving(Settings::server().ping_interval(seconds(45)));
    watched.peer.sees_pings = true;
    assert!(matches!(watched.peer.recv().await, Seen::Ping(_)));
    watched.nothing_happens_for(seconds(10) - MS).await;
    assert!(matches!(watched.event().await, (Verdict::Degraded, Some(Finding { measure: Measure::PingAge, .. }))));
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_pongs_is_healthy() {
    let mut watched = Watched::receiving(Settings::server());
    let (events, peer) = (&mut watched.events, &mut watched.peer);
    tokio::select! {
        event = events.recv() => panic!("{event:?}"),
        seen = peer.recv() => panic!("{seen:?}"),
        () = sleep(seconds(10_000)) => {}
    }
}

/// Nothing at all is heard while the receiver is behind: that is not the peer's fault.
#[tokio::test(start_paused = true)]
async fn a_receiver_that_is_behind_does_not_make_its_peer_sick() {
    let mut watched = Watched::sending(Settings::server(), 1024 * 1024);
    for _ in 0..20_000 {
        watched.peer.send("12345").await;
    }
    watched.nothing_happens_for(seconds(1000)).await;
}

#[tokio::test(start_paused = true)]
async fn errors_in_a_sliding_window() {
    let settings = Settings::server().ping_interval(Duration::ZERO).health(policy(|policy| {
        policy.max_ping_age = Duration::ZERO;
    }));
    let mut watched = Watched::receiving(settings);
    for _ in 0..9 {
        watched.peer.send("\"no number\"").await;
        watched.nothing_happens_for(seconds(1)).await;
    }
    watched.peer.send("1").await;
    watched.nothing_happens_for(seconds(1)).await;
    assert_eq!(watched.shared.vitals.errors(), 9);
    watched.peer.send("\"no number\"").await;
    assert_eq!(watched.event().await, (Verdict::Degraded, found(Measure::Errors, 10, 10)));
    for _ in 0..10 {
        watched.peer.send("\"no number\"").await;
    }
    assert_eq!(watched.event().await, (Verdict::Unhealthy, found(Measure::Errors, 20, 10)));
    // They fall out of the window, by themselves: to a sixteenth of it.
    let since = Instant::now();
    assert!(matches!(watched.event().await, (Verdict::Degraded, _)));
    assert!(matches!(watched.event().await, (Verdict::Healthy, None)));
    assert!(since.elapsed() >= seconds(55) && since.elapsed() <= seconds(64), "{:?}", since.elapsed());
    // Nine in each minute are well for ever.
    for _ in 0..50 {
        watched.peer.send("\"no number\"").await;
        watched.nothing_happens_for(seconds(8)).await;
    }
}

/// The outbox is bounded to 1000 bytes, of which 800 are full.
fn queue() -> Settings {
    Settings::server().outbox_size(1000).write_timeout(seconds(1000)).ping_interval(Duration::ZERO)
}

#[tokio::test(start_paused = true)]
async fn a_queue_that_is_full_for_long() {
    for (waiting, is_full) in [(799, false), (800, true), (801, true)] {
        let mut watched = Watched::sending(queue().health(policy(|policy| policy.max_ping_age = Duration::ZERO)), 1);
        // A header of four bytes, two quotes, and one byte that the transport takes: it is on its way, and counts.
        watched.output.send("x".repeat(waiting - 6)).await.unwrap();
        let began = Instant::now();
        watched.nothing_happens_for(seconds(10) - MS).await;
        assert_eq!(watched.shared.queue_bytes(), waiting);
        if !is_full {
            watched.nothing_happens_for(seconds(100)).await;
            continue;
        }
        assert_eq!(watched.event().await, (Verdict::Degraded, found(Measure::QueueFull, 10_000, 10_000)));
        assert_eq!(began.elapsed(), seconds(10));
        assert_eq!(watched.event().await, (Verdict::Unhealthy, found(Measure::QueueFull, 20_000, 10_000)));
        assert_eq!(began.elapsed(), seconds(20));
        assert!(matches!(watched.peer.recv().await, Seen::Text(_)));
        assert_eq!(watched.event().await, (Verdict::Healthy, None));
    }
}

/// It fills up while the connection's task sleeps.
#[tokio::test(start_paused = true)]
async fn a_queue_that_others_fill_is_seen() {
    let mut watched = Watched::sending(queue().health(policy(|policy| policy.max_ping_age = Duration::ZERO)), 1);
    watched.output.send("x".repeat(100)).await.unwrap();
    watched.nothing_happens_for(seconds(100)).await;
    watched.output.send("x".repeat(800)).await.unwrap();
    let began = Instant::now();
    assert!(matches!(watched.event().await, (Verdict::Degraded, Some(_))));
    assert!(began.elapsed() >= seconds(10) && began.elapsed() <= seconds(11), "{:?}", began.elapsed());
}

/// A quiet second between.
#[tokio::test(start_paused = true)]
async fn message_rate() {
    let settings = Settings::server().health(policy(|policy| policy.max_message_rate = 10));
    let mut watched = Watched::receiving(settings);
    for count in [10, 10, 11] {
        watched.nothing_happens_for(seconds(2)).await;
        for _ in 0..count {
            watched.peer.send("1").await;
        }
    }
    assert_eq!(watched.event().await, (Verdict::Degraded, found(Measure::MessageRate, 11, 10)));
    assert_eq!(watched.event().await, (Verdict::Healthy, None));
    for _ in 0..20 {
        watched.peer.send("1").await;
    }
    assert_eq!(watched.event().await, (Verdict::Unhealthy, found(Measure::MessageRate, 20, 10)));
}

#[tokio::test(start_paused = true)]
async fn message_size() {
    let settings = Settings::server().health(policy(|policy| policy.max_message_size = 10));
    let mut watched = Watched::receiving(settings);
    for size in [9, 10] {
        watched.peer.send(&" ".repeat(size - 1).replacen(' ', "1 ", 1)).await;
        watched.nothing_happens_for(seconds(2)).await;
    }
    watched.peer.send("1          ").await;
    assert_eq!(watched.event().await, (Verdict::Degraded, found(Measure::MessageSize, 11, 10)));
    let since = Instant::now();
    assert_eq!(watched.event().await, (Verdict::Healthy, None));
    assert!(since.elapsed() <= seconds(2), "{:?}", since.elapsed());
    // In pieces it is as large.
    watched.peer.frame(Opcode::Text, false, b"1         ").await;
    watched.peer.frame(Opcode::Continuation, true, b"          ").await;
    assert_eq!(watched.event().await, (Verdict::Unhealthy, found(Measure::MessageSize, 20, 10)));
}

#[tokio::test(start_paused = true)]
async fn two_measures_make_it_unhealthy() {
    let settings = Settings::server().health(policy(|policy| {
        (policy.max_message_rate, policy.max_message_size) = (1, 5);
    }));
    let mut watched = Watched::receiving(settings);
    watched.peer.send("1     ").await;
    assert_eq!(watched.event().await.0, Verdict::Degraded);
    watched.peer.send("1").await;
    assert_eq!(watched.event().await.0, Verdict::Unhealthy);
}

#[tokio::test(start_paused = true)]
async fn what_is_done_about_it() {
    // Shed when degraded, closed when unhealthy.
    let policy = policy(|policy| {
        (policy.max_errors, policy.max_ping_age) = (2, Duration::ZERO);
        policy.degraded = HealthAction::Shed;
        policy.unhealthy = HealthAction::Close(CloseCode::POLICY_VIOLATION);
    });
    let mut watched = Watched::receiving(Settings::server().health(policy));
    watched.peer.send("\"\"").await;
    watched.nothing_happens_for(seconds(1)).await;
    assert!(!lock(&watched.shared.outbox).is_shedding());
    watched.peer.send("\"\"").await;
    assert_eq!(watched.event().await.0, Verdict::Degraded);
    assert!(lock(&watched.shared.outbox).is_shedding());
    // Two are out of the window.
    assert_eq!(timeout(seconds(70), watched.event()).await.unwrap().0, Verdict::Healthy);
    assert!(!lock(&watched.shared.outbox).is_shedding());
    for _ in 0..4 {
        watched.peer.send("\"\"").await;
    }
    assert_eq!(watched.peer.recv().await, Seen::Close(1008, "health: max_errors 4, limit 2".into()));
    watched.peer.close(1008, "").await;
    watched.task.await.unwrap();
}

/// Everything off is never judged, and costs no timer.
#[tokio::test(start_paused = true)]
async fn zero_is_not_judged() {
    let settings = Settings::server().missed_pong(MissedPong::Ignore).health(policy(|policy| {
        policy.max_ping_age = Duration::ZERO;
        (policy.max_errors, policy.max_queue_percent) = (0, 0);
    }));
    let mut watched = Watched::receiving(settings);
    watched.peer.sees_pings = true;
    for _ in 0..100 {
        watched.peer.send("\"\"").await;
    }
    watched.nothing_happens_for(seconds(1000)).await;
}

/// Keeps what was told to one target, as text.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl tracing::Subscriber for Log {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.target() == "mandovi::health"
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}

    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        struct Line(String);
        impl tracing::field::Visit for Line {
            fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
                self.0.push_str(&format!(" {}={value:?}", field.name()));
            }
        }
        let mut line = Line(event.metadata().level().to_string());
        event.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }

    fn enter(&self, _: &tracing::span::Id) {}

    fn exit(&self, _: &tracing::span::Id) {}
}

#[tokio::test(start_paused = true)]
async fn the_health_log_says_what_and_nothing_of_the_user() {
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(log.clone());
    let settings = Settings::server().health(policy(|policy| policy.max_errors = 1));
    let mut watched = Watched::receiving(settings);
    watched.peer.send("\"a secret\"").await;
    watched.event().await;
    assert!(timeout(seconds(70), watched.peer.recv()).await.is_err());
    assert_eq!(
        *log.0.lock().unwrap(),
        [
            "WARN message=a connection is not healthy id=7 service=\"chat\" method=\"talk\" verdict=\"degraded\" \
             what=\"max_errors\" value=1 limit=1",
            "INFO message=a connection has recovered id=7 service=\"chat\" method=\"talk\" verdict=\"healthy\"",
        ]
    );
}
