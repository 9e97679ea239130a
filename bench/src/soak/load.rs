//! Clients that call, and faults that befall them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

use mandovi::prelude::*;
use mandovi::testing::{Admit, Direction, FaultProxy, Faults};
use mandovi::{MissedPong, Settings};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::service::{MixedClient, Tick};

/// After which a client gives up a call.
const PATIENCE: Duration = Duration::from_secs(8);

/// What was done.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) calls: AtomicU64,
    pub(crate) failed: AtomicU64,
    pub(crate) messages: AtomicU64,
    pub(crate) faults: AtomicU64,
    ends: Mutex<BTreeMap<String, u64>>,
}

impl Counters {
    fn message(&self) {
        self.messages.fetch_add(1, Relaxed);
    }

    fn ended(&self, how: String) {
        *self.ends.lock().unwrap_or_else(PoisonError::into_inner).entry(how).or_default() += 1;
    }

    /// How calls ended, and how many.
    pub(crate) fn ends(&self) -> String {
        let ends = self.ends.lock().unwrap_or_else(PoisonError::into_inner);
        ends.iter().map(|(how, calls)| format!("{how} {calls}")).collect::<Vec<_>>().join(", ")
    }
}

/// Deadlines that pass several times in a soak of minutes.
fn hurried(settings: Settings) -> Settings {
    settings
        .ping_interval(Duration::from_millis(700))
        .pong_timeout(Duration::from_millis(1500))
        .missed_pong(MissedPong::Close)
        .write_timeout(Duration::from_secs(2))
        .close_timeout(Duration::from_secs(1))
        .leave_timeout(Duration::from_secs(1))
        .handshake_timeout(Duration::from_secs(2))
        .event_heartbeat(Duration::from_secs(1))
}

pub(crate) fn server_settings() -> Settings {
    hurried(Settings::server())
}

/// Calls one method after another, of random shapes, through random proxies, until it is stopped.
pub(crate) async fn user(urls: Arc<[String]>, seed: u64, counters: Arc<Counters>, mut stopped: watch::Receiver<bool>) {
    let mut random = StdRng::seed_from_u64(seed);
    while !*stopped.borrow() {
        let url = &urls[random.random_range(0..urls.len())];
        let Ok(client) = MixedClient::builder(url).settings(hurried(Settings::client())).build() else { return };
        let call = timeout(PATIENCE, call(&client, url, &mut random, &counters));
        let outcome = tokio::select! {
            outcome = call => outcome,
            _ = stopped.changed() => return,
        };
        counters.calls.fetch_add(1, Relaxed);
        let failed = match outcome {
            Ok(Ok(())) => None,
            Ok(Err(failure)) => Some(in_a_word(&failure)),
            Err(_) => Some("given up".to_owned()),
        };
        if failed.is_some() {
            counters.failed.fetch_add(1, Relaxed);
            sleep(Duration::from_millis(random.random_range(0..100))).await;
        }
        counters.ended(failed.unwrap_or_else(|| "as it should".to_owned()));
    }
}

fn in_a_word(failure: &Failure) -> String {
    match failure {
        Failure::Stream(StreamError::Closed(closed)) => closed.code().as_u16().to_string(),
        Failure::Stream(_) => "invalid".to_owned(),
        Failure::Connect(_) => "unreachable".to_owned(),
        Failure::Remote(remote) => format!("status {}", remote.status),
        _ => "other".to_owned(),
    }
}

async fn call(client: &MixedClient, url: &str, random: &mut StdRng, counters: &Counters) -> Outcome<()> {
    let messages = random.random_range(1..200);
    let pause = Duration::from_millis(random.random_range(0..20));
    let text = "s".repeat(random.random_range(1..4000));
    match random.random_range(0..8) {
        0 => {
            let mut rx = client.feed().await?;
            for _ in 0..messages {
                if rx.recv().await?.is_none() {
                    break;
                }
                counters.message();
            }
        }
        1 | 2 => {
            let (tx, mut rx) = client.chat().await?;
            for _ in 0..messages {
                tx.send(text.as_str()).await?;
                let _ = rx.recv().await?;
                counters.message();
                sleep(pause).await;
            }
            // It ends by one of four ways: properly, by the server, by the server's failure, or by going.
            match random.random_range(0..4) {
                0 => tx.finish()?,
                1 => tx.send("end").await?,
                2 => tx.send("fail").await?,
                _ => return Ok(()),
            }
            while rx.recv().await?.is_some() {}
        }
        3 => {
            let (tx, reply) = client.upload().await?;
            for number in 0..messages {
                tx.send(Tick { number, text: text.clone() }).await?;
                counters.message();
            }
            tx.finish()?;
            let _ = reply.await?;
        }
        4 => {
            let (tx, mut rx) = client.raw().await?;
            for _ in 0..messages {
                tx.send(Message::binary(text.clone().into_bytes())).await?;
                let _ = rx.recv().await?;
                counters.message();
            }
            tx.finish()?;
            while rx.recv().await?.is_some() {}
        }
        5 => events(url, messages, counters).await?,
        // An idle connection, for the heartbeat.
        6 => {
            let (_tx, mut rx) = client.chat().await?;
            let _ = timeout(pause * 200, rx.recv()).await;
        }
        _ => {
            for number in 0..messages / 10 {
                let _ = client.plain(number).await?;
                counters.message();
            }
        }
    }
    Ok(())
}

/// A subscriber of events that leaves when it has enough.
async fn events(url: &str, messages: u64, counters: &Counters) -> std::io::Result<()> {
    let address = url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET /feed HTTP/1.1\r\nhost: {address}\r\naccept: text/event-stream\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let (mut buffer, mut seen) = (vec![0; 4096], 0);
    while seen < messages {
        let n = stream.read(&mut buffer).await?;
        if n == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let heard = buffer[..n].windows(6).filter(|window| window == b"data: ").count() as u64;
        (0..heard).for_each(|_| counters.message());
        seen += heard;
    }
    Ok(())
}

/// Does something else to a proxy's connections all the time, until it is stopped.
pub(crate) async fn faults(
    proxy: Arc<FaultProxy>,
    seed: u64,
    counters: Arc<Counters>,
    mut stopped: watch::Receiver<bool>,
) {
    let mut random = StdRng::seed_from_u64(seed);
    while !*stopped.borrow() {
        let direction = match random.random_range(0..3) {
            0 => Direction::ToServer,
            1 => Direction::ToClient,
            _ => Direction::Both,
        };
        let faults = Faults::none();
        let connections = proxy.connections();
        let one = (!connections.is_empty()).then(|| connections[random.random_range(0..connections.len())].clone());
        drop(connections);
        match (random.random_range(0..12), one) {
            (0, _) => proxy.set(direction, faults.latency(Duration::from_millis(random.random_range(0..200)))),
            (1, _) => proxy.set(direction, faults.jitter(Duration::from_millis(random.random_range(1..200)))),
            (2, _) => proxy.set(direction, faults.bandwidth(random.random_range(1_000..200_000))),
            (3, Some(one)) => one.set(direction, faults.stalled()),
            (4, _) => proxy.set(direction, faults.corrupt_one_in(random.random_range(500..50_000))),
            (5, Some(one)) => one.set(direction, faults.truncate_at(random.random_range(0..1000))),
            (6, _) => proxy.admit(Admit::Refuse),
            (7, _) => proxy.admit(Admit::Ignore),
            (8, _) => proxy.cut(),
            (9, _) => proxy.reset(),
            (10, Some(one)) => one.cut(),
            (_, Some(one)) => one.reset(),
            (_, None) => {}
        }
        counters.faults.fetch_add(1, Relaxed);
        let lasts = Duration::from_millis(random.random_range(50..600));
        tokio::select! {
            () = sleep(lasts) => {}
            _ = stopped.changed() => return,
        }
        // Those that are stalled stay so, two times of three.
        if random.random_range(0..3) == 0 {
            proxy.heal();
        } else {
            proxy.admit(Admit::Forward);
        }
    }
}
