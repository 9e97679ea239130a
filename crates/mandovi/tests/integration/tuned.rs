//! What a design says of its connections: the method before the service, the service before the server.

use std::sync::{Arc, Mutex};

use mandovi::model::{HealthAction, MessageRate, MissedPong, Setting, SlowConsumer};
use mandovi::prelude::*;
use mandovi::server::{Options, Service};
use mandovi::{CloseCode, Settings};
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::events::{EVENTS, Source, ask};

/// Everything that can be said.
#[service(
    limits(max_message_size = "2 KiB", handshake_timeout = "4s", write_timeout = "8s", idle_timeout = "5m"),
    heartbeat(interval = "20s", events = "7s"),
    slow = drop_oldest
)]
trait Tuned {
    /// As the service has it.
    #[get("/plainly")]
    async fn plainly(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;

    /// Less than the service has it, and everything else there is.
    #[get(
        "/strictly",
        limits(
            max_message_size = 1024,
            max_frame_size = "512 B",
            message_rate = "100/s",
            burst = 200,
            read_buffer_size = "16 KiB",
            outbox_size = "1 MiB",
            write_buffer_size = "16 KiB",
            write_timeout = "30s",
            close_timeout = "1s",
            leave_timeout = "1500ms",
            handshake_timeout = "2s",
            tcp_timeout = none,
            idle_timeout = none,
            max_lifetime = "1h",
        ),
        heartbeat(interval = "10s", timeout = "5s", missed = close),
        slow = latest_per_key,
        health(
            max_ping_age = "35s",
            max_errors = 20,
            error_window = "2m",
            max_queue = "90%",
            full_for = "15s",
            max_message_rate = "50/s",
            max_message_size = 512,
            degraded = shed,
            unhealthy = close(1008),
        )
    )]
    async fn strictly(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;

    /// More than the service has it.
    #[post("/put", limits(max_message_size = 100, handshake_timeout = "1s"))]
    async fn put(&self, #[body] text: String) -> Outcome<u32>;

    /// Never decides.
    #[get("/undecided", limits(handshake_timeout = "2s"))]
    async fn undecided(&self, opening: Opening<Sender<String>>) -> Outcome<()>;

    /// The same, for as long as the service says.
    #[get("/undecided/for/long")]
    async fn undecided_for_long(&self, opening: Opening<Sender<String>>) -> Outcome<()>;

    /// Is silent.
    #[get("/silent")]
    async fn silent(&self, cx: Context, output: Sender<String>) -> Outcome<()>;

    /// Is silent, and says so sooner.
    #[get("/silent/sooner", heartbeat(events = "3s"))]
    async fn silent_sooner(&self, cx: Context, output: Sender<String>) -> Outcome<()>;

    /// Is silent, and does not say so.
    #[get("/silent/wholly", heartbeat = none, health = none, limits(idle_timeout = none, max_lifetime = none))]
    async fn silent_wholly(&self, cx: Context, output: Sender<String>) -> Outcome<()>;

    /// Talks on and on.
    #[get("/flood", slow = wait)]
    async fn flood(&self, output: Sender<String>) -> Outcome<()>;

    /// Talks on and on, to those who listen well.
    #[get("/flood/briskly", slow = wait, limits(write_timeout = "2s"))]
    async fn flood_briskly(&self, output: Sender<String>) -> Outcome<()>;
}

/// The same, where a design says nothing.
#[service]
trait Untuned {
    /// As the server has it.
    #[get("/plainly")]
    async fn plainly(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;
}

#[derive(Clone, Default)]
struct Bench {
    /// After how long a flood was stopped.
    stopped: Arc<(Mutex<Option<u64>>, Notify)>,
}

async fn echo(mut input: Receiver<String>, output: Sender<String>) -> Outcome<()> {
    while let Some(text) = input.recv().await? {
        output.send(&text).await?;
    }
    Ok(())
}

/// Tells when its method is over: one that only sends is dropped with its connection.
struct Running(Bench, Instant);

impl Drop for Running {
    fn drop(&mut self) {
        *self.0.stopped.0.lock().unwrap() = Some(self.1.elapsed().as_secs());
        self.0.stopped.1.notify_one();
    }
}

impl Bench {
    async fn talk(&self, output: Sender<String>) -> Outcome<()> {
        let _running = Running(self.clone(), Instant::now());
        loop {
            output.send("x".repeat(1000)).await?;
        }
    }
}

impl Tuned for Bench {
    async fn plainly(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()> {
        echo(input, output).await
    }

    async fn strictly(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()> {
        echo(input, output).await
    }

    async fn put(&self, text: String) -> Outcome<u32> {
        Ok(u32::try_from(text.len()).unwrap())
    }

    async fn undecided(&self, opening: Opening<Sender<String>>) -> Outcome<()> {
        let _opening = opening;
        std::future::pending().await
    }

    async fn undecided_for_long(&self, opening: Opening<Sender<String>>) -> Outcome<()> {
        let _opening = opening;
        std::future::pending().await
    }

    async fn silent(&self, cx: Context, output: Sender<String>) -> Outcome<()> {
        let _output = output;
        cx.closed().await;
        Ok(())
    }

    async fn silent_sooner(&self, cx: Context, output: Sender<String>) -> Outcome<()> {
        let _output = output;
        cx.closed().await;
        Ok(())
    }

    async fn silent_wholly(&self, cx: Context, output: Sender<String>) -> Outcome<()> {
        let output = output;
        tokio::time::sleep(Duration::from_secs(100_000)).await;
        output.send("at last").await?;
        cx.closed().await;
        Ok(())
    }

    async fn flood(&self, output: Sender<String>) -> Outcome<()> {
        self.talk(output).await
    }

    async fn flood_briskly(&self, output: Sender<String>) -> Outcome<()> {
        self.talk(output).await
    }
}

impl Untuned for Bench {
    async fn plainly(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()> {
        echo(input, output).await
    }
}

/// What the server says where the design does not: more than the design says.
fn options() -> Options {
    let settings = Settings::server().max_message_size(4096).event_heartbeat(Duration::from_secs(60));
    Options::default().settings(settings)
}

fn service(bench: &Bench) -> Service {
    TunedServer::new(bench.clone()).options(options()).into_service()
}

/// What comes back for a message of so many bytes on the wire, which holds a text of two less.
async fn echoed((tx, mut rx): (Sender<String>, Receiver<String, Failure>), bytes: usize) -> Result<(), CloseCode> {
    tx.send("x".repeat(bytes - 2)).await.unwrap();
    match rx.recv().await {
        Ok(Some(text)) => {
            assert_eq!(text.len(), bytes - 2);
            Ok(())
        }
        Ok(None) => panic!("the stream ended"),
        Err(Failure::Stream(StreamError::Closed(closed))) => Err(closed.code()),
        Err(other) => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_method_says_more_than_the_service_and_that_more_than_the_server() {
    let bench = Bench::default();
    let tuned = TunedClient::in_memory(TunedServer::new(bench.clone()).options(options())).build().unwrap();
    let untuned = UntunedClient::in_memory(UntunedServer::new(bench).options(options())).build().unwrap();
    for (bytes, arrives) in [(2047, true), (2048, true), (2049, false)] {
        let echoed = echoed(tuned.plainly().await.unwrap(), bytes).await;
        assert_eq!(echoed, if arrives { Ok(()) } else { Err(CloseCode::MESSAGE_TOO_BIG) }, "{bytes}");
    }
    for (bytes, arrives) in [(511, true), (512, true), (513, false), (1025, false)] {
        // Its frames are smaller still.
        let echoed = echoed(tuned.strictly().await.unwrap(), bytes).await;
        assert_eq!(echoed, if arrives { Ok(()) } else { Err(CloseCode::MESSAGE_TOO_BIG) }, "{bytes}");
    }
    for (bytes, arrives) in [(4095, true), (4096, true), (4097, false)] {
        let echoed = echoed(untuned.plainly().await.unwrap(), bytes).await;
        assert_eq!(echoed, if arrives { Ok(()) } else { Err(CloseCode::MESSAGE_TOO_BIG) }, "{bytes}");
    }
}

#[tokio::test]
async fn a_body_is_limited_like_a_message() {
    let client = TunedClient::in_memory(TunedServer::new(Bench::default()).options(options())).build().unwrap();
    for length in [97, 98] {
        assert_eq!(client.put(&"x".repeat(length)).await.unwrap(), length as u32);
    }
    match client.put(&"x".repeat(99)).await {
        Err(Failure::Remote(remote)) => assert_eq!(remote.status, 413),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn an_opening_may_stay_undecided_for_as_long_as_the_design_says() {
    let service = service(&Bench::default());
    for (path, seconds) in [("/undecided", 2), ("/undecided/for/long", 4)] {
        let begun = Instant::now();
        assert_eq!(ask(&service, "GET", path, &[EVENTS]).await.status(), 504);
        assert_eq!(begun.elapsed().as_secs(), seconds, "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_stream_says_that_it_is_there_as_often_as_the_design_says() {
    let service = service(&Bench::default());
    for (path, seconds) in [("/silent", 7), ("/silent/sooner", 3)] {
        let mut source = Source::open(&service, path).await;
        assert!(source.read().await, "the head comes at once");
        let begun = Instant::now();
        assert!(source.read().await);
        assert_eq!((source.comments(), begun.elapsed().as_secs()), (2, seconds), "{path}");
    }
    let mut source = Source::open(&service, "/silent/wholly").await;
    assert_eq!(source.data().await, "\"at last\"");
    assert_eq!(source.comments(), 1, "the head");
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_takes_nothing_has_as_long_as_the_design_says() {
    let bench = Bench::default();
    let service = service(&bench);
    for (path, seconds) in [("/flood", 8), ("/flood/briskly", 2)] {
        // Held, and not read.
        let source = Source::open(&service, path).await;
        bench.stopped.1.notified().await;
        assert_eq!(bench.stopped.0.lock().unwrap().take(), Some(seconds), "{path}");
        drop(source);
    }
}

#[test]
fn the_model_has_what_the_design_says() {
    let model = TunedDesign::model();
    let said = |name: &str| {
        let method = model.methods.iter().find(|method| method.name == name).unwrap();
        model.tuning_of(method).settings()
    };
    assert_eq!(
        said("strictly"),
        [
            ("limits.max_message_size", Setting::Size(1024)),
            ("limits.max_frame_size", Setting::Size(512)),
            ("limits.message_rate", Setting::Rate(MessageRate::new(100, 200))),
            ("limits.read_buffer_size", Setting::Size(16 * 1024)),
            ("limits.outbox_size", Setting::Size(1024 * 1024)),
            ("limits.write_buffer_size", Setting::Size(16 * 1024)),
            ("limits.write_timeout", Setting::Time(30_000)),
            ("limits.close_timeout", Setting::Time(1000)),
            ("limits.leave_timeout", Setting::Time(1500)),
            ("limits.handshake_timeout", Setting::Time(2000)),
            ("limits.tcp_timeout", Setting::Time(0)),
            ("limits.idle_timeout", Setting::Time(0)),
            ("limits.max_lifetime", Setting::Time(3_600_000)),
            ("heartbeat.interval", Setting::Time(10_000)),
            ("heartbeat.timeout", Setting::Time(5000)),
            ("heartbeat.missed", Setting::Missed(MissedPong::Close)),
            ("slow", Setting::Slow(SlowConsumer::LatestPerKey)),
            ("health.max_ping_age", Setting::Time(35_000)),
            ("health.max_errors", Setting::Count(20)),
            ("health.error_window", Setting::Time(120_000)),
            ("health.max_queue", Setting::Percent(90)),
            ("health.full_for", Setting::Time(15_000)),
            ("health.max_message_rate", Setting::PerSecond(50)),
            ("health.max_message_size", Setting::Size(512)),
            ("health.degraded", Setting::Action(HealthAction::Shed)),
            ("health.unhealthy", Setting::Action(HealthAction::Close(1008))),
        ]
    );
    assert_eq!(
        said("put"),
        [("limits.max_message_size", Setting::Size(100)), ("limits.handshake_timeout", Setting::Time(1000))]
    );
    assert_eq!(
        said("flood").iter().find(|(word, _)| *word == "slow"),
        Some(&("slow", Setting::Slow(SlowConsumer::Wait)))
    );
    let json = model.to_json();
    assert_eq!(mandovi::model::Service::from_json(&json), Ok(model));
}
