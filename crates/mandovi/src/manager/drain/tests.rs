//! Every step of a drain and its edges, in memory and on a clock that stands still.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use super::*;
use crate::close_reason::parse_close_reason;
use crate::manager::ConnectionManager;
use crate::prelude::*;
use crate::testing::InMemory;

/// Handlers of every kind.
#[service]
trait Kinds {
    /// Ends as soon as it learns of the drain, or so many milliseconds later.
    #[get("/polite")]
    async fn polite(&self, cx: Context, #[query] after: u64, output: Sender<String>) -> Outcome<()>;

    /// Ends as soon as it learns of the drain, and says that it was for that.
    #[get("/restarted")]
    async fn restarted(&self, cx: Context, output: Sender<String>) -> Outcome<()>;

    /// Takes its time to accept, and does not where the server drains meanwhile.
    #[get("/hesitant")]
    async fn hesitant(&self, cx: Context, opening: Opening<Sender<String>>) -> Outcome<()>;

    /// A plain method that is to be asked elsewhere.
    #[get("/elsewhere")]
    async fn elsewhere(&self) -> Outcome<String>;

    /// Only sends, and takes no notice.
    #[get("/deaf")]
    async fn deaf(&self, output: Sender<String>) -> Outcome<()>;

    /// Holds its receiver for ever.
    #[get("/stubborn")]
    async fn stubborn(&self, input: Receiver<String>) -> Outcome<()>;

    /// Is never decided.
    #[get("/undecided")]
    async fn undecided(&self, opening: Opening<(Receiver<String>, Sender<String>)>) -> Outcome<()>;

    /// A plain method.
    #[get("/plain")]
    async fn plain(&self) -> Outcome<String>;
}

#[derive(Clone, Default)]
struct Here(Arc<AtomicUsize>);

impl Kinds for Here {
    async fn polite(&self, cx: Context, after: u64, output: Sender<String>) -> Outcome<()> {
        cx.draining().await;
        sleep(Duration::from_millis(after)).await;
        output.send("bye").await?;
        Ok(())
    }

    async fn restarted(&self, cx: Context, output: Sender<String>) -> Outcome<()> {
        cx.draining().await;
        output.send("bye").await?;
        Err(Failure::draining())
    }

    async fn hesitant(&self, cx: Context, opening: Opening<Sender<String>>) -> Outcome<()> {
        let _opening = opening;
        self.0.fetch_add(1, Ordering::SeqCst);
        cx.draining().await;
        Err(Failure::draining())
    }

    async fn elsewhere(&self) -> Outcome<String> {
        Err(Failure::draining())
    }

    async fn deaf(&self, output: Sender<String>) -> Outcome<()> {
        output.send("here").await?;
        std::future::pending().await
    }

    async fn stubborn(&self, input: Receiver<String>) -> Outcome<()> {
        let _input = input;
        std::future::pending().await
    }

    async fn undecided(&self, opening: Opening<(Receiver<String>, Sender<String>)>) -> Outcome<()> {
        let _opening = opening;
        self.0.fetch_add(1, Ordering::SeqCst);
        std::future::pending().await
    }

    async fn plain(&self) -> Outcome<String> {
        Ok("plain".to_owned())
    }
}

fn server() -> (InMemory, KindsClient) {
    let memory = InMemory::from(KindsServer::new(Here::default()).into_service());
    let client = KindsClient::in_memory(memory.clone()).build().unwrap();
    (memory, client)
}

/// How a stream ended, and how long after a moment.
type Ended = JoinHandle<(u16, String, Duration)>;

/// Reads a server stream to its end.
fn watch(mut stream: Receiver<String, Failure<NoError>>, from: Instant) -> Ended {
    tokio::spawn(async move {
        loop {
            match stream.recv().await {
                Ok(Some(_)) => {}
                Ok(None) => return (1000, String::new(), from.elapsed()),
                Err(Failure::Stream(StreamError::Closed(closed))) => {
                    return (closed.code().as_u16(), closed.reason().to_owned(), from.elapsed());
                }
                Err(other) => panic!("{other:?}"),
            }
        }
    })
}

const SECOND: Duration = Duration::from_secs(1);

#[track_caller]
fn counts(report: DrainReport, expected: [usize; 4]) {
    let DrainReport { finished, closed_in_window, closed_at_deadline, cut, .. } = report;
    assert_eq!([finished, closed_in_window, closed_at_deadline, cut], expected, "{report}");
}

#[track_caller]
fn about(took: Duration, expected: Duration) {
    assert!(took >= expected && took < expected + Duration::from_millis(50), "{took:?} instead of {expected:?}");
}

#[tokio::test(start_paused = true)]
async fn without_connections_it_is_over_at_once() {
    let manager = ConnectionManager::new();
    assert!(manager.is_ready());
    let report = manager.drain(Drain::new()).await;
    counts(report, [0; 4]);
    about(report.took, Duration::ZERO);
    assert!(manager.is_draining() && !manager.is_ready());
    assert_eq!(
        report.to_string(),
        "drained in 0.0 s: 0 streams finished, 0 closed with 1012, 0 closed with 1001, 0 cut"
    );
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_ends_before_its_point_ends_normally() {
    let (memory, client) = server();
    let from = Instant::now();
    let at_once = watch(client.polite(0).await.unwrap(), from);
    let later = watch(client.polite(1900).await.unwrap(), from);
    let too_late = watch(client.polite(30_000).await.unwrap(), from);
    let report = memory.manager().drain(Drain::new().notice(2 * SECOND).window(SECOND)).await;
    counts(report, [2, 1, 0, 0]);
    for (ended, expected) in [(at_once, 0), (later, 1900)] {
        let (code, reason, after) = ended.await.unwrap();
        assert_eq!((code, reason.as_str()), (1000, ""));
        about(after, Duration::from_millis(expected));
    }
    let (code, reason, after) = too_late.await.unwrap();
    assert_eq!(code, 1012);
    assert!(after >= 2 * SECOND && after <= 3 * SECOND + Duration::from_millis(50), "{after:?}");
    let told = parse_close_reason(&reason).unwrap();
    assert_eq!(told.name, "draining");
    assert!(told.retry_after.unwrap() >= SECOND && told.retry_after.unwrap() <= 2 * SECOND, "{reason}");
    // It is over with the last of them, not with the window.
    assert!(report.took < 3 * SECOND + Duration::from_millis(50), "{report}");
}

#[tokio::test(start_paused = true)]
async fn closes_are_spread_over_the_window() {
    let (memory, client) = server();
    let mut streams = Vec::new();
    for _ in 0..1000 {
        streams.push(client.deaf().await.unwrap());
    }
    let from = Instant::now();
    let ends: Vec<_> = streams.into_iter().map(|stream| watch(stream, from)).collect();
    let (notice, window) = (SECOND, 10 * SECOND);
    let report = memory.manager().drain(Drain::new().notice(notice).window(window)).await;
    counts(report, [0, 1000, 0, 0]);
    let mut histogram = [0_usize; 10];
    let (mut order, mut hints) = (Vec::new(), Vec::new());
    for ended in ends {
        let (code, reason, after) = ended.await.unwrap();
        assert_eq!(code, 1012);
        let place = (after - notice).as_secs_f64() / window.as_secs_f64();
        histogram[((place * 10.0) as usize).min(9)] += 1;
        order.push(after);
        hints.push(parse_close_reason(&reason).unwrap().retry_after.unwrap());
    }
    println!("closes in each tenth of the window: {histogram:?}");
    // Even, but for those at the edge of a tenth.
    assert!(histogram.iter().all(|&count| (95..=105).contains(&count)), "{histogram:?}");
    // In an order of chance, not in that in which they came: half of all neighbours are the wrong way round.
    let inversions = order.windows(2).filter(|pair| pair[0] > pair[1]).count();
    assert!((400..600).contains(&inversions), "{inversions}");
    // And so are the hints.
    hints.sort_unstable();
    hints.dedup();
    assert!(hints.len() > 400 && hints[0] >= SECOND && *hints.last().unwrap() <= 2 * SECOND, "{}", hints.len());
}

#[tokio::test(start_paused = true)]
async fn it_is_over_with_the_last_stream_and_not_with_the_window() {
    // An hour: that the last of three points is in the last second of it is not to be expected.
    const WINDOW: Duration = Duration::from_secs(3600);
    let (memory, client) = server();
    let from = Instant::now();
    let mut watched = Vec::new();
    for _ in 0..3 {
        watched.push(watch(client.deaf().await.unwrap(), from));
    }
    let report = memory.manager().drain(Drain::new().window(WINDOW).deadline(2 * WINDOW)).await;
    counts(report, [0, 3, 0, 0]);
    let mut last = Duration::ZERO;
    for ended in watched {
        last = last.max(ended.await.unwrap().2);
    }
    assert!(last < WINDOW - SECOND);
    about(report.took, last);
}

#[tokio::test(start_paused = true)]
async fn a_window_of_nothing_closes_all_at_once() {
    let (memory, client) = server();
    let from = Instant::now();
    let ends = [watch(client.deaf().await.unwrap(), from), watch(client.deaf().await.unwrap(), from)];
    counts(memory.manager().drain(Drain::new().notice(SECOND).window(Duration::ZERO)).await, [0, 2, 0, 0]);
    for ended in ends {
        let (code, _, after) = ended.await.unwrap();
        assert_eq!(code, 1012);
        about(after, SECOND);
    }
}

/// Just below, at and above.
#[tokio::test(start_paused = true)]
async fn a_deadline_that_comes_before_the_end_of_the_notice_closes_with_1001() {
    for (deadline, expected) in [(1999, 1001), (2000, 1001), (2001, 1012)] {
        let (memory, client) = server();
        let from = Instant::now();
        let ended = watch(client.deaf().await.unwrap(), from);
        let deadline = Duration::from_millis(deadline);
        let drain = Drain::new().notice(2 * SECOND).window(60 * SECOND).deadline(deadline);
        let report = memory.manager().drain(drain).await;
        counts(report, if expected == 1001 { [0, 0, 1, 0] } else { [0, 1, 0, 0] });
        let (code, reason, after) = ended.await.unwrap();
        assert_eq!(code, expected);
        if expected == 1001 {
            assert_eq!(reason, "server shutting down");
        }
        about(after, deadline.min(2 * SECOND));
    }
}

#[tokio::test(start_paused = true)]
async fn a_window_ends_with_the_deadline() {
    let (memory, client) = server();
    let from = Instant::now();
    let mut ends = Vec::new();
    for _ in 0..100 {
        ends.push(watch(client.deaf().await.unwrap(), from));
    }
    let report = memory.manager().drain(Drain::new().window(60 * SECOND).deadline(6 * SECOND)).await;
    assert_eq!((report.closed_in_window + report.closed_at_deadline, report.total()), (100, 100), "{report}");
    assert!(report.closed_in_window >= 99, "{report}");
    // The last of a hundred points is in the last hundredth.
    assert!(report.took >= 6 * SECOND * 99 / 100 && report.took < 6 * SECOND + SECOND / 20, "{report}");
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_never_ends_is_cut_after_the_grace() {
    let (memory, client) = server();
    let input = client.stubborn().await.unwrap();
    let report = memory.manager().drain(Drain::new().deadline(10 * SECOND).grace(3 * SECOND)).await;
    // Its peer was told long before.
    counts(report, [0, 0, 0, 1]);
    about(report.took, 13 * SECOND);
    assert_eq!(memory.open_streams(), 0);
    drop(input);
}

/// Like one whose machine stands still: its end of the connection takes nothing and answers nothing.
#[tokio::test(start_paused = true)]
async fn a_peer_that_never_answers_is_waited_for_and_no_longer() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    const UPGRADE: &[u8] = b"GET /deaf HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
        Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    // It has 5 seconds for its part of the close handshake; sooner where the deadline comes before that.
    for (deadline, took, expected) in [(20, 5, [0, 1, 0, 0]), (1, 3, [0, 0, 0, 1])] {
        let (memory, _client) = server();
        let mut io = memory.connect();
        io.write_all(UPGRADE).await.unwrap();
        let mut head = [0; 12];
        io.read_exact(&mut head).await.unwrap();
        assert_eq!(&head, b"HTTP/1.1 101");
        let drain = Drain::new().window(Duration::ZERO).deadline(deadline * SECOND);
        let report = memory.manager().drain(drain).await;
        counts(report, expected);
        about(report.took, took * SECOND);
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_not_decided_is_refused() {
    let (memory, client) = server();
    let call = tokio::spawn(async move { client.undecided().await.map(drop) });
    while memory.open_streams() == 0 {
        tokio::task::yield_now().await;
    }
    let report = memory.manager().drain(Drain::new().window(Duration::ZERO).deadline(2 * SECOND)).await;
    counts(report, [0, 0, 0, 1]);
    let Failure::Remote(remote) = call.await.unwrap().unwrap_err() else { panic!() };
    assert_eq!((remote.status, remote.retry_after), (503, Some(SECOND)));
}

#[tokio::test(start_paused = true)]
async fn new_streams_are_refused_and_plain_methods_are_not() {
    let (memory, client) = server();
    let stream = client.deaf().await.unwrap();
    let manager = memory.manager().clone();
    let draining = tokio::spawn(async move { manager.drain(Drain::new().notice(5 * SECOND)).await });
    while memory.manager().is_ready() {
        tokio::task::yield_now().await;
    }
    let Failure::Remote(remote) = client.deaf().await.unwrap_err() else { panic!() };
    assert_eq!((remote.status, remote.retry_after), (503, Some(SECOND)));
    assert_eq!(client.plain().await.unwrap(), "plain");
    drop(stream);
    let report = draining.await.unwrap();
    // Its client left: that is no close of ours.
    counts(report, [1, 0, 0, 0]);
    about(report.took, Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_drain_that_only_begins_closes_nobody() {
    let (memory, client) = server();
    let from = Instant::now();
    let (polite, deaf) = (watch(client.polite(0).await.unwrap(), from), watch(client.deaf().await.unwrap(), from));
    memory.manager().begin_drain();
    assert_eq!(polite.await.unwrap().0, 1000);
    sleep(3600 * SECOND).await;
    assert_eq!((memory.open_streams(), memory.manager().is_ready(), deaf.is_finished()), (1, false, false));
    // Who has left before it is no part of it.
    counts(memory.manager().drain(Drain::new()).await, [0, 1, 0, 0]);
    assert_eq!(deaf.await.unwrap().0, 1012);
}

/// It was let in before the drain began, and enters while it runs.
#[tokio::test(start_paused = true)]
async fn a_connection_that_comes_meanwhile_has_its_part() {
    use crate::connection::Shared;
    use crate::manager::{Facts, Transport};
    use mandovi_websocket::{CloseCode, Role};
    let facts = || Facts { service: "", method: "", peer: None, principal: None, transport: Transport::WebSocket };
    let manager = ConnectionManager::new();
    let enter = |id: u64| {
        let shared = Shared::new(Role::Server, 1000);
        let place = manager.enter(id, &shared, facts(), None);
        let request =
            |shared: &Shared| crate::sync::lock(&shared.outbox).close_request.take().map(|request| request.code);
        (Arc::clone(&shared), place, request)
    };
    let (_first, _first_place, _) = enter(1);
    let draining = manager.clone();
    let drain = Drain::new().notice(SECOND).window(4 * SECOND).deadline(8 * SECOND).grace(2 * SECOND);
    let report = tokio::spawn(async move { draining.drain(drain).await });
    let at = |seconds: f64| sleep_until(Instant::now() + Duration::from_secs_f64(seconds));
    at(2.0).await;
    let (within, within_place, request) = enter(2);
    assert_eq!(within.state(), crate::manager::ConnectionState::Draining);
    assert_eq!(request(&within), None, "the window is open");
    at(3.5).await;
    assert_eq!(request(&within), Some(CloseCode::SERVICE_RESTART), "it is over");
    let (after, after_place, request) = enter(3);
    assert_eq!(request(&after), Some(CloseCode::SERVICE_RESTART), "at once");
    at(3.0).await;
    let (late, late_place, request) = enter(4);
    assert_eq!(request(&late), Some(CloseCode::GOING_AWAY), "the deadline has passed");
    at(2.0).await;
    let task = tokio::spawn(std::future::pending::<()>());
    let (_cut, cut_place, _) = enter(5);
    manager.name_task(5, task.abort_handle());
    assert!(task.await.unwrap_err().is_cancelled(), "the grace is over");
    drop((within_place, after_place, late_place, cut_place));
    let report = report.await.unwrap();
    // The first is still there.
    counts(report, [0, 0, 0, 5]);
    about(report.took, 11 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn the_sooner_of_two_drains_counts() {
    let (memory, client) = server();
    let from = Instant::now();
    let ended = watch(client.deaf().await.unwrap(), from);
    let (slow, quick) = (Drain::new().notice(10 * SECOND), Drain::new().notice(SECOND).window(Duration::ZERO));
    let manager = memory.manager();
    let (slow, quick) = tokio::join!(manager.drain(slow), manager.drain(quick));
    // Both report the one connection.
    counts(slow, [0, 1, 0, 0]);
    counts(quick, [0, 1, 0, 0]);
    about(ended.await.unwrap().2, SECOND);
    // Again, when it is over.
    counts(manager.drain(Drain::new()).await, [0; 4]);
}

#[tokio::test(start_paused = true)]
async fn a_drain_that_is_dropped_goes_no_further_and_can_go_on() {
    let (memory, client) = server();
    let from = Instant::now();
    let ended = watch(client.deaf().await.unwrap(), from);
    let manager = memory.manager();
    let dropped = tokio::time::timeout(SECOND, manager.drain(Drain::new().notice(2 * SECOND))).await;
    assert!(dropped.is_err());
    sleep(60 * SECOND).await;
    assert_eq!((manager.len(), manager.is_draining()), (1, true));
    counts(manager.drain(Drain::new().window(Duration::ZERO)).await, [0, 1, 0, 0]);
    about(ended.await.unwrap().2, 61 * SECOND);
}

#[test]
fn times_without_an_end_are_no_overflow() {
    let far = Drain::new().retry_after(Duration::MAX).reason();
    assert_eq!(parse_close_reason(&far).unwrap().retry_after, Some(Duration::from_millis(u64::MAX)));
    let none = Drain::new().retry_after(Duration::ZERO).reason();
    assert_eq!(none, r#"{"name":"draining","retry_after_ms":0}"#);
}

#[tokio::test(start_paused = true)]
async fn a_drain_without_a_deadline_waits() {
    let (memory, client) = server();
    let stream = client.polite(3_600_000).await.unwrap();
    let for_ever = Drain::new().notice(Duration::MAX).window(Duration::MAX).deadline(Duration::MAX);
    let report = memory.manager().drain(for_ever).await;
    counts(report, [1, 0, 0, 0]);
    about(report.took, 3600 * SECOND);
    drop(stream);
}

/// The same as where the drain closes it: its client comes back.
#[tokio::test(start_paused = true)]
async fn a_handler_may_say_that_it_is_to_be_called_again() {
    for (pause, least, most) in [(SECOND, 1000, 2000), (5 * SECOND, 5000, 10_000), (Duration::ZERO, 0, 0)] {
        let (memory, client) = server();
        let ended = watch(client.restarted().await.unwrap(), Instant::now());
        let drain = Drain::new().notice(10 * SECOND).retry_after(pause);
        let report = memory.manager().drain(drain).await;
        counts(report, [1, 0, 0, 0]);
        let (code, text, took) = ended.await.unwrap();
        about(took, Duration::ZERO);
        assert_eq!(code, 1012);
        let said = parse_close_reason(&text).unwrap();
        let hint = said.retry_after.unwrap().as_millis();
        assert_eq!(said.name, "draining");
        assert!((least..=most).contains(&hint), "{hint}");
    }
}

#[tokio::test(start_paused = true)]
async fn and_so_may_one_that_has_not_answered() {
    let here = Here::default();
    let memory = InMemory::from(KindsServer::new(here.clone()).into_service());
    let client = KindsClient::in_memory(memory.clone()).retry(crate::client::Retry::none()).build().unwrap();
    let call = tokio::spawn({
        let client = client.clone();
        async move { client.hesitant().await.map(drop) }
    });
    while here.0.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    memory.manager().begin_drain();
    let Failure::Remote(remote) = call.await.unwrap().unwrap_err() else { panic!() };
    assert_eq!((remote.status, remote.retry_after), (503, Some(SECOND)));
    let Failure::Remote(remote) = client.elsewhere().await.unwrap_err() else { panic!() };
    assert_eq!((remote.status, remote.retry_after), (503, Some(SECOND)));
}
