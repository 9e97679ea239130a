//! Every fault, for every shape, on both sides: how the client's call and the server's handler end, and that nothing is left of
//! them: tasks, connections, file descriptors, memory.
//!
//! The table is what `docs/faults.md` promises, to the letter; the test prints what it saw. Everything is real: TCP through a
//! [`FaultProxy`], the clock. The deadlines are short, by the settings.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    unreachable_pub,
    missing_docs,
    reason = "a test that cannot go on fails; nobody depends on it"
)]

mod measure;
mod patience;
mod shapes;

use std::fmt::Write as _;
use std::time::Duration;

use mandovi::server::Options;
use mandovi::testing::{Admit, Direction, FaultProxy, Faults};
use mandovi::{ConnectionManager, MissedPong, Settings};
use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};
use tokio::time::timeout;

use self::Direction::{Both, ToClient, ToServer};
use self::measure::{Held, resident};
use self::shapes::{BUSY, FLOOD, Flow, Log, QUIET, SHAPES, Shape, ShapesClient, ShapesServer, WHOLE, use_it};

/// After which nobody will notice any more: several times the longest deadline.
const NEVER: Duration = Duration::from_millis(1500);
/// How much more memory may be resident after all cases than after the first round of them, in KiB.
const TOLERANCE: u64 = 4 * 1024;

/// What goes wrong.
#[derive(Clone, Copy)]
enum Fault {
    /// From the first byte on.
    First(Direction, Faults),
    /// Once the stream is open.
    Then(Direction, Faults),
    Admit(Admit),
    Cut,
    Reset,
}

struct Row {
    name: &'static str,
    fault: Fault,
    flow: Flow,
    settings: fn(Settings) -> Settings,
    /// For each shape: how it ends for the client, and for the handler.
    expected: [&'static str; 6],
}

/// Short deadlines, and a ping without an answer is the end.
fn base(settings: Settings) -> Settings {
    settings
        .ping_interval(Duration::from_millis(100))
        .pong_timeout(Duration::from_millis(300))
        .missed_pong(MissedPong::Close)
        .write_timeout(Duration::from_millis(300))
        .close_timeout(Duration::from_millis(200))
        .leave_timeout(Duration::from_millis(200))
        .handshake_timeout(Duration::from_millis(500))
        .event_heartbeat(Duration::from_millis(100))
}

fn as_it_is(settings: Settings) -> Settings {
    settings
}

/// TCP is the judge, where Goa's peers may be on the other side.
fn auto(settings: Settings) -> Settings {
    settings.missed_pong(MissedPong::Auto)
}

fn no_pings(settings: Settings) -> Settings {
    settings.ping_interval(Duration::ZERO)
}

const fn slow() -> Faults {
    Faults::none().latency(Duration::from_millis(30))
}

#[rustfmt::skip]
const TABLE: &[Row] = &[
    Row { name: "none", fault: Fault::First(Both, Faults::none()), flow: WHOLE, settings: as_it_is,
        expected: ["works / works", "works / works", "works / works", "works / works", "works / works", "works / works"] },
    Row { name: "latency", fault: Fault::First(Both, slow()), flow: WHOLE, settings: as_it_is,
        expected: ["works / works", "works / works", "works / works", "works / works", "works / works", "works / works"] },
    Row { name: "latency to the server", fault: Fault::First(ToServer, slow()), flow: WHOLE, settings: as_it_is,
        expected: ["works / works", "works / works", "works / works", "works / works", "works / works", "works / works"] },
    Row { name: "latency to the client", fault: Fault::First(ToClient, slow()), flow: WHOLE, settings: as_it_is,
        expected: ["works / works", "works / works", "works / works", "works / works", "works / works", "works / works"] },
    Row { name: "jitter", fault: Fault::First(Both, Faults::none().jitter(Duration::from_millis(30))), flow: WHOLE, settings: as_it_is,
        expected: ["works / works", "works / works", "works / works", "works / works", "works / works", "works / works"] },
    Row { name: "bandwidth", fault: Fault::First(Both, Faults::none().bandwidth(20_000)), flow: WHOLE, settings: as_it_is,
        expected: ["works / works", "works / works", "works / works", "works / works", "works / works", "works / works"] },
    Row { name: "cut, while quiet", fault: Fault::Cut, flow: QUIET, settings: as_it_is,
        expected: ["1006 / 1006", "1006 / dropped", "1006 / 1006", "1006 / 1006", "cut / dropped", "unreachable / dropped"] },
    Row { name: "cut, while busy", fault: Fault::Cut, flow: BUSY, settings: as_it_is,
        expected: ["1006 / 1006", "1006 / dropped", "1006 / 1006", "1006 / 1006", "cut / dropped", "unreachable / dropped"] },
    Row { name: "reset, while quiet", fault: Fault::Reset, flow: QUIET, settings: as_it_is,
        expected: ["1006 / 1006", "1006 / dropped", "1006 / 1006", "1006 / 1006", "reset / dropped", "unreachable / dropped"] },
    Row { name: "reset, while busy", fault: Fault::Reset, flow: BUSY, settings: as_it_is,
        expected: ["1006 / 1006", "1006 / dropped", "1006 / 1006", "1006 / 1006", "reset / dropped", "unreachable / dropped"] },
    Row { name: "truncated to the server", fault: Fault::Then(ToServer, Faults::none().truncate_at(3)), flow: BUSY, settings: as_it_is,
        expected: ["1006 / 1006", "1006 / dropped", "1006 / 1006", "1006 / 1006", "", ""] },
    Row { name: "truncated to the client", fault: Fault::Then(ToClient, Faults::none().truncate_at(3)), flow: BUSY, settings: as_it_is,
        expected: ["1006 / 1006", "1006 / dropped", "1006 / 1006", "1006 / 1006", "cut / dropped", "unreachable / works"] },
    Row { name: "a frame's head corrupted to the server", fault: Fault::Then(ToServer, Faults::none().corrupt_at(0, 6)), flow: BUSY, settings: as_it_is,
        expected: ["1002 / 1002", "1002 / dropped", "1002 / 1002", "1002 / 1002", "", ""] },
    Row { name: "a frame's head corrupted to the client", fault: Fault::Then(ToClient, Faults::none().corrupt_at(0, 6)), flow: BUSY, settings: as_it_is,
        expected: ["1002 / 1002", "1002 / dropped", "1002 / 1002", "1002 / 1002", "", "unreachable / works"] },
    Row { name: "text corrupted to the server", fault: Fault::Then(ToServer, Faults::none().corrupt_at(7, 7)), flow: BUSY, settings: no_pings,
        expected: ["1007 / 1007", "", "1007 / 1007", "1007 / 1007", "", ""] },
    Row { name: "text corrupted to the client", fault: Fault::Then(ToClient, Faults::none().corrupt_at(3, 7)), flow: BUSY, settings: no_pings,
        expected: ["", "1007 / dropped", "1007 / 1007", "1007 / 1007", "", ""] },
    Row { name: "half-open, while quiet", fault: Fault::Then(Both, Faults::none().stalled()), flow: QUIET, settings: as_it_is,
        expected: ["1006 / 1006", "1006 / dropped", "1006 / 1006", "1006 / 1006", "never / never", "unreachable / works"] },
    Row { name: "half-open, while busy", fault: Fault::Then(Both, Faults::none().stalled()), flow: BUSY, settings: as_it_is,
        expected: ["1006 / 1006", "1006 / dropped", "1006 / 1006", "1006 / 1006", "never / never", ""] },
    Row { name: "half-open, while quiet, `missed_pong` auto", fault: Fault::Then(Both, Faults::none().stalled()), flow: QUIET, settings: auto,
        expected: ["never / never", "never / dropped", "never / never", "never / never", "never / never", "unreachable / works"] },
    Row { name: "half-open to the server, while quiet", fault: Fault::Then(ToServer, Faults::none().stalled()), flow: QUIET, settings: as_it_is,
        expected: ["1006 / 1006", "1006 / dropped", "1006 / 1006", "1006 / 1006", "", ""] },
    Row { name: "half-open to the client, while quiet", fault: Fault::Then(ToClient, Faults::none().stalled()), flow: QUIET, settings: as_it_is,
        expected: ["1006 / 1006", "1006 / dropped", "1006 / 1006", "1006 / 1006", "never / never", "unreachable / works"] },
    Row { name: "half-open to the server, flooded, no pings", fault: Fault::Then(ToServer, Faults::none().stalled()), flow: FLOOD, settings: no_pings,
        expected: ["1013 / never", "", "1013 / never", "1013 / never", "", ""] },
    Row { name: "half-open to the client, flooded, no pings", fault: Fault::Then(ToClient, Faults::none().stalled()), flow: FLOOD, settings: no_pings,
        expected: ["", "never / dropped", "1006 / 1013", "1006 / 1013", "never / dropped", ""] },
    Row { name: "refused", fault: Fault::Admit(Admit::Refuse), flow: BUSY, settings: as_it_is,
        expected: ["unreachable / -", "unreachable / -", "unreachable / -", "unreachable / -", "unreachable / -", "unreachable / -"] },
    Row { name: "never answered", fault: Fault::Admit(Admit::Ignore), flow: BUSY, settings: as_it_is,
        expected: ["unreachable / -", "never / -", "unreachable / -", "unreachable / -", "never / -", "unreachable / -"] },
];

/// One case; says how it ended, and what is left of it.
async fn case(row: &Row, shape: Shape, proxies: &tokio::runtime::Handle) -> (String, Option<String>) {
    let manager = ConnectionManager::new();
    let before = Held::now(&manager);
    let log = Log::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let options = Options::default().settings((row.settings)(base(Settings::server())));
    let serve = mandovi::serve(listener, ShapesServer::new(log.clone()).options(options).into_router())
        .manager(manager.clone())
        .drain_deadline(Duration::from_millis(500))
        .with_graceful_shutdown(async { drop(stopped.await) });
    let served = tokio::spawn(serve.into_future());
    // In a runtime of its own: its tasks are not counted.
    let proxy = proxies.spawn(async move { FaultProxy::start(target).await }).await.unwrap().unwrap();
    match row.fault {
        Fault::First(direction, faults) => proxy.set(direction, faults),
        Fault::Admit(admit) => {
            proxy.admit(admit);
            while admit == Admit::Refuse && tokio::net::TcpStream::connect(proxy.address()).await.is_ok() {
                tokio::task::yield_now().await;
            }
        }
        Fault::Then(..) | Fault::Cut | Fault::Reset => {}
    }
    // The server is the first to have waited long enough.
    let settings = (row.settings)(base(Settings::client()).write_timeout(Duration::from_millis(600)));
    let client = ShapesClient::builder(proxy.url()).settings(settings).build().unwrap();
    let (opened, mut is_open) = watch::channel(false);
    let mut call = tokio::spawn(use_it(client, proxy.url(), shape, row.flow, opened));
    let then = matches!(row.fault, Fault::Then(..) | Fault::Cut | Fault::Reset);
    if then {
        log.heard().await;
        if shape != Shape::Plain {
            is_open.wait_for(|open| *open).await.unwrap();
        }
        match row.fault {
            Fault::Then(direction, faults) => proxy.set(direction, faults),
            Fault::Cut => proxy.cut(),
            _ => proxy.reset(),
        }
    }
    if !matches!(row.fault, Fault::Cut | Fault::Reset) {
        log.gate.send_replace(true);
    }
    let handler = async {
        // Who has not let the client in by then will not any more.
        let begun = log.has_begun() || timeout(NEVER / 3, log.heard()).await.is_ok();
        match timeout(NEVER, log.ended()).await {
            Ok(end) => end,
            Err(_) if begun => "never".into(),
            Err(_) => "-".into(),
        }
    };
    let (client_end, handler_end) = tokio::join!(timeout(NEVER, &mut call), handler);
    let client_end = client_end.map_or_else(|_| "never".into(), Result::unwrap);
    // The end of it: whoever noticed nothing is dropped.
    call.abort();
    while !call.is_finished() {
        tokio::task::yield_now().await;
    }
    drop((proxy, log));
    let _ = stop.send(());
    served.await.unwrap().unwrap();
    let left = before.is_back(&manager).await.err().map(|left| format!("{left}; before: {before}"));
    (format!("{client_end} / {handler_end}"), left)
}

/// The head of the table.
fn head() -> String {
    let mut table = String::from("| fault |");
    SHAPES.iter().for_each(|shape| write!(table, " {} |", shape.title()).unwrap());
    table.push_str("\n|---|");
    SHAPES.iter().for_each(|_| table.push_str("---|"));
    table.push('\n');
    table
}

/// A cell; empty where the case is none: nothing flows that way, or it would be the same as another.
fn cell(table: &mut String, text: &str) {
    table.push_str(if text.is_empty() { " |" } else { " " });
    if !text.is_empty() {
        write!(table, "{text} |").unwrap();
    }
}

#[test]
fn the_guide_has_the_table() {
    let mut table = head();
    for row in TABLE {
        write!(table, "| {} |", row.name).unwrap();
        row.expected.iter().for_each(|expected| cell(&mut table, expected));
        table.push('\n');
    }
    let guide = include_str!("../../../../docs/faults.md");
    assert!(guide.contains(&table), "docs/faults.md is to have:\n{table}");
}

/// `FAULTS=text` runs only the rows whose name holds that text.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_for_every_shape_ends_as_documented_and_leaves_nothing() {
    let proxies = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let only = std::env::var("FAULTS").unwrap_or_default();
    let mut table = head();
    let mut wrong = Vec::new();
    // What the runtime, the pools and the allocator keep for good.
    for shape in SHAPES {
        case(&TABLE[0], shape, proxies.handle()).await;
    }
    let memory = resident();
    for row in TABLE.iter().filter(|row| row.name.contains(&only)) {
        write!(table, "| {} |", row.name).unwrap();
        for (shape, expected) in SHAPES.into_iter().zip(row.expected) {
            if expected.is_empty() {
                cell(&mut table, "");
                continue;
            }
            let (found, left) = case(row, shape, proxies.handle()).await;
            cell(&mut table, &found);
            if found != expected {
                wrong.push(format!("{}, {}: {found}, and not {expected}", row.name, shape.title()));
            }
            if let Some(left) = left {
                wrong.push(format!("{}, {}: left: {left}", row.name, shape.title()));
            }
        }
        table.push('\n');
    }
    let grown = resident().saturating_sub(memory);
    println!(
        "How it ends for the client / for the handler.\n\n{table}\nresident memory: {memory} KiB, and {grown} KiB more after all cases"
    );
    if grown > TOLERANCE {
        wrong.push(format!("{grown} KiB more memory than before; {TOLERANCE} are allowed"));
    }
    proxies.shutdown_background();
    assert!(wrong.is_empty(), "{} faults:\n{}", wrong.len(), wrong.join("\n"));
}
