//! What is counted of a connection while it lives: the pump and the halves write, whoever asks reads. No lock, and no atomic
//! read-modify-write for a message: each number has one writer at a time, the connection's task or the holder of a lock.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use crate::error::Closed;
use crate::manager::{Finding, Verdict, Watch};
use crate::observe::Meter;

/// See the module.
#[derive(Debug)]
pub(crate) struct Vitals {
    began: Instant,
    open: AtomicBool,
    bytes_received: AtomicU64,
    bytes_sent: AtomicU64,
    messages_sent: AtomicU64,
    /// The end of the peer's stream was taken, which is a message on the wire and none of the stream.
    end_received: AtomicBool,
    errors: AtomicU64,
    /// Boxed: most connections drop nothing.
    lag: OnceLock<Box<Lag>>,
    /// Milliseconds after `began`, like the next two. Zero: never.
    received_at: AtomicU64,
    sent_at: AtomicU64,
    pong_at: AtomicU64,
    /// In microseconds. Zero: not known.
    round_trip: AtomicU32,
    /// The [`Verdict`] on its health.
    verdict: AtomicU8,
    /// Who is told of what happens, where a manager has the connection.
    watch: OnceLock<Watch>,
    /// What is measured of it, where anybody measures. Boxed: mostly nobody does.
    meter: OnceLock<Box<Meter>>,
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
            open: AtomicBool::new(false),
            bytes_received: AtomicU64::new(0),
            bytes_sent: AtomicU64::new(0),
            messages_sent: AtomicU64::new(0),
            end_received: AtomicBool::new(false),
            errors: AtomicU64::new(0),
            lag: OnceLock::new(),
            received_at: AtomicU64::new(0),
            sent_at: AtomicU64::new(0),
            pong_at: AtomicU64::new(0),
            round_trip: AtomicU32::new(0),
            verdict: AtomicU8::new(0),
            watch: OnceLock::new(),
            meter: OnceLock::new(),
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

    /// The receiver took the end of the peer's stream.
    pub(crate) fn end_received(&self) {
        self.end_received.store(true, Relaxed);
    }

    /// How many of the messages that the receiver took are messages of the stream.
    pub(crate) fn messages_received(&self, taken: usize) -> u64 {
        taken.saturating_sub(usize::from(self.end_received.load(Relaxed))) as u64
    }

    /// A message of the peer broke the contract.
    pub(crate) fn error(&self) {
        self.errors.fetch_add(1, Relaxed);
        if let Some(meter) = self.meter.get() {
            meter.invalid();
        }
    }

    /// Messages to the peer were dropped, since it is slow. Not to be called under a lock.
    pub(crate) fn dropped(&self, messages: u64) {
        let lag = self.lag.get_or_init(Box::default);
        lag.dropped.fetch_add(messages, Relaxed);
        if let Some(meter) = self.meter.get() {
            meter.lagged(messages);
        }
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
        if let Some(meter) = self.meter.get() {
            meter.round_trip(round_trip);
        }
    }

    /// Output was written after it had waited so long.
    pub(crate) fn queued(&self, waited: Option<Duration>) {
        if let (Some(waited), Some(meter)) = (waited, self.meter.get()) {
            meter.queued(waited);
        }
    }

    /// Measured from now on; once.
    pub(crate) fn metered(&self, meter: Meter) {
        let _ = self.meter.set(Box::new(meter));
    }

    /// Brings the meter up to date: for the connection's task, when it goes to sleep. `taken`: messages that were received.
    #[inline]
    pub(crate) fn flush(&self, taken: usize) {
        if let Some(meter) = self.meter.get() {
            let (received, sent) = self.bytes();
            meter.flush([received, sent, self.messages_received(taken), self.messages_sent()]);
        }
    }

    /// The connection is over; once.
    pub(crate) fn ended(&self, closed: &Closed) {
        if let Some(meter) = self.meter.get() {
            meter.ended(closed);
        }
    }

    /// It ended because the peer did not answer.
    pub(crate) fn reaped(&self) {
        if let Some(watch) = self.watch() {
            watch.reaped();
        }
        if let Some(meter) = self.meter.get() {
            meter.reaped();
        }
    }

    /// The verdict on its health has changed.
    pub(crate) fn judged(&self, verdict: Verdict, finding: Option<Finding>) {
        self.verdict.store(verdict as u8, Relaxed);
        let (id, service, method) = self.watch().map_or((0, "", ""), Watch::names);
        let (what, value, limit) =
            finding.map_or(("", 0, 0), |finding| (finding.measure.setting(), finding.value, finding.limit));
        // The two levels are two call sites: what a level is, is known when it is compiled.
        if verdict == Verdict::Healthy {
            tracing::info!(target: "mandovi::health", id, service, method, verdict = verdict.as_str(), "a connection has recovered");
        } else {
            tracing::warn!(
                target: "mandovi::health", id, service, method, verdict = verdict.as_str(), what, value, limit,
                "a connection is not healthy"
            );
        }
        if let Some(watch) = self.watch() {
            watch.judged(verdict, finding);
        }
    }

    pub(crate) fn verdict(&self) -> Verdict {
        Verdict::of_number(self.verdict.load(Relaxed))
    }

    pub(crate) fn age(&self) -> Duration {
        self.began.elapsed()
    }

    pub(crate) fn began_at(&self) -> SystemTime {
        let now = SystemTime::now();
        now.checked_sub(self.age()).unwrap_or(now)
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
