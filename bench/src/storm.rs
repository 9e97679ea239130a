//! A restart storm: a server that is killed and started again, and again, under clients that heal.
//!
//! The server is a child process on a fixed port; each client listens to a server stream with `Retry::default()`. For every restart it says
//! when each client was back, and with how many attempts; then it draws when the attempts were made, where jitter shows.

mod picture;

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use clap::Args;
use mandovi::client::{CallState, Retry};
use mandovi::prelude::*;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use self::picture::Histogram;
use crate::AnyError;
use crate::servers::LISTENING;

/// How long a client may take to come back.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often the server says something.
const TICK: Duration = Duration::from_millis(100);

/// What is asked for.
#[derive(Debug, Args)]
pub(crate) struct Storm {
    /// How many clients.
    #[arg(long, value_name = "N", default_value_t = 200)]
    clients: usize,
    /// How often the server is killed.
    #[arg(long, value_name = "N", default_value_t = 20)]
    restarts: usize,
    /// For how long it is gone.
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 1000)]
    down: u64,
    /// What it would be like if every client waited for as long as it may.
    #[arg(long)]
    without_jitter: bool,
    /// Where the pictures go, as SVG.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
}

/// What the server says.
#[message]
struct Tick {
    /// Which server this is.
    #[field(1)]
    generation: u64,
}

#[service]
trait Alive {
    /// Says which server this is, until it is gone.
    #[get("/alive")]
    async fn alive(&self, output: Sender<Tick>) -> Outcome<()>;
}

struct Server(u64);

impl Alive for Server {
    async fn alive(&self, output: Sender<Tick>) -> Outcome<()> {
        loop {
            output.send(Tick { generation: self.0 }).await?;
            sleep(TICK).await;
        }
    }
}

/// The child's part.
pub(crate) fn serve(port: u16, generation: u64) -> Result<(), AnyError> {
    std::thread::spawn(|| {
        // Whoever is killed leaves nothing behind, and neither does this when its parent is.
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
        println!("{LISTENING}{}", listener.local_addr()?);
        mandovi::serve(listener, AliveServer::new(Server(generation)).into_router()).await
    })?;
    Ok(())
}

/// A server that listens; it is killed when this is dropped.
struct Running(Child);

impl Running {
    fn start(port: u16, generation: usize) -> Result<Self, AnyError> {
        let child = Command::new(std::env::current_exe()?)
            .args(["storm-serve", &port.to_string(), &generation.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut running = Self(child);
        let mut line = String::new();
        BufReader::new(running.0.stdout.take().ok_or("the server has no output")?).read_line(&mut line)?;
        if line.starts_with(LISTENING) { Ok(running) } else { Err("the server did not start".into()) }
    }
}

impl Drop for Running {
    /// SIGKILL: no close frame, no end but that of the process.
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What is known of one client.
#[derive(Default)]
struct Client {
    attempts: AtomicUsize,
    /// When attempts were made, since the last time it was asked.
    made: Mutex<Vec<Instant>>,
    /// The newest server it has heard, and when it heard it first.
    heard: watch::Sender<Option<(u64, Instant)>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Client {
    fn attempt(&self) {
        self.attempts.fetch_add(1, Relaxed);
        lock(&self.made).push(Instant::now());
    }

    async fn listen(self: Arc<Self>, url: String, retry: Retry) -> Result<(), AnyError> {
        let watched = Arc::clone(&self);
        let client = AliveClient::builder(url)
            .retry(retry)
            .on_event(move |event| {
                if matches!(event.state, CallState::Connecting { .. }) {
                    watched.attempt();
                }
            })
            .build()?;
        let mut ticks = client.alive().await?;
        while let Some(Tick { generation }) = ticks.recv().await? {
            self.heard.send_if_modified(|heard| {
                let is_new = heard.is_none_or(|(last, _)| generation > last);
                if is_new {
                    *heard = Some((generation, Instant::now()));
                }
                is_new
            });
        }
        Err("a stream without an end ended".into())
    }

    /// When it heard that server first.
    async fn hears(&self, generation: u64) -> Result<Instant, AnyError> {
        let mut heard = self.heard.subscribe();
        let heard = timeout(PATIENCE, heard.wait_for(|heard| heard.is_some_and(|(last, _)| last >= generation)));
        let heard = *heard.await.map_err(|_| "a client did not come back")??;
        Ok(heard.ok_or("nothing was heard")?.1)
    }
}

/// What came of one restart.
struct Restart {
    /// After the kill.
    listens: Duration,
    back: Vec<Duration>,
    attempts: Vec<usize>,
    made: Vec<Duration>,
}

/// Runs it, and prints what came of it. Fails where a client does not come back.
pub(crate) fn run(storm: &Storm) -> Result<(), AnyError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(stormed(storm))
}

/// A port that is free, and that no client has for its own end: one who connects to a port where nobody listens could have it otherwise, and
/// then speaks with itself.
fn free_port() -> Result<u16, AnyError> {
    let from = 20_000 + u16::try_from(std::process::id() % 10_000)?;
    (from..32_000)
        .find(|port| std::net::TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .ok_or_else(|| "no port is free".into())
}

async fn stormed(storm: &Storm) -> Result<(), AnyError> {
    let port = free_port()?;
    let mut server = Running::start(port, 0)?;
    let retry = if storm.without_jitter { Retry::default().without_jitter() } else { Retry::default() };
    let clients: Vec<Arc<Client>> = (0..storm.clients).map(|_| Arc::default()).collect();
    let mut listening = JoinSet::new();
    for client in &clients {
        listening.spawn(Arc::clone(client).listen(format!("http://127.0.0.1:{port}"), retry));
    }
    for client in &clients {
        client.hears(0).await?;
    }
    println!(
        "{} clients; the server is killed {} times and is gone for {} ms; `Retry::default()`{}. Milliseconds after the kill.\n",
        storm.clients,
        storm.restarts,
        storm.down,
        if storm.without_jitter { " without jitter" } else { "" }
    );
    println!(
        "| restart | listens again | first back | median | 99 of 100 | last | attempts of a client: least | median | most |"
    );
    println!("|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
    let mut restarts = Vec::new();
    for generation in 1..=storm.restarts {
        let before: Vec<_> = clients.iter().map(|client| client.attempts.load(Relaxed)).collect();
        clients.iter().for_each(|client| lock(&client.made).clear());
        drop(server);
        let killed = Instant::now();
        sleep(Duration::from_millis(storm.down)).await;
        server = Running::start(port, generation)?;
        let mut restart =
            Restart { listens: killed.elapsed(), back: Vec::new(), attempts: Vec::new(), made: Vec::new() };
        for (client, before) in clients.iter().zip(before) {
            let heard = tokio::select! {
                heard = client.hears(generation as u64) => heard?,
                // Why it did not come back.
                Some(ended) = listening.join_next() => return Err(ended?.err().unwrap_or_else(|| "a client ended".into())),
            };
            restart.back.push(heard.saturating_duration_since(killed));
            restart.attempts.push(client.attempts.load(Relaxed) - before);
            restart.made.extend(lock(&client.made).iter().map(|made| made.saturating_duration_since(killed)));
        }
        restart.back.sort_unstable();
        restart.attempts.sort_unstable();
        println!("{}", restart.row(generation));
        restarts.push(restart);
        if let Some(ended) = listening.try_join_next() {
            ended??;
        }
        // All are open and calm before the next.
        sleep(Duration::from_millis(500)).await;
    }
    listening.shutdown().await;
    let pictures = pictures(&restarts);
    pictures.iter().for_each(|picture| println!("\n{}", picture.text()));
    if let Some(path) = &storm.svg {
        std::fs::write(path, picture::svg(&pictures))?;
        eprintln!("written to {}", path.display());
    }
    let back: usize = restarts.iter().map(|restart| restart.back.len()).sum();
    println!("\n{back} of {} times a client came back.", storm.clients * storm.restarts);
    Ok(())
}

/// The value below which so many percent of sorted ones lie.
fn percentile<T: Copy>(sorted: &[T], percent: usize) -> Option<T> {
    sorted.get((sorted.len() * percent).div_ceil(100).saturating_sub(1)).copied()
}

impl Restart {
    fn row(&self, number: usize) -> String {
        let ms = |percent| percentile(&self.back, percent).unwrap_or_default().as_millis();
        let attempts = |percent| percentile(&self.attempts, percent).unwrap_or_default();
        format!(
            "| {number} | {} | {} | {} | {} | {} | {} | {} | {} |",
            self.listens.as_millis(),
            ms(0),
            ms(50),
            ms(99),
            ms(100),
            attempts(0),
            attempts(50),
            attempts(100)
        )
    }
}

fn pictures(restarts: &[Restart]) -> Vec<Histogram> {
    let made = restarts.iter().flat_map(|restart| &restart.made).map(|at| at.as_millis() as u64);
    let back = restarts
        .iter()
        .flat_map(|restart| restart.back.iter().map(|at| at.saturating_sub(restart.listens).as_millis() as u64));
    let attempts = restarts.iter().flat_map(|restart| &restart.attempts).map(|attempts| *attempts as u64);
    vec![
        Histogram::of("When attempts were made: milliseconds after the kill", 100, made),
        Histogram::of("When clients were back: milliseconds after the server listened", 100, back),
        Histogram::of("Attempts of a client for one restart", 1, attempts),
    ]
}
