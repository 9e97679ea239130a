//! How long it takes with the settings that everybody gets. In memory, with the clock paused: half an hour takes no time.

use std::fmt::Write as _;
use std::time::Duration;

use mandovi::server::Options;
use mandovi::testing::{Direction, FaultProxy, Faults};
use mandovi::{MissedPong, Settings};
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use crate::shapes::{FLOOD, Flow, Log, QUIET, Shape, ShapesClient, ShapesServer, use_it};

/// After which nobody will notice any more.
const NEVER: Duration = Duration::from_secs(1800);

/// 25 seconds of silence, a tenth sooner or later, and 10 seconds for the answer.
const A_HEARTBEAT: std::ops::Range<f64> = 32.4..37.6;
/// 30 seconds in which nothing is taken.
const A_WRITE: std::ops::Range<f64> = 29.9..30.2;
/// The server has gone after that and `close_timeout`, and one of the next pings meets its end.
const A_PING_LATER: std::ops::Range<f64> = 35.0..65.1;
const NOBODY: std::ops::Range<f64> = 0.0..0.0;

struct Wait {
    name: &'static str,
    shape: Shape,
    direction: Direction,
    flow: Flow,
    missed: MissedPong,
    /// Of the client and of the handler, in seconds.
    notice: [std::ops::Range<f64>; 2],
}

#[rustfmt::skip]
fn table() -> Vec<Wait> {
    let (close, auto, both) = (MissedPong::Close, MissedPong::Auto, Direction::Both);
    let wait = |name, shape, direction, flow, missed, client, handler| Wait {
        name, shape, direction, flow, missed, notice: [client, handler],
    };
    vec![
        wait("client streaming, half-open", Shape::Upload, both, QUIET, close, A_HEARTBEAT, A_HEARTBEAT),
        wait("server streaming, half-open", Shape::Feed, both, QUIET, close, A_HEARTBEAT, A_HEARTBEAT),
        wait("bidirectional, half-open", Shape::Chat, both, QUIET, close, A_HEARTBEAT, A_HEARTBEAT),
        wait("raw, half-open", Shape::Raw, both, QUIET, close, A_HEARTBEAT, A_HEARTBEAT),
        wait("bidirectional, half-open to the server", Shape::Chat, Direction::ToServer, QUIET, close, A_HEARTBEAT, A_HEARTBEAT),
        wait("bidirectional, half-open to the client", Shape::Chat, Direction::ToClient, QUIET, close, A_HEARTBEAT, A_HEARTBEAT),
        wait("client streaming, half-open, auto", Shape::Upload, both, QUIET, auto, NOBODY, NOBODY),
        wait("server streaming, half-open, auto", Shape::Feed, both, QUIET, auto, NOBODY, A_HEARTBEAT),
        wait("bidirectional, half-open, auto", Shape::Chat, both, QUIET, auto, NOBODY, NOBODY),
        wait("server streaming, flooded, half-open to the client", Shape::Feed, Direction::ToClient, FLOOD, auto, A_PING_LATER, A_WRITE),
    ]
}

/// Seconds after the fault until it ended, for the client and for the handler; `None` where it did not.
async fn case(wait: &Wait) -> [Option<f64>; 2] {
    let log = Log::default();
    let options = Options::default().settings(Settings::server().missed_pong(wait.missed));
    let (proxy, server) = FaultProxy::in_memory(ShapesServer::new(log.clone()).options(options), 0);
    let settings = Settings::client().missed_pong(wait.missed);
    let client = ShapesClient::in_memory(server.clone()).settings(settings).build().unwrap();
    let (opened, mut is_open) = watch::channel(false);
    let mut call = tokio::spawn(use_it(client, String::new(), wait.shape, wait.flow, opened));
    log.heard().await;
    if wait.shape != Shape::Upload {
        is_open.wait_for(|open| *open).await.unwrap();
    }
    // Where it is flooded everything is still on its way; otherwise nothing is.
    proxy.set(wait.direction, Faults::none().stalled());
    let began = Instant::now();
    let client = async { timeout(NEVER, &mut call).await.ok().map(|_| began.elapsed().as_secs_f64()) };
    let handler = async { timeout(NEVER, log.ended()).await.ok().map(|_| began.elapsed().as_secs_f64()) };
    let (client, handler) = tokio::join!(client, handler);
    call.abort();
    drop(proxy);
    // Nothing is left.
    timeout(NEVER, server.closed()).await.unwrap();
    [client, handler]
}

#[tokio::test(start_paused = true)]
async fn with_the_settings_that_everybody_gets() {
    let (mut table, mut wrong) = (table(), Vec::new());
    let mut text = String::from("| case | the client | the handler |\n|---|---|---|\n");
    for wait in &mut table {
        let found = case(wait).await;
        let cell = |found: Option<f64>| found.map_or("never".to_owned(), |seconds| format!("{seconds:.1} s"));
        writeln!(text, "| {} | {} | {} |", wait.name, cell(found[0]), cell(found[1])).unwrap();
        for (side, (found, expected)) in found.into_iter().zip(&wait.notice).enumerate() {
            let is_right = match found {
                None => expected.is_empty(),
                Some(seconds) => expected.contains(&seconds),
            };
            if !is_right {
                let side = ["client", "handler"][side];
                wrong.push(format!("{}, the {side}: {}, and not within {expected:?} s", wait.name, cell(found)));
            }
        }
    }
    println!("When it is noticed, with the default settings.\n\n{text}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
