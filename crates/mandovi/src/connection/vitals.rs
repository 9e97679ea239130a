//! What is counted of a connection while it lives: the pump and the halves write, whoever asks reads. No lock, and no atomic
//! read-modify-write for a message: each number has one writer at a time, the connection's task or the holder of a lock.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use crate::manager::Watch;

/// See the module.
#[derive(Debug)]
pub(crate) struct Vitals {
    began: Instant,
    began_at: SystemTime,
    open: AtomicBool,
    bytes_received: AtomicU64,
    bytes_sent: AtomicU64,
    messages_sent: AtomicU64,
    errors: AtomicU64,
    /// Boxed: most connections drop nothing.
    lag: OnceLock<Box<Lag>>,
    /// Milliseconds after `began`, like the next two. Zero: never.
    received_at: AtomicU64,
    sent_at: AtomicU64,
    pong_at: AtomicU64,
    /// In microseconds. Zero: not known.
    round_trip: AtomicU32,
    /// Who is told of what happens, where a manager has the connection.
    watch: OnceLock<Watch>,
}

/// Messages to a slow peer that were dropped.
#[derive(Debug, Default)]
struct Lag {
    dropped: AtomicU64,
    /// How many of them the stream's own side has been told of.
    taken: AtomicU64,
    /// How many of them those who watch have been told of, and when: in milliseconds after the connection began. Zero: never.
    told: AtomicU64,
    told_at: AtomicU64,
}

/// Whoever watches is told at most once in so many milliseconds that a connection lags: a loop that publishes must not meet
/// them for each message.
const TELL_EVERY: u64 = 1000;

impl Default for Vitals {
    fn default() -> Self {
        Self {
            began: Instant::now(),
            began_at: SystemTime::now(),
            open: AtomicBool::new(false),
            bytes_received: AtomicU64::new(0),
            bytes_sent: AtomicU64::new(0),
            messages_sent: AtomicU64::new(0),
            errors: AtomicU64::new(0),
            lag: OnceLock::new(),
            received_at: AtomicU64::new(0),
            sent_at: AtomicU64::new(0),
            pong_at: AtomicU64::new(0),
            round_trip: AtomicU32::new(0),
            watch: OnceLock::new(),
        }
    }
}

/// Adds without a read-modify-write: there is one writer at a time.
fn add(number: &AtomicU64, more: u64) {
    number.store(number.load(Relaxed).wrapping_add(more), Relaxed);
}

impl Vitals {
    /// Who is told from now on; once.
    pub(crate) fn watched(&self, watch: Watch) {
        let _ = self.watch.set(watch);
    }

    pub(crate) fn watch(&self) -> Option<&Watch> {
        self.watch.get()
    }

    fn since_began(&self, now: Instant) -> u64 {
        u64::try_from(now.saturating_duration_since(self.began).as_millis()).unwrap_or(u64::MAX).max(1)
    }

    fn ago(&self, at: &AtomicU64) -> Option<Duration> {
        match at.load(Relaxed) {
            0 => None,
            at => Some(self.began.elapsed().saturating_sub(Duration::from_millis(at))),
        }
    }

    /// The handshake is answered.
    pub(crate) fn opened(&self) {
        self.open.store(true, Relaxed);
        if let Some(watch) = self.watch() {
            watch.opened();
        }
    }

    pub(crate) fn is_open(&self) -> bool {
        self.open.load(Relaxed)
    }

    /// The pump read bytes.
    pub(crate) fn received(&self, bytes: usize, now: Instant) {
        add(&self.bytes_received, bytes as u64);
        self.received_at.store(self.since_began(now), Relaxed);
    }

    /// The pump wrote bytes.
    pub(crate) fn sent(&self, bytes: usize, now: Instant) {
        add(&self.bytes_sent, bytes as u64);
        self.sent_at.store(self.since_began(now), Relaxed);
    }

    /// A message was queued, or dropped in place of being queued, under the lock of the outbox.
    pub(crate) fn message_sent(&self) {
        add(&self.messages_sent, 1);
    }

    /// A message of the peer broke the contract.
    pub(crate) fn error(&self) {
        self.errors.fetch_add(1, Relaxed);
    }

    /// Messages to the peer were dropped, since it is slow. Not to be called under a lock.
    pub(crate) fn dropped(&self, messages: u64) {
        let lag = self.lag.get_or_init(Box::default);
        lag.dropped.fetch_add(messages, Relaxed);
        if self.watch().is_none() {
            return;
        }
        let now = self.since_began(Instant::now());
        let told_at = lag.told_at.load(Relaxed);
        let due = told_at == 0 || now.saturating_sub(told_at) >= TELL_EVERY;
        // One of those who drop at the same time tells it.
        if due && lag.told_at.compare_exchange(told_at, now, Relaxed, Relaxed).is_ok() {
            self.tell_lag();
        }
    }

    /// Tells those who watch what they have not been told yet: now, or when the connection is over.
    pub(crate) fn tell_lag(&self) {
        let (Some(watch), Some(lag)) = (self.watch(), self.lag.get()) else { return };
        let dropped = lag.dropped.load(Relaxed);
        let untold = dropped.saturating_sub(lag.told.fetch_max(dropped, Relaxed));
        if untold > 0 {
            watch.lagged(untold);
        }
    }

    /// How many were dropped since the last call.
    pub(crate) fn take_dropped(&self) -> u64 {
        let Some(lag) = self.lag.get() else { return 0 };
        let dropped = lag.dropped.load(Relaxed);
        dropped.saturating_sub(lag.taken.fetch_max(dropped, Relaxed))
    }

    /// The peer answered a ping.
    pub(crate) fn pong(&self, round_trip: Duration, now: Instant) {
        self.pong_at.store(self.since_began(now), Relaxed);
        let micros = u32::try_from(round_trip.as_micros()).unwrap_or(u32::MAX).max(1);
        self.round_trip.store(micros, Relaxed);
    }

    pub(crate) fn age(&self) -> Duration {
        self.began.elapsed()
    }

    pub(crate) fn began_at(&self) -> SystemTime {
        self.began_at
    }

    pub(crate) fn bytes(&self) -> (u64, u64) {
        (self.bytes_received.load(Relaxed), self.bytes_sent.load(Relaxed))
    }

    pub(crate) fn messages_sent(&self) -> u64 {
        self.messages_sent.load(Relaxed)
    }

    pub(crate) fn errors(&self) -> u64 {
        self.errors.load(Relaxed)
    }

    pub(crate) fn messages_dropped(&self) -> u64 {
        self.lag.get().map_or(0, |lag| lag.dropped.load(Relaxed))
    }

    /// How long ago anything was read, and written.
    pub(crate) fn last(&self) -> (Option<Duration>, Option<Duration>) {
        (self.ago(&self.received_at), self.ago(&self.sent_at))
    }

    pub(crate) fn last_pong(&self) -> Option<Duration> {
        self.ago(&self.pong_at)
    }

    pub(crate) fn round_trip(&self) -> Option<Duration> {
        match self.round_trip.load(Relaxed) {
            0 => None,
            micros => Some(Duration::from_micros(micros.into())),
        }
    }
}
