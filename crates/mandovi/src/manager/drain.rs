//! Draining: everyone is told, handlers come to an end, peers are closed a few at a time, and what is left is cut.
//!
//! ```text
//! begin ── notice ──┬── window: 1012, each at a point of its own ──┬── deadline: 1001 ── grace ── cut
//!                   └ handlers may end by themselves throughout ───┘
//! ```
//!
//! The state is the registry's, so that a connection which comes while the server stops meets it too; here are the steps and
//! their times.

use std::fmt;
use std::time::Duration;

use rand::seq::SliceRandom as _;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::registry::{Registry, Stopping};
use crate::close_reason::reason;

/// What a peer that is closed within the window is told, beside when to come back.
const NAME: &str = "draining";
/// How long a task that was cut may take to see it. One that never yields does not see it at all.
const CUT_SEEN: Duration = Duration::from_secs(1);

/// How a server comes to its end; for [`ConnectionManager::drain`](super::ConnectionManager::drain) and
/// [`Serve::drain`](crate::server::Serve::drain).
///
/// All times but [`grace`](Self::grace) and [`retry_after`](Self::retry_after) count from the beginning of the drain. The whole takes at
/// most `deadline`, `grace`, and a second.
///
/// ```
/// use mandovi::manager::Drain;
/// use std::time::Duration;
///
/// let drain = Drain::new().notice(Duration::from_secs(2)).window(Duration::from_secs(10));
/// assert_eq!(drain.deadline, Duration::from_secs(20));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Drain {
    /// How long handlers, which learn of the drain at once ([`Context::draining`](crate::Context::draining)), may come to an end by
    /// themselves before any peer is closed. Default: none.
    pub notice: Duration,
    /// Over how long the closes with 1012 are spread after that, so that the clients do not all come back at once: each connection
    /// has a point of its own in it, by chance. Cut short where the deadline comes before its end. Default: 5 seconds.
    pub window: Duration,
    /// When what is still there is closed with 1001; where it comes before the end of the notice, nothing is closed with 1012.
    /// Default: 20 seconds.
    pub deadline: Duration,
    /// How long the peers may take for that last close, and handlers to see it; then their tasks are cut. Default: 2 seconds.
    pub grace: Duration,
    /// When a client that is closed with 1012 is asked to come back: between this and twice this, by chance. Default: 1 second.
    pub retry_after: Duration,
}

impl Drain {
    /// The defaults.
    pub const fn new() -> Self {
        Self {
            notice: Duration::ZERO,
            window: Duration::from_secs(5),
            deadline: Duration::from_secs(20),
            grace: Duration::from_secs(2),
            retry_after: Duration::from_secs(1),
        }
    }

    /// Sets [`notice`](Self::notice).
    #[must_use]
    pub const fn notice(mut self, notice: Duration) -> Self {
        self.notice = notice;
        self
    }

    /// Sets [`window`](Self::window).
    #[must_use]
    pub const fn window(mut self, window: Duration) -> Self {
        self.window = window;
        self
    }

    /// Sets [`deadline`](Self::deadline).
    #[must_use]
    pub const fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Sets [`grace`](Self::grace).
    #[must_use]
    pub const fn grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// Sets [`retry_after`](Self::retry_after).
    #[must_use]
    pub const fn retry_after(mut self, pause: Duration) -> Self {
        self.retry_after = pause;
        self
    }

    /// The reason that goes with 1012, made anew for each peer.
    pub(crate) fn reason(&self) -> String {
        let pause = self.retry_after.saturating_mul(2).max(self.retry_after);
        let (least, most) = (millis(self.retry_after), millis(pause));
        reason(NAME, Some(Duration::from_millis(rand::random_range(least..=most))), b"", false)
    }
}

impl Default for Drain {
    fn default() -> Self {
        Self::new()
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// What became of the connections of a drain. Each is counted once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DrainReport {
    /// They ended by themselves: the handler was done, or the client left.
    pub finished: usize,
    /// Their peers were closed with 1012, within the window.
    pub closed_in_window: usize,
    /// Their peers were closed with 1001, at the deadline.
    pub closed_at_deadline: usize,
    /// Their tasks were cut, whatever their peers were told before: the handler did not end, or the peer did not take the close.
    pub cut: usize,
    /// How long it took.
    pub took: Duration,
}

impl DrainReport {
    /// How many connections there were.
    pub fn total(&self) -> usize {
        self.finished + self.closed_in_window + self.closed_at_deadline + self.cut
    }
}

impl fmt::Display for DrainReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { finished, closed_in_window, closed_at_deadline, cut, took } = self;
        write!(
            f,
            "drained in {:.1} s: {finished} streams finished, {closed_in_window} closed with 1012, \
             {closed_at_deadline} closed with 1001, {cut} cut",
            took.as_secs_f64()
        )
    }
}

/// See [`ConnectionManager::drain`](super::ConnectionManager::drain).
pub(super) async fn drain(registry: &Registry, drain: Drain) -> DrainReport {
    let began = Instant::now();
    let before = registry.ended();
    registry.stop(Stopping::Draining, &drain);
    steps(registry, drain, began).await;
    let (ended, left) = (registry.ended(), registry.len());
    DrainReport {
        finished: ended.finished - before.finished,
        closed_in_window: ended.closed_in_window - before.closed_in_window,
        closed_at_deadline: ended.closed_at_deadline - before.closed_at_deadline,
        cut: ended.cut - before.cut + left,
        took: began.elapsed(),
    }
}

async fn steps(registry: &Registry, drain: Drain, began: Instant) {
    let deadline = at(began, drain.deadline);
    let opens = at(began, drain.notice);
    if timeout_at(opens.min(deadline), registry.closed()).await.is_ok() {
        return;
    }
    if opens < deadline {
        let closes = at(opens, drain.window).min(deadline);
        if timeout_at(deadline, close_one_by_one(registry, &drain, opens, closes)).await.is_ok()
            && timeout_at(deadline, registry.closed()).await.is_ok()
        {
            return;
        }
    }
    registry.stop(Stopping::Away, &drain);
    if timeout_at(at(Instant::now(), drain.grace), registry.closed()).await.is_ok() {
        return;
    }
    tracing::warn!(open = registry.len(), "the drain deadline passed; the rest is cut");
    registry.stop(Stopping::Cut, &drain);
    let _ = timeout_at(at(Instant::now(), CUT_SEEN), registry.closed()).await;
}

/// Closes every connection at its point between two times. They are evenly spread, in an order of chance: no two moments are
/// much busier than others.
async fn close_one_by_one(registry: &Registry, drain: &Drain, opens: Instant, closes: Instant) {
    let mut ids = registry.ids();
    ids.shuffle(&mut rand::rng());
    let window = closes.saturating_duration_since(opens);
    let count = ids.len() as f64;
    for (place, id) in ids.into_iter().enumerate() {
        let point = opens + window.mul_f64((place as f64 + rand::random::<f64>()) / count);
        tokio::select! {
            biased;
            () = registry.closed() => return,
            () = sleep_until(point) => registry.stop_one(id, Stopping::Restarting, drain),
        }
    }
    if timeout_at(closes, registry.closed()).await.is_ok() {
        return;
    }
    // Who came meanwhile, and who comes from now on.
    registry.stop(Stopping::Restarting, drain);
}

/// A point in time, however far.
fn at(from: Instant, time: Duration) -> Instant {
    /// What no clock shows the end of.
    const NEVER: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);
    from.checked_add(time).unwrap_or(from + NEVER)
}

#[cfg(all(test, not(mandovi_loom)))]
mod tests;
