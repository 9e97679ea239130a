//! 10,000 times: connect, use, kill, in turn by every way there is. What was held before is what is held after: tasks, connections in the
//! registry, file descriptors, and memory, whose slope is small.
//!
//! Over TCP, half of it through a [`FaultProxy`]. `CYCLES=n` does another number of them.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    unreachable_pub,
    missing_docs,
    reason = "a test that cannot go on fails; nobody depends on it"
)]

#[path = "../faults/measure.rs"]
mod measure;

use std::collections::BTreeMap;
use std::time::Duration;

use mandovi::prelude::*;
use mandovi::server::Options;
use mandovi::testing::FaultProxy;
use mandovi::{CloseCode, ConnectionManager, Settings};
use tokio::net::TcpListener;
use tokio::time::Instant;

use self::measure::{Held, resident};

/// How many are under way at once.
const WORKERS: usize = 8;
/// What the slope of resident memory may be over the second half, in bytes for each cycle: a fifth of what the leanest connection holds.
/// (The allocator is not done settling after 10,000 cycles; with `CYCLES=50000` the slope is a tenth of it.)
const SLOPE: f64 = 400.0;

#[service]
pub trait Cycle {
    /// Echoes, and does as it is told.
    #[get("/talk")]
    async fn talk(&self, cx: Context, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;

    /// Says that it is there, and does as it is told.
    #[get("/feed")]
    async fn feed(&self, cx: Context, #[query] end: String, output: Sender<String>) -> Outcome<()>;

    /// Counts, and does as it is told.
    #[get("/upload")]
    async fn upload(&self, cx: Context, input: Receiver<String>) -> Outcome<u32>;
}

struct Server(ConnectionManager);

impl Server {
    fn told(&self, cx: &Context, line: &str) -> Outcome<()> {
        match line {
            "fail" => return Err(Failure::internal("on purpose")),
            "panic" => panic!("on purpose"),
            "close" => assert!(self.0.close(cx.id(), CloseCode::GOING_AWAY, "killed")),
            _ => {}
        }
        Ok(())
    }
}

impl Cycle for Server {
    async fn talk(&self, cx: Context, mut input: Receiver<String>, output: Sender<String>) -> Outcome<()> {
        output.send("ready").await?;
        while let Some(line) = input.recv().await? {
            self.told(&cx, &line)?;
            output.send(line).await?;
        }
        Ok(())
    }

    async fn feed(&self, cx: Context, end: String, output: Sender<String>) -> Outcome<()> {
        output.send("ready").await?;
        self.told(&cx, &end)?;
        if end != "finish" {
            cx.closed().await;
        }
        Ok(())
    }

    async fn upload(&self, cx: Context, mut input: Receiver<String>) -> Outcome<u32> {
        let mut heard = 0;
        while let Some(line) = input.recv().await? {
            self.told(&cx, &line)?;
            heard += 1;
        }
        Ok(heard)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kill {
    Finish,
    DropClient,
    Cut,
    Reset,
    HandlerFails,
    HandlerPanics,
    ServerCloses,
    CallAborted,
}

const KILLS: [Kill; 8] = [
    Kill::Finish,
    Kill::DropClient,
    Kill::Cut,
    Kill::Reset,
    Kill::HandlerFails,
    Kill::HandlerPanics,
    Kill::ServerCloses,
    Kill::CallAborted,
];

/// One worker's way to the server.
struct Worker {
    direct: CycleClient,
    through: CycleClient,
    proxy: FaultProxy,
}

impl Worker {
    /// Ends it from outside, where that is the way.
    fn kill(&self, kill: Kill) {
        match kill {
            Kill::Cut => self.proxy.cut(),
            Kill::Reset => self.proxy.reset(),
            _ => {}
        }
    }

    /// Says whether the client saw the end that it was to see. `n` chooses the shape.
    async fn cycle(&self, n: usize, kill: Kill) -> bool {
        let client = if matches!(kill, Kill::Cut | Kill::Reset) { &self.through } else { &self.direct };
        let word = match kill {
            Kill::HandlerFails => "fail",
            Kill::HandlerPanics => "panic",
            Kill::Finish => "finish",
            Kill::ServerCloses => "close",
            _ => "go on",
        };
        let is_of = |code: Option<u16>| match kill {
            Kill::Finish => code.is_none(),
            Kill::Cut | Kill::Reset => code == Some(1006),
            Kill::HandlerFails | Kill::HandlerPanics => code == Some(1011),
            Kill::ServerCloses => code == Some(1001),
            Kill::DropClient | Kill::CallAborted => unreachable!("nobody is left to see it"),
        };
        match n % 3 {
            0 => {
                let (tx, mut rx) = client.talk().await.unwrap();
                assert_eq!(rx.recv().await.unwrap().as_deref(), Some("ready"));
                tx.send("hello").await.unwrap();
                assert_eq!(rx.recv().await.unwrap().as_deref(), Some("hello"));
                if matches!(kill, Kill::DropClient | Kill::CallAborted) {
                    return true;
                }
                if kill == Kill::Finish {
                    tx.finish().unwrap();
                } else {
                    let _ = tx.send(word).await;
                    self.kill(kill);
                }
                loop {
                    match rx.recv().await {
                        Ok(Some(_)) => {}
                        Ok(None) => return is_of(None),
                        Err(failure) => return is_of(code(&failure)),
                    }
                }
            }
            1 => {
                let mut rx = client.feed(word.to_owned()).await.unwrap();
                assert_eq!(rx.recv().await.unwrap().as_deref(), Some("ready"));
                if matches!(kill, Kill::DropClient | Kill::CallAborted) {
                    return true;
                }
                self.kill(kill);
                match rx.recv().await {
                    Ok(end) => end.is_none() && is_of(None),
                    Err(failure) => is_of(code(&failure)),
                }
            }
            _ => {
                let (tx, reply) = client.upload().await.unwrap();
                tx.send("hello").await.unwrap();
                if matches!(kill, Kill::DropClient | Kill::CallAborted) {
                    return true;
                }
                if kill == Kill::Finish {
                    tx.finish().unwrap();
                } else {
                    let _ = tx.send(word).await;
                    self.kill(kill);
                }
                match reply.await {
                    Ok(heard) => heard == 1 && is_of(None),
                    Err(failure) => is_of(code(&failure)),
                }
            }
        }
    }
}

fn code<E: std::fmt::Debug>(failure: &Failure<E>) -> Option<u16> {
    match failure {
        Failure::Stream(StreamError::Closed(closed)) => Some(closed.code().as_u16()),
        Failure::Remote(remote) => Some(remote.status),
        _ => None,
    }
}

/// The slope of a line through points, by least squares.
fn slope(points: &[(f64, f64)]) -> f64 {
    let n = points.len() as f64;
    let (x, y) = points.iter().fold((0.0, 0.0), |sum, point| (sum.0 + point.0 / n, sum.1 + point.1 / n));
    let (over, under) = points
        .iter()
        .fold((0.0, 0.0), |sum, point| (sum.0 + (point.0 - x) * (point.1 - y), sum.1 + (point.0 - x).powi(2)));
    if under == 0.0 { 0.0 } else { over / under }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_ten_thousand_cycles_everything_is_as_before() {
    let cycles: usize = std::env::var("CYCLES").ok().and_then(|n| n.parse().ok()).unwrap_or(10_000);
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if info.payload().downcast_ref::<&str>() != Some(&"on purpose") {
            usual(info);
        }
    }));
    let manager = ConnectionManager::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = listener.local_addr().unwrap();
    // Who is behind a connection that was cut is not waited for.
    let settings = Settings::server().close_timeout(Duration::from_millis(500));
    let router = CycleServer::new(Server(manager.clone())).options(Options::default().settings(settings)).into_router();
    tokio::spawn(mandovi::serve(listener, router).manager(manager.clone()).into_future());
    // Their tasks are not counted.
    let proxies = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let mut workers = Vec::new();
    for _ in 0..WORKERS {
        let proxy = proxies.spawn(async move { FaultProxy::start(target).await }).await.unwrap().unwrap();
        let client = |url: String| CycleClient::builder(url).build().unwrap();
        let (direct, through) = (client(format!("http://{target}")), client(proxy.url()));
        workers.push(std::sync::Arc::new(Worker { direct, through, proxy }));
    }

    let began = Instant::now();
    let (mut points, mut ends, mut unexpected) = (Vec::new(), BTreeMap::<Kill, usize>::new(), Vec::new());
    let mut before = None;
    let step = (cycles / 40).max(WORKERS);
    let mut done = 0;
    while done < cycles {
        let mut tasks = tokio::task::JoinSet::new();
        for (number, worker) in workers.iter().enumerate() {
            let worker = std::sync::Arc::clone(worker);
            tasks.spawn(async move {
                let mut seen = Vec::new();
                for n in (done + number..done + step).step_by(WORKERS) {
                    // Every way with every shape.
                    let kill = KILLS[n / 3 % KILLS.len()];
                    let expected = if kill == Kill::CallAborted {
                        let (worker, (tell, told)) = (std::sync::Arc::clone(&worker), tokio::sync::oneshot::channel());
                        let call = tokio::spawn(async move {
                            worker.cycle(n, kill).await;
                            let _ = tell.send(());
                            std::future::pending::<()>().await;
                        });
                        told.await.unwrap();
                        call.abort();
                        true
                    } else {
                        worker.cycle(n, kill).await
                    };
                    seen.push((n, kill, expected));
                }
                seen
            });
        }
        for (n, kill, expected) in tasks.join_all().await.into_iter().flatten() {
            *ends.entry(kill).or_default() += 1;
            if !expected {
                unexpected.push(format!("{kill:?} in shape {}", n % 3));
            }
        }
        done += step;
        let idle = Held { tasks: 1, connections: 0, files: usize::MAX };
        let idle = before.unwrap_or(idle);
        if let Err(left) = idle.is_back(&manager).await {
            panic!("after {done} cycles {left} are left; before: {idle}");
        }
        // After the first step it is what it stays.
        before.get_or_insert_with(|| Held::now(&manager));
        points.push((done as f64, resident() as f64 * 1024.0));
    }
    let after = Held::now(&manager);
    let slope = slope(&points[points.len() / 2..]);
    let took = began.elapsed();
    println!(
        "{done} cycles in {:.1} s ({:.0} a second): {ends:?}",
        took.as_secs_f64(),
        done as f64 / took.as_secs_f64()
    );
    println!("before: {}; after: {after}", before.unwrap());
    let mib = |(_, bytes): &(f64, f64)| bytes / 1024.0 / 1024.0;
    println!(
        "resident memory: {:.1} MiB after {step} cycles, {:.1} MiB after {done}; {slope:.1} bytes for each cycle of the second half",
        mib(&points[0]),
        mib(&points[points.len() - 1]),
    );
    proxies.shutdown_background();
    assert!(
        unexpected.is_empty(),
        "{} unexpected ends: {:?}",
        unexpected.len(),
        &unexpected[..unexpected.len().min(20)]
    );
    assert!(slope < SLOPE, "memory grows by {slope:.1} bytes for each cycle; {SLOPE} are allowed");
}
