//! Pings, pongs, and what a missing one means.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use mandovi_websocket::{Opcode, Role, frame};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};
use tokio::task::JoinHandle;
use tokio::time::{Instant, advance, sleep, sleep_until, timeout};

use super::peer::{Peer, Seen, echo, halves, pipe, serve_output, text};
use crate::connection::{Conclusion, Io, MissedPong, Pump, Settings, Shared, run_with};
use crate::stream::{Incoming, Receiver, Sender};
use crate::value::ViewId;

const INTERVAL: Duration = Duration::from_secs(25);
const TIMEOUT: Duration = Duration::from_secs(10);
const MS: Duration = Duration::from_millis(1);
/// Long enough for whatever would come.
const LONG: Duration = Duration::from_secs(600);

struct Served {
    peer: Peer,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
    /// A half of the handler's, which waits for ever.
    _output: Sender<String>,
}

/// A stream that takes no input and has nothing to say.
fn silent(settings: Settings) -> Served {
    let (mut peer, shared, pump) = pipe(settings, 64 * 1024);
    peer.sees_pings = true;
    let _output = Sender::new(Arc::clone(&shared), ViewId::DEFAULT);
    let task = tokio::spawn(run_with(pump, Arc::clone(&shared), pending::<Conclusion>()));
    Served { peer, shared, task, _output }
}

impl Served {
    /// The next ping, and when it came.
    async fn pinged(&mut self) -> (Vec<u8>, Instant) {
        match self.peer.recv().await {
            Seen::Ping(payload) => (payload, Instant::now()),
            other => panic!("a ping, not {other:?}"),
        }
    }

    async fn pong(&mut self, payload: &[u8]) {
        self.peer.frame(Opcode::Pong, true, payload).await;
    }

    async fn reaped_at(mut self, at: Instant) {
        assert_eq!(self.peer.recv().await, Seen::Eof);
        assert_eq!(Instant::now(), at);
        self.task.await.expect("no panic");
        let closed = self.shared.inbox.lock().unwrap().left().cloned().expect("it is over");
        assert_eq!(closed.code().as_u16(), 1006);
        assert_eq!(closed.reason(), "no answer to a ping within pong_timeout");
    }
}

fn is_about(found: Duration, wanted: Duration) -> bool {
    // A millisecond for the timer's own measure.
    found >= wanted.mul_f64(0.9) && found <= wanted.mul_f64(1.1) + MS
}

#[tokio::test(start_paused = true)]
async fn a_silent_peer_is_asked_and_its_answer_measured() {
    let mut served = silent(Settings::server());
    let began = Instant::now();
    let mut intervals = Vec::new();
    let mut last = began;
    for _ in 0..50 {
        let (payload, at) = served.pinged().await;
        assert!(is_about(at - last, INTERVAL), "{:?}", at - last);
        intervals.push(at - last);
        sleep(Duration::from_millis(30)).await;
        served.pong(&payload).await;
        last = Instant::now();
    }
    sleep(MS).await;
    let vitals = &served.shared.vitals;
    assert_eq!((vitals.round_trip(), vitals.last_pong()), (Some(Duration::from_millis(30)), Some(MS)));
    intervals.sort_unstable();
    intervals.dedup();
    assert!(intervals.len() > 10, "no two intervals are the same: {intervals:?}");
    assert!(!served.task.is_finished());
}

/// Also where an answer may take longer than that.
#[tokio::test(start_paused = true)]
async fn who_answers_is_asked_again_after_the_interval() {
    let interval = Duration::from_secs(1);
    let mut served = silent(Settings::server().ping_interval(interval));
    let mut last = Instant::now();
    for _ in 0..50 {
        let (payload, at) = served.pinged().await;
        assert!(is_about(at - last, interval), "{:?}", at - last);
        served.pong(&payload).await;
        last = at;
    }
}

#[tokio::test(start_paused = true)]
async fn a_pong_before_the_deadline_is_life() {
    let mut served = silent(Settings::server());
    let (payload, at) = served.pinged().await;
    sleep_until(at + TIMEOUT - MS).await;
    served.pong(&payload).await;
    // The next ping, and no end.
    let (_, next) = served.pinged().await;
    assert!(is_about(next - (at + TIMEOUT - MS), INTERVAL));
}

/// A busy process looks late, and finds deadline and pong at once.
#[tokio::test(start_paused = true)]
async fn a_pong_that_is_there_at_the_deadline_is_life() {
    for late in [Duration::ZERO, MS, LONG] {
        let mut served = silent(Settings::server());
        let (payload, at) = served.pinged().await;
        sleep_until(at + TIMEOUT - MS).await;
        served.pong(&payload).await;
        // The pump has not had its turn since.
        advance(MS + late).await;
        let (next, _) = served.pinged().await;
        assert_ne!(next, payload, "{late:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_pong_after_the_deadline_is_too_late() {
    let mut served = silent(Settings::server());
    let (_, at) = served.pinged().await;
    served.reaped_at(at + TIMEOUT).await;
}

#[tokio::test(start_paused = true)]
async fn any_byte_is_life() {
    // A pong that nobody asked for, a ping, and the first byte of a frame.
    let mut whole = [Vec::new(), Vec::new(), Vec::new()];
    frame::write(&mut whole[0], Opcode::Pong, true, Some([1; 4]), b"other");
    frame::write(&mut whole[1], Opcode::Ping, true, Some([1; 4]), b"");
    whole[2].push(0x81);
    for bytes in whole {
        let mut served = silent(Settings::server());
        let (_, at) = served.pinged().await;
        sleep_until(at + TIMEOUT - MS).await;
        served.peer.io.write_all(&bytes).await.unwrap();
        sleep_until(at + TIMEOUT + MS).await;
        assert!(!served.task.is_finished());
        assert_eq!(served.shared.vitals.round_trip(), None, "no answer to ours");
    }
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_speaks_is_not_asked() {
    let mut served = silent(Settings::server());
    for _ in 0..100 {
        served.pong(b"").await;
        assert!(timeout(Duration::from_secs(20), served.peer.recv()).await.is_err());
    }
    let last = Instant::now() - Duration::from_secs(20);
    let (_, at) = served.pinged().await;
    assert!(is_about(at - last, INTERVAL));
}

#[tokio::test(start_paused = true)]
async fn data_to_the_peer_is_no_sign_of_it() {
    let (mut peer, task) = serve_output(Settings::server(), |output: Sender<u32>| async move {
        for n in 0.. {
            sleep(Duration::from_secs(1)).await;
            output.send(n).await?;
        }
        Ok(())
    });
    peer.sees_pings = true;
    let began = Instant::now();
    while !matches!(peer.recv().await, Seen::Ping(_)) {}
    assert!(is_about(began.elapsed(), INTERVAL));
    while peer.recv().await != Seen::Eof {}
    task.await.unwrap();
}

/// Whether a connection outlives its pings, and how many there were in that time.
async fn outlives(task: JoinHandle<()>, mut peer: Peer, duration: Duration) -> (bool, usize) {
    let mut pings = 0;
    peer.sees_pings = true;
    let _ = timeout(duration, async {
        loop {
            match peer.recv().await {
                Seen::Ping(_) => pings += 1,
                Seen::Eof => break,
                other => panic!("{other:?}"),
            }
        }
    })
    .await;
    tokio::task::yield_now().await;
    (!task.is_finished(), pings)
}

fn receiving(role: Role, settings: Settings) -> (JoinHandle<()>, Peer) {
    let (ours, theirs) = duplex(1024);
    let shared = Shared::new(role, settings.outbox_size);
    let pump = Pump::new(Io::Memory(theirs), &Bytes::new(), Arc::clone(&shared), settings, None);
    let input: Receiver<String> = Receiver::new(Incoming::new(Arc::clone(&shared)), ViewId::DEFAULT);
    let task = tokio::spawn(run_with(pump, shared, async move {
        let _input = input;
        pending().await
    }));
    (task, if role == Role::Server { Peer::new(ours) } else { Peer::of_client(ours) })
}

/// Peers of Goa answer only while they receive: one that sends may be as alive as can be.
#[tokio::test(start_paused = true)]
async fn a_missed_pong_ends_only_what_it_should() {
    let mut table = Vec::new();
    for missed in [MissedPong::Auto, MissedPong::Close, MissedPong::Ignore] {
        let settings = Settings::server().missed_pong(missed);
        let Served { peer, task, _output, .. } = silent(settings);
        let sends = outlives(task, peer, LONG).await;
        let (task, peer) = receiving(Role::Server, settings);
        let takes = outlives(task, peer, LONG).await;
        let (task, peer) = receiving(Role::Client, Settings::client().missed_pong(missed));
        let client = outlives(task, peer, LONG).await;
        for (lives, pings) in [sends, takes, client] {
            // A ping each interval, and none beside another.
            assert!(if lives { (21..=27).contains(&pings) } else { pings == 1 }, "{missed:?}: {pings}");
        }
        table.push((missed, sends.0, takes.0, client.0));
    }
    assert_eq!(
        table,
        [
            (MissedPong::Auto, false, true, true),
            (MissedPong::Close, false, false, false),
            (MissedPong::Ignore, true, true, true),
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn zero_is_never() {
    let Served { peer, task, _output, .. } = silent(Settings::server().ping_interval(Duration::ZERO));
    assert_eq!(outlives(task, peer, LONG).await, (true, 0));
    // Asked, but not judged.
    let Served { peer, task, _output, .. } = silent(Settings::server().pong_timeout(Duration::ZERO));
    let (lives, pings) = outlives(task, peer, LONG).await;
    assert!(lives && (21..=27).contains(&pings), "{pings}");
}

#[tokio::test(start_paused = true)]
async fn there_is_one_ping_at_a_time() {
    // The answer may take longer than the interval.
    let settings = Settings::server().ping_interval(Duration::from_secs(1)).pong_timeout(Duration::from_secs(30));
    let mut served = silent(settings);
    let (_, at) = served.pinged().await;
    served.reaped_at(at + Duration::from_secs(30)).await;
}

/// While the receiver is behind, nothing is read: neither is the peer asked, nor its answer missed. The time for that begins anew.
#[tokio::test(start_paused = true)]
async fn the_deadline_stands_still_while_reading_is_paused() {
    let settings = Settings::server().missed_pong(MissedPong::Close).leave_timeout(Duration::ZERO);
    let (mut peer, shared, pump) = pipe(settings, 1024 * 1024);
    peer.sees_pings = true;
    let (mut input, output) = halves::<String, String>(&shared);
    let (go_on, gone_on) = tokio::sync::oneshot::channel::<()>();
    let task = tokio::spawn(run_with(pump, Arc::clone(&shared), async move {
        let _ = gone_on.await;
        while let Ok(Some(_)) = input.recv().await {}
        drop(output);
        pending().await
    }));
    let Seen::Ping(payload) = peer.recv().await else { panic!("a ping") };
    // Before it answers, more than what is read ahead: the pong lies behind that.
    let message = format!("\"{}\"", "x".repeat(30_000));
    for _ in 0..8 {
        peer.send(&message).await;
    }
    peer.frame(Opcode::Pong, true, &payload).await;
    assert!(timeout(LONG, peer.recv()).await.is_err(), "no ping, no end");
    assert!(!task.is_finished());
    assert_eq!(shared.vitals.round_trip(), None);
    let resumed = Instant::now();
    go_on.send(()).unwrap();
    let Seen::Ping(_) = peer.recv().await else { panic!("a ping") };
    assert!(is_about(resumed.elapsed(), INTERVAL));
    assert!(shared.vitals.round_trip().is_some());
    let pinged = Instant::now();
    assert_eq!(peer.recv().await, Seen::Eof);
    assert_eq!(pinged.elapsed(), TIMEOUT);
}

/// A peer that takes nothing is judged by the write timeout, not asked on top of it.
#[tokio::test(start_paused = true)]
async fn a_peer_that_takes_nothing_is_not_asked() {
    let settings = Settings::server().write_timeout(Duration::from_secs(100)).pong_timeout(Duration::from_secs(1));
    let (mut peer, shared, pump) = pipe(settings, 64);
    peer.sees_pings = true;
    let output: Sender<String> = Sender::new(Arc::clone(&shared), ViewId::DEFAULT);
    tokio::spawn(run_with(pump, shared, async move {
        let _ = output.send("x".repeat(1000)).await;
        pending().await
    }));
    sleep(Duration::from_secs(99)).await;
    assert_eq!(peer.recv().await, text(&format!("\"{}\"", "x".repeat(1000))));
    // It has taken everything, and is asked now.
    let asked = Instant::now();
    assert!(matches!(peer.recv().await, Seen::Ping(_)));
    assert!(asked.elapsed() < 2 * MS);
    assert_eq!(peer.recv().await, Seen::Eof);
    assert_eq!(asked.elapsed().as_secs(), 1);
}

#[tokio::test(start_paused = true)]
async fn nobody_is_asked_after_the_close_frame() {
    let settings = Settings::server().close_timeout(LONG);
    let (mut peer, task) = serve_output(settings, |_output: Sender<String>| async move { Ok(()) });
    peer.sees_pings = true;
    assert!(matches!(peer.recv().await, Seen::Close(1000, _)));
    assert_eq!(peer.recv().await, Seen::Eof);
    assert!(task.await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn an_echo_is_not_disturbed() {
    let (mut peer, shared, pump) = pipe(Settings::server(), 1024);
    let (input, output) = halves::<String, String>(&shared);
    tokio::spawn(run_with(pump, shared, async move {
        let _ = echo(input, output).await;
        Conclusion::Silent
    }));
    for _ in 0..100 {
        sleep(Duration::from_secs(24)).await;
        peer.send("\"hello\"").await;
        assert_eq!(peer.recv().await, text("\"hello\""));
    }
}

/// The pings of a client are masked, like all its frames, and measured as well.
#[tokio::test(start_paused = true)]
async fn a_client_asks_as_well() {
    let (mut ours, theirs) = duplex(1024);
    let shared = Shared::new(Role::Client, 1024);
    let _input: Receiver<String> = Receiver::new(Incoming::new(Arc::clone(&shared)), ViewId::DEFAULT);
    crate::client::spawn(Io::Memory(theirs), &Bytes::new(), Arc::clone(&shared), Settings::client(), false);
    let began = Instant::now();
    let mut ping = [0; 10];
    ours.read_exact(&mut ping).await.unwrap();
    assert!(is_about(began.elapsed(), INTERVAL));
    assert_eq!(ping[..2], [0x89, 0x84]);
    let payload: Vec<u8> = (0..4).map(|at| ping[6 + at] ^ ping[2 + at]).collect();
    sleep(Duration::from_millis(70)).await;
    let mut pong = Vec::new();
    frame::write(&mut pong, Opcode::Pong, true, None, &payload);
    ours.write_all(&pong).await.unwrap();
    sleep(MS).await;
    assert_eq!(shared.vitals.round_trip(), Some(Duration::from_millis(70)));
}
