//! A soak: a server, its clients and faults between them, for as long as it is told, and what the process holds meanwhile.
//!
//! Calls of every shape go through four fault proxies, which do something else to them all the time; one stream is broadcast to all who
//! listen. Every ten seconds it says what there is. At the end everything is stopped, and has to be gone; the slope of resident memory over the
//! second half is what a leak would look like.

mod load;
mod service;

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use clap::Args;
use mandovi::ConnectionManager;
use mandovi::server::Options;
use mandovi::testing::FaultProxy;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use self::load::Counters;
use self::service::{MixedServer, Node};
use crate::AnyError;
use crate::process::{files, resident, slope};

/// How often resident memory is looked at, for the slope.
const LOOK: Duration = Duration::from_secs(1);
/// How often it says what there is: every so many looks.
const SAY: usize = 10;
/// How many proxies.
const PROXIES: usize = 4;
/// How long what was stopped may take to be gone.
const SETTLES: Duration = Duration::from_secs(30);

/// What is asked for.
#[derive(Debug, Args)]
pub(crate) struct Soak {
    /// For how long.
    #[arg(long, value_name = "MINUTES", default_value_t = 30.0)]
    minutes: f64,
    /// How many clients call at once.
    #[arg(long, value_name = "N", default_value_t = 60)]
    clients: usize,
    /// Where a report goes, beside what is printed.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// What resident memory may grow by, in KiB for each minute of the second half, beyond twice the error of the measurement.
    #[arg(long, value_name = "KIB", default_value_t = 64.0)]
    most: f64,
    /// Of all that is random.
    #[arg(long, value_name = "SEED", default_value_t = 1)]
    seed: u64,
}

/// What there was at one time.
struct Sample {
    at: Duration,
    resident: u64,
    tasks: usize,
    files: usize,
    connections: usize,
    calls: u64,
    failed: u64,
    messages: u64,
    faults: u64,
}

impl Sample {
    fn now(began: Instant, manager: &ConnectionManager, counters: &Counters) -> Result<Self, AnyError> {
        let me = std::process::id();
        Ok(Self {
            at: began.elapsed(),
            resident: resident(me)?,
            tasks: tokio::runtime::Handle::current().metrics().num_alive_tasks(),
            files: files(me)?,
            connections: manager.len(),
            calls: counters.calls.load(Relaxed),
            failed: counters.failed.load(Relaxed),
            messages: counters.messages.load(Relaxed),
            faults: counters.faults.load(Relaxed),
        })
    }

    const HEAD: &str = "| second | resident KiB | tasks | files | connections | calls | of them failed | messages | faults |\n|---:|---:|---:|---:|---:|---:|---:|---:|---:|";

    fn row(&self) -> String {
        format!(
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            self.at.as_secs(),
            self.resident / 1024,
            self.tasks,
            self.files,
            self.connections,
            self.calls,
            self.failed,
            self.messages,
            self.faults
        )
    }
}

/// Runs it, prints it, and fails where something is left or memory grows.
pub(crate) fn run(soak: &Soak) -> Result<(), AnyError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(soaked(soak))
}

async fn soaked(soak: &Soak) -> Result<(), AnyError> {
    let length = Duration::try_from_secs_f64(soak.minutes * 60.0)?;
    let manager = ConnectionManager::new();
    let counters = Arc::new(Counters::default());
    let began = Instant::now();
    let before = Sample::now(began, &manager, &counters)?;

    let (stop, stopped) = watch::channel(false);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let target = listener.local_addr()?;
    let node = Node::default();
    let router =
        MixedServer::new(node.clone()).options(Options::default().settings(load::server_settings())).into_router();
    let mut until = stopped.clone();
    let served = tokio::spawn(
        mandovi::serve(listener, router)
            .manager(manager.clone())
            .drain_deadline(Duration::from_secs(5))
            .with_graceful_shutdown(async move { drop(until.wait_for(|stop| *stop).await) })
            .into_future(),
    );
    let mut proxies = Vec::new();
    for number in 0..PROXIES as u64 {
        proxies.push(Arc::new(FaultProxy::seeded(target, soak.seed.wrapping_add(number)).await?));
    }
    let urls: Arc<[String]> = proxies.iter().map(|proxy| proxy.url()).collect();

    let mut tasks = JoinSet::new();
    tasks.spawn(service::broadcast(node, stopped.clone()));
    for (number, proxy) in proxies.iter().enumerate() {
        let (proxy, counters, stopped) = (Arc::clone(proxy), Arc::clone(&counters), stopped.clone());
        tasks.spawn(load::faults(proxy, soak.seed.wrapping_add(number as u64), counters, stopped));
    }
    for number in 0..soak.clients as u64 {
        let (urls, counters, stopped) = (Arc::clone(&urls), Arc::clone(&counters), stopped.clone());
        tasks.spawn(load::user(urls, soak.seed.wrapping_mul(1000).wrapping_add(number), counters, stopped));
    }

    println!(
        "{} clients, {PROXIES} fault proxies, {} minutes; a line each {} s.\n",
        soak.clients,
        soak.minutes,
        LOOK.as_secs() * SAY as u64
    );
    println!("{}", Sample::HEAD);
    let mut samples = Vec::new();
    while began.elapsed() < length {
        sleep(LOOK.min(length.saturating_sub(began.elapsed()))).await;
        let sample = Sample::now(began, &manager, &counters)?;
        samples.push(sample);
        if samples.len().is_multiple_of(SAY) {
            println!("{}", samples[samples.len() - 1].row());
        }
    }

    stop.send_replace(true);
    while let Some(done) = tasks.join_next().await {
        done?;
    }
    drop(proxies);
    timeout(SETTLES, served).await???;
    let settling = Instant::now();
    let after = loop {
        let after = Sample::now(began, &manager, &counters)?;
        let is_back = after.tasks <= before.tasks && after.files <= before.files && after.connections == 0;
        if is_back || settling.elapsed() > SETTLES {
            break after;
        }
        sleep(Duration::from_millis(20)).await;
    };
    println!("{}", after.row());
    let (text, is_good) = verdict(soak, &before, &samples, &after, &counters);
    println!("\n{text}");
    if let Some(path) = &soak.report {
        std::fs::write(path, report(soak, &samples, &after, &text))?;
        eprintln!("written to {}", path.display());
    }
    if is_good { Ok(()) } else { Err("the soak failed".into()) }
}

fn verdict(soak: &Soak, before: &Sample, samples: &[Sample], after: &Sample, counters: &Counters) -> (String, bool) {
    let half = &samples[samples.len() / 2..];
    let points: Vec<_> = half.iter().map(|sample| (sample.at.as_secs_f64() / 60.0, sample.resident as f64)).collect();
    let (grows, error) = slope(&points);
    let most = soak.most * 1024.0;
    let held = after.tasks <= before.tasks && after.files <= before.files && after.connections == 0;
    let steady = grows - 2.0 * error <= most;
    let mut text = format!(
        "Slope of resident memory over the second half ({} samples): {grows:.0} bytes a minute, standard error {error:.0}; {most:.0} are allowed.\n",
        points.len()
    );
    let _ = writeln!(
        text,
        "Held before: {} tasks, {} files, 0 connections; after: {} tasks, {} files, {} connections.",
        before.tasks, before.files, after.tasks, after.files, after.connections
    );
    let _ = writeln!(text, "Ends of calls: {}.", counters.ends());
    let _ = writeln!(
        text,
        "Verdict: {}.",
        match (held, steady) {
            (true, true) => "nothing is left, and memory does not grow",
            (true, false) => "memory grows",
            (false, _) => "something is left",
        }
    );
    (text, held && steady)
}

fn report(soak: &Soak, samples: &[Sample], after: &Sample, verdict: &str) -> String {
    let mut text = format!(
        "# Soak\n\n{} clients, {PROXIES} fault proxies, {} minutes, seed {}.\n\n{verdict}\n{}\n",
        soak.clients,
        soak.minutes,
        soak.seed,
        Sample::HEAD
    );
    let every = samples.len().div_ceil(60).max(1);
    for sample in samples.iter().step_by(every).chain([after]) {
        text.push_str(&sample.row());
        text.push('\n');
    }
    text
}
