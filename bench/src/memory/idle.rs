//! What idle connections cost with their heartbeats on: resident bytes, and processor time.
//!
//! A typed service in a child process with the settings that everybody gets; the connections come from here, exchange one message,
//! and then do nothing but to answer pings.

use std::net::SocketAddr;
use std::process::Child;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use mandovi::Settings;
use mandovi::prelude::*;
use mandovi::server::Options;
use mandovi_websocket::{Connection, Limits, MessageRef, handshake};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::AnyError;
use crate::measure::cpu_of;
use crate::process::settled;

/// How many connections are made at once.
const AT_ONCE: usize = 64;

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Idle {
    /// How many connections, at two counts.
    pub(crate) few: usize,
    pub(crate) many: usize,
    /// Between heartbeats; what everybody gets where it is not given.
    pub(crate) ping: Option<Duration>,
    /// For how long they are watched.
    pub(crate) watch: Duration,
}

#[service]
trait Quiet {
    /// Echoes.
    #[get("/")]
    async fn chat(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;
}

struct Server;

impl Quiet for Server {
    async fn chat(&self, mut input: Receiver<String>, output: Sender<String>) -> Outcome<()> {
        while let Some(line) = input.recv().await? {
            output.send(line).await?;
        }
        Ok(())
    }
}

/// What the child serves.
pub(super) fn router(ping: Option<Duration>) -> axum::Router {
    let mut settings = Settings::server();
    if let Some(ping) = ping {
        settings.ping_interval = ping;
        // Nobody is asked again before the time to answer is over.
        settings.pong_timeout = settings.pong_timeout.min(ping);
    }
    QuietServer::new(Server).options(Options::default().settings(settings)).into_router()
}

/// What was seen at one count.
struct Seen {
    connections: usize,
    resident: u64,
    cpu: Duration,
    watched: Duration,
    answered: u64,
}

/// Measures, and prints the table.
pub(super) fn measure(idle: Idle, server: &Child, address: SocketAddr) -> Result<(), AnyError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let pings = Arc::new(AtomicU64::new(0));
        let mut held = JoinSet::new();
        let empty = watch(idle, 0, server, &pings).await?;
        let mut seen = Vec::new();
        for connections in [idle.few, idle.many] {
            eprintln!("memory: {connections} connections, {} s of heartbeats", idle.watch.as_secs());
            while held.len() < connections {
                let mut opening = JoinSet::new();
                for _ in 0..AT_ONCE.min(connections - held.len()) {
                    opening.spawn(open(address));
                }
                while let Some(opened) = opening.join_next().await {
                    let (stream, buffer) = opened??;
                    held.spawn(answer(stream, buffer, Arc::clone(&pings)));
                }
            }
            seen.push(watch(idle, connections, server, &pings).await?);
            if let Some(ended) = held.try_join_next() {
                ended??;
                return Err("a connection ended".into());
            }
        }
        print(idle, &empty, &seen);
        Ok(())
    })
}

async fn watch(idle: Idle, connections: usize, server: &Child, pings: &AtomicU64) -> Result<Seen, AnyError> {
    // Nothing is to be left of the handshakes.
    sleep(Duration::from_secs(2)).await;
    let (began, before, answered) = (Instant::now(), cpu_of(server.id())?, pings.load(Relaxed));
    sleep(if connections == 0 { idle.watch.min(Duration::from_secs(5)) } else { idle.watch }).await;
    let watched = began.elapsed();
    let cpu = (cpu_of(server.id())? - before).ran;
    Ok(Seen { connections, resident: settled(server.id())?, cpu, watched, answered: pings.load(Relaxed) - answered })
}

fn print(idle: Idle, empty: &Seen, seen: &[Seen]) {
    let ping = idle.ping.unwrap_or(Settings::server().ping_interval);
    println!(
        "Idle connections of a typed service, `ping_interval` {} s{}, watched for {} s.\n",
        ping.as_secs_f64(),
        if idle.ping.is_none() { " (default)" } else { "" },
        idle.watch.as_secs()
    );
    println!(
        "| connections | resident MiB | bytes each, without the empty server | pings answered for each and minute | CPU microseconds for each and second |"
    );
    println!("|---:|---:|---:|---:|---:|");
    let per_second = |seen: &Seen| seen.cpu.as_secs_f64() * 1e6 / seen.watched.as_secs_f64();
    println!("| 0 | {:.1} | | | ({:.0} in all) |", empty.resident as f64 / 1048576.0, per_second(empty));
    for at in seen {
        let n = at.connections as f64;
        println!(
            "| {} | {:.1} | {:.0} | {:.2} | {:.2} |",
            at.connections,
            at.resident as f64 / 1048576.0,
            at.resident.saturating_sub(empty.resident) as f64 / n,
            at.answered as f64 / n / at.watched.as_secs_f64() * 60.0,
            (per_second(at) - per_second(empty)) / n
        );
    }
    if let [few, many] = seen {
        println!(
            "\nSlope from {} to {} connections: {} resident bytes for each.",
            few.connections,
            many.connections,
            many.resident.saturating_sub(few.resident) / (many.connections - few.connections).max(1) as u64
        );
    }
    let default = Settings::server().ping_interval;
    if ping != default {
        println!(
            "The pings are {:.1} times as frequent as by default ({} s): of the CPU time only what they cost shrinks with them.",
            default.as_secs_f64() / ping.as_secs_f64(),
            default.as_secs()
        );
    }
}

/// Opens a connection and exchanges one message.
async fn open(address: SocketAddr) -> Result<(TcpStream, Connection), AnyError> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (mut out, mut input, mut buffer) = (Vec::new(), Vec::new(), [0; 1024]);
    let key = handshake::key(rand::random());
    let none: &[&str] = &[];
    handshake::write_request(&mut out, &address.to_string(), "/", &key, none, &http::HeaderMap::new())?;
    stream.write_all(&out).await?;
    let (response, head) = loop {
        let n = stream.read(&mut buffer).await?;
        input.extend_from_slice(&buffer[..n]);
        match handshake::parse_response(&input, 8192)? {
            Some(head) => break head,
            None if n == 0 => return Err("the server left".into()),
            None => {}
        }
    };
    handshake::verify_response(response.status(), response.headers(), &key, none)?;
    let mut connection = Connection::client(Limits::default(), rand::random);
    connection.receive(&input[head..]);
    out.clear();
    connection.send(MessageRef::Text(r#""hello""#), &mut out)?;
    stream.write_all(&out).await?;
    out.clear();
    while connection.next_message(&mut out)?.is_none() {
        let n = stream.read(&mut buffer).await?;
        if n == 0 {
            return Err("the server left".into());
        }
        connection.receive(&buffer[..n]);
    }
    Ok((stream, connection))
}

/// Answers pings until the connection ends; then says why.
async fn answer(mut stream: TcpStream, mut connection: Connection, pings: Arc<AtomicU64>) -> Result<(), AnyError> {
    let (mut buffer, mut out) = ([0; 256], Vec::new());
    loop {
        let n = stream.read(&mut buffer).await?;
        if n == 0 {
            return Err("the server left".into());
        }
        connection.receive(&buffer[..n]);
        while connection.next_message(&mut out)?.is_some() {}
        if !out.is_empty() {
            pings.fetch_add(1, Relaxed);
            stream.write_all(&out).await?;
            out.clear();
        }
    }
}
