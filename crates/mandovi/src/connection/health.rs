//! How a connection is: what is measured of it, held against its policy. Nothing polls: the pump looks when something has happened,
//! and when its timer says that something has lasted for too long.

use std::time::Duration;

use mandovi_websocket::CloseCode;
use tokio::time::Instant;

use super::pump::later;
use super::settings::{HealthAction, HealthPolicy};
use super::shared::Shared;
use crate::manager::{Finding, Measure, Verdict};

/// Into how many parts a window is divided: so exactly it slides.
const PARTS: u32 = 16;
/// How often a slow connection is looked at that may become full meanwhile: so often in `full_for`.
const LOOKS: u32 = 10;
/// How soon it is looked at again at the soonest, whatever the policy: nothing goes round without a pause.
const PAUSE: Duration = Duration::from_millis(10);
/// The window in which messages are counted.
const SECOND: Duration = Duration::from_secs(1);

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Health {
    verdict: Verdict,
    /// How many errors are counted in.
    errors: u64,
    /// Since when the outbox is full.
    full_since: Option<Instant>,
    /// What most connections have no need for.
    rare: Option<Box<Rare>>,
}

/// Counts in sliding windows.
#[derive(Debug)]
struct Rare {
    errors: Window,
    messages: Window,
    /// How many messages are counted in.
    counted: u64,
    /// The largest message of this second, and the one before it.
    largest: [usize; 2],
    second: Instant,
}

/// What the pump knows of its connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Now {
    pub(super) now: Instant,
    /// Since when nothing was heard of a peer that has left a ping without an answer.
    pub(super) silent: Option<Instant>,
    /// The peer takes nothing at the moment.
    pub(super) blocked: bool,
    /// Bytes that wait, and how many may.
    pub(super) queue: (usize, usize),
}

impl Health {
    /// Of a connection that begins. What another of the same call was found to be is known, and is judged anew; its errors do not
    /// count against this one.
    pub(super) fn new(shared: &Shared) -> Self {
        Self { verdict: shared.vitals.verdict(), errors: shared.vitals.errors(), ..Self::default() }
    }

    /// Whether messages have to be counted.
    pub(super) fn counts(policy: &HealthPolicy) -> bool {
        policy.max_message_rate > 0 || policy.max_message_size > 0
    }

    /// Whether it is worth a look: cheap, to be asked often.
    #[inline]
    pub(super) fn is_due(&self, shared: &Shared, blocked: bool) -> bool {
        self.verdict != Verdict::Healthy
            || shared.vitals.errors() != self.errors
            || blocked != self.full_since.is_some()
    }

    /// So many messages have come in all, the largest of the new ones of that size.
    pub(super) fn count(&mut self, messages: u64, largest: usize, now: Instant) {
        let rare = self.rare.get_or_insert_with(|| Rare::new(now));
        rare.messages.add(now, SECOND, messages.saturating_sub(rare.counted));
        rare.counted = messages;
        let passed = now.saturating_duration_since(rare.second);
        if passed >= SECOND {
            rare.largest = [if passed < 2 * SECOND { rare.largest[1] } else { 0 }, 0];
            rare.second = now;
        }
        rare.largest[1] = rare.largest[1].max(largest);
    }

    /// Whether what was counted is over its limit.
    pub(super) fn counts_too_much(&mut self, policy: &HealthPolicy, now: Instant) -> bool {
        self.measure_messages(policy, now).into_iter().any(|found| found.is_some_and(|found| found.value > found.limit))
    }

    fn measure_messages(&mut self, policy: &HealthPolicy, now: Instant) -> [Option<Finding>; 2] {
        let Some(rare) = &mut self.rare else { return [None; 2] };
        let rate = (policy.max_message_rate > 0).then(|| {
            let value = rare.messages.sum(now, SECOND);
            Finding::new(Measure::MessageRate, value, policy.max_message_rate.into())
        });
        let size = (policy.max_message_size > 0).then(|| {
            let fresh = now.saturating_duration_since(rare.second) < SECOND;
            let value = if fresh { rare.largest[0].max(rare.largest[1]) } else { 0 };
            Finding::new(Measure::MessageSize, value as u64, policy.max_message_size as u64)
        });
        [rate, size]
    }

    /// Judges the connection. What to do and why, if the verdict is another than before.
    pub(super) fn judge(
        &mut self,
        policy: &HealthPolicy,
        shared: &Shared,
        at: Now,
    ) -> Option<(HealthAction, Option<Finding>)> {
        let (verdict, finding) = self.verdict(policy, shared, at);
        if std::mem::replace(&mut self.verdict, verdict) == verdict {
            return None;
        }
        let action = match verdict {
            Verdict::Healthy => HealthAction::Log,
            Verdict::Degraded => policy.degraded,
            Verdict::Unhealthy => policy.unhealthy,
        };
        shared.shed(action == HealthAction::Shed);
        shared.vitals.judged(verdict, finding);
        Some((action, finding))
    }

    fn verdict(&mut self, policy: &HealthPolicy, shared: &Shared, at: Now) -> (Verdict, Option<Finding>) {
        let now = at.now;
        let errors = shared.vitals.errors();
        let new = errors - std::mem::replace(&mut self.errors, errors);
        if new > 0 && policy.max_errors > 0 {
            self.rare.get_or_insert_with(|| Rare::new(now)).errors.add(now, policy.error_window, new);
        }
        let (used, limit) = at.queue;
        let full = policy.max_queue_percent > 0
            && at.blocked
            && used as u128 * 100 >= limit as u128 * u128::from(policy.max_queue_percent);
        self.full_since = if full { self.full_since.or(Some(now)) } else { None };
        let age = at.silent.filter(|_| !policy.max_ping_age.is_zero()).map(|heard| {
            let age = now.saturating_duration_since(heard);
            (Finding::new(Measure::PingAge, millis(age), millis(policy.max_ping_age)), age >= policy.max_ping_age)
        });
        let broken = self.rare.as_mut().filter(|_| policy.max_errors > 0).map(|rare| {
            let errors = rare.errors.sum(now, policy.error_window);
            (Finding::new(Measure::Errors, errors, policy.max_errors.into()), errors >= policy.max_errors.into())
        });
        let queue = self.full_since.map(|since| {
            let full = now.saturating_duration_since(since);
            (Finding::new(Measure::QueueFull, millis(full), millis(policy.full_for)), full >= policy.full_for)
        });
        let [rate, size] = self
            .measure_messages(policy, now)
            .map(|finding| finding.map(|finding| (finding, finding.value > finding.limit)));
        let mut over = [age, broken, queue, rate, size]
            .into_iter()
            .flatten()
            .filter_map(|(finding, over)| over.then_some(finding));
        let Some(mut worst) = over.next() else { return (Verdict::Healthy, None) };
        let mut verdict = if twice(&worst) { Verdict::Unhealthy } else { Verdict::Degraded };
        for finding in over {
            verdict = Verdict::Unhealthy;
            if twice(&finding) && !twice(&worst) {
                worst = finding;
            }
        }
        (verdict, Some(worst))
    }

    /// When the verdict may change though nothing happens.
    pub(super) fn due(&self, policy: &HealthPolicy, at: Now) -> Option<Instant> {
        let now = at.now;
        // Once at the limit, and once at its double.
        let next = |since: Instant, limit: Duration| {
            [later(since, limit), later(since, limit.saturating_mul(2))].into_iter().find(|due| *due > now)
        };
        let age = at.silent.filter(|_| !policy.max_ping_age.is_zero());
        let age = age.and_then(|heard| next(heard, policy.max_ping_age));
        let queue = match self.full_since {
            Some(since) => next(since, policy.full_for),
            // It fills up, and nobody says so.
            None if at.blocked && policy.max_queue_percent > 0 => {
                Some(later(now, (policy.full_for / LOOKS).max(PAUSE)))
            }
            None => None,
        };
        let windows = self.rare.as_ref().filter(|_| self.verdict != Verdict::Healthy).map(|rare| {
            let errors = (rare.errors.total > 0).then(|| later(now, (policy.error_window / PARTS).max(PAUSE)));
            let messages = (rare.messages.total > 0 || rare.largest != [0; 2]).then(|| later(now, SECOND / 4));
            errors.into_iter().chain(messages).min()
        });
        [age, queue, windows.flatten()].into_iter().flatten().min()
    }
}

/// What the peer is told of a connection that is closed for its health.
pub(super) fn reason(code: CloseCode, finding: Option<Finding>) -> String {
    match finding {
        Some(Finding { measure, value, limit, .. }) => {
            format!("health: {} {value}, limit {limit}", measure.setting())
        }
        None => format!("health: {}", code.as_u16()),
    }
}

fn twice(finding: &Finding) -> bool {
    finding.value >= finding.limit.saturating_mul(2)
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

impl Rare {
    fn new(now: Instant) -> Box<Self> {
        let window = Window { parts: [0; PARTS as usize], at: 0, since: now, total: 0 };
        Box::new(Self { errors: window.clone(), messages: window, counted: 0, largest: [0; 2], second: now })
    }
}

/// How often something happened in the time just past: exact to a part of it, whatever the numbers are.
#[derive(Clone, Debug)]
struct Window {
    parts: [u32; PARTS as usize],
    /// The part that is under way, and when it began.
    at: usize,
    since: Instant,
    total: u64,
}

impl Window {
    fn slide(&mut self, now: Instant, window: Duration) {
        let part = (window / PARTS).max(Duration::from_millis(1));
        let passed = now.saturating_duration_since(self.since);
        let parts = passed.as_nanos() / part.as_nanos();
        for _ in 0..parts.min(PARTS.into()) {
            self.at = (self.at + 1) % self.parts.len();
            self.total -= u64::from(std::mem::take(&mut self.parts[self.at]));
        }
        if parts >= PARTS.into() {
            self.since = now;
        } else {
            self.since += part * parts as u32;
        }
    }

    fn add(&mut self, now: Instant, window: Duration, more: u64) {
        self.slide(now, window);
        let part = &mut self.parts[self.at];
        let before = *part;
        *part = part.saturating_add(u32::try_from(more).unwrap_or(u32::MAX));
        self.total += u64::from(*part - before);
    }

    fn sum(&mut self, now: Instant, window: Duration) -> u64 {
        self.slide(now, window);
        self.total
    }
}
