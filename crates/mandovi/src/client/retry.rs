//! How long a client goes on trying, and how long it waits in between.
//!
//! What an error means is in one place, [`class`](crate::class); here is only what follows from it. The crates for backoff add their
//! jitter on top of the delay, which keeps clients that failed together together; with *full* jitter, hints of the server, classes
//! and resets, nothing would be left to them but `base * 2^n`.

use std::time::Duration;

use tokio::time::Instant;

use crate::class::{ErrorClass, MAX_INTERNAL_ERRORS};

/// How often another credential is shown without a pause while no connection lasts.
const RENEWALS_AT_ONCE: u32 = 3;

/// How a client tries again: exponential backoff with full jitter, and its limits.
///
/// Before the n-th further attempt it waits for a random time between zero and `base * 2^(n-1)`, at most the cap: clients that
/// lost a server together do not come back together. Where the server said when to come back (`Retry-After`, or `retry_after_ms`
/// in a close frame) it waits for that long, and for a random time on top.
///
/// ```
/// use mandovi::client::Retry;
/// use std::time::Duration;
///
/// let patient = Retry::default().cap(Duration::from_secs(60)).max_elapsed(Duration::ZERO);
/// let brief = Retry::default().max_retries(3);
/// let never = Retry::none();
/// # let _ = (patient, brief, never);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    base: Duration,
    cap: Duration,
    max_retries: u32,
    max_elapsed: Duration,
    max_hint: Duration,
    healthy_after: Duration,
    jitter: bool,
}

impl Default for Retry {
    /// As [`new`](Self::new).
    fn default() -> Self {
        Self::new()
    }
}

impl Retry {
    /// 200 ms, doubled up to 30 s; any number of attempts within 5 minutes; hints of up to 5 minutes.
    pub const fn new() -> Self {
        Self {
            base: Duration::from_millis(200),
            cap: Duration::from_secs(30),
            max_retries: u32::MAX,
            max_elapsed: Duration::from_secs(300),
            max_hint: Duration::from_secs(300),
            healthy_after: Duration::from_secs(10),
            jitter: true,
        }
    }

    /// Never tries again: every failure is told at once.
    pub const fn none() -> Self {
        Self::new().max_retries(0)
    }

    /// The bound of the first wait. Default: 200 ms.
    #[must_use]
    pub const fn base(mut self, base: Duration) -> Self {
        self.base = base;
        self
    }

    /// The bound of every wait that no hint of the server asks for. Default: 30 seconds.
    #[must_use]
    pub const fn cap(mut self, cap: Duration) -> Self {
        self.cap = cap;
        self
    }

    /// How many attempts may follow the one that failed, or the connection that was lost, before the failure is told.
    /// Default: no limit but [`max_elapsed`](Self::max_elapsed). Zero: none, as [`none`](Self::none).
    #[must_use]
    pub const fn max_retries(mut self, retries: u32) -> Self {
        self.max_retries = retries;
        self
    }

    /// How long after the first attempt, or after the connection was lost, another attempt may begin. A wait that would end later
    /// is not begun: the failure is told at once. Default: 5 minutes; zero: no limit.
    #[must_use]
    pub const fn max_elapsed(mut self, elapsed: Duration) -> Self {
        self.max_elapsed = elapsed;
        self
    }

    /// How much of a hint of the server counts: a longer one is taken for this. Default: 5 minutes.
    #[must_use]
    pub const fn max_hint(mut self, hint: Duration) -> Self {
        self.max_hint = hint;
        self
    }

    /// How long a connection must have lasted to count as healthy, after which all begins anew. One that brought a message
    /// begins the waits and their limits anew, but not the count of the server's own faults or of the credentials
    /// that it took and refused after that. Default: 10 seconds.
    #[must_use]
    pub const fn healthy_after(mut self, open: Duration) -> Self {
        self.healthy_after = open;
        self
    }

    /// Waits as long as it may, not a random part of that. For tests alone: clients without jitter come back all at once.
    #[must_use]
    pub const fn without_jitter(mut self) -> Self {
        self.jitter = false;
        self
    }

    pub(crate) fn is_some(&self) -> bool {
        self.max_retries > 0
    }

    /// A random part of `bound`.
    fn part(&self, bound: Duration) -> Duration {
        if self.jitter { bound.mul_f64(rand::random::<f64>()) } else { bound }
    }

    /// The bound of the n-th wait, from 0.
    fn step(&self, n: u32) -> Duration {
        let factor = 1_u32.checked_shl(n.min(31)).unwrap_or(u32::MAX);
        self.base.saturating_mul(factor).min(self.cap)
    }
}

/// What becomes of the messages that a call's sending half has queued, when its connection breaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unsent {
    /// They are lost, and both halves say so: [`StreamError::Closed`](crate::StreamError::Closed). Only the opening is tried again.
    #[default]
    Report,
    /// They are kept, within [`Settings::outbox_size`](crate::Settings::outbox_size), and sent on the next connection; `send` waits when
    /// that is full. What was written already may have arrived or not: nobody knows, and it is not sent again. A method whose
    /// calls are kept must be able to go on in a new call. Such calls are not compressed.
    Keep,
}

/// Which server streams are called again when their connection breaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Resume {
    /// All of them. One whose design declares no last id goes on from now, or begins anew, whatever the method does when it is
    /// called: [`Receiver::gaps`](crate::Receiver::gaps) tells.
    #[default]
    Always,
    /// Those whose design declares a `#[last_event_id]` and an `event_id`: they go on behind the last message.
    WithLastId,
    /// None: only the opening is tried again.
    Never,
}

/// What is known of a failure, for what to do about it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Judged {
    pub(super) class: ErrorClass,
    /// When to come back, as the server says.
    pub(super) hint: Option<Duration>,
    /// A fault of the server, of which there may not be many in a row.
    pub(super) internal: bool,
}

/// Where a call is in its attempts.
#[derive(Debug)]
pub(super) struct Attempts {
    retry: Retry,
    /// There is somebody to ask for another credential.
    renews: bool,
    began: Instant,
    retries: u32,
    /// How often the wait was doubled.
    doubled: u32,
    internal: u32,
    renewed: bool,
    /// How often another credential was asked for, and taken, since a connection lasted.
    renewals: u32,
}

impl Attempts {
    pub(super) fn new(retry: Retry, renews: bool) -> Self {
        Self { retry, renews, began: Instant::now(), retries: 0, doubled: 0, internal: 0, renewed: false, renewals: 0 }
    }

    /// The number of the attempt that runs or is next, from 1.
    pub(super) fn number(&self) -> u32 {
        self.retries.saturating_add(1)
    }

    /// A connection is lost that lasted for `open`. `message`: it brought one.
    pub(super) fn lost(&mut self, open: Duration, message: bool) {
        if open >= self.retry.healthy_after {
            *self = Self::new(self.retry, self.renews);
        } else if message {
            let (internal, renewals) = (self.internal, self.renewals);
            *self = Self { internal, renewals, ..Self::new(self.retry, self.renews) };
        }
    }

    /// How long to wait before the next attempt; `None`: there is none.
    pub(super) fn after(&mut self, judged: Judged) -> Option<Duration> {
        if self.retries >= self.retry.max_retries {
            return None;
        }
        if judged.internal {
            self.internal += 1;
        } else {
            self.internal = 0;
        }
        let step = self.retry.step(self.doubled);
        let wait = match judged.class {
            ErrorClass::Fatal => return None,
            ErrorClass::Unauthenticated if self.renews && !self.renewed => {
                self.renewed = true;
                // At once, but a server that refuses each after its first message is not asked without a pause for ever.
                let pause = self.renewals.checked_sub(RENEWALS_AT_ONCE).map(|more| self.retry.step(more));
                self.renewals = self.renewals.saturating_add(1);
                pause.map_or(Duration::ZERO, |pause| self.retry.part(pause))
            }
            ErrorClass::Unauthenticated => return None,
            ErrorClass::Recoverable if self.internal >= MAX_INTERNAL_ERRORS => return None,
            ErrorClass::Recoverable | ErrorClass::Exhausted => {
                // Who has too much to do is asked half as often.
                self.doubled += if judged.class == ErrorClass::Exhausted { 2 } else { 1 };
                match judged.hint.map(|hint| hint.min(self.retry.max_hint)) {
                    // Never sooner, and those who were told the same not at once.
                    Some(hint) if self.retry.jitter => hint.saturating_add(self.retry.part(step.max(hint / 4))),
                    Some(hint) => hint,
                    None => self.retry.part(step),
                }
            }
        };
        let limit = self.retry.max_elapsed;
        if !limit.is_zero() && self.began.elapsed().saturating_add(wait) > limit {
            return None;
        }
        self.retries += 1;
        Some(wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn judged(class: ErrorClass) -> Judged {
        Judged { class, hint: None, internal: false }
    }

    fn plain() -> Retry {
        Retry::default().without_jitter()
    }

    #[tokio::test(start_paused = true)]
    async fn waits_double_up_to_the_cap() {
        let mut attempts = Attempts::new(plain(), false);
        let waits: Vec<_> =
            (0..10).map(|_| attempts.after(judged(ErrorClass::Recoverable)).unwrap().as_millis()).collect();
        assert_eq!(waits, [200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000]);
        assert_eq!(plain().step(u32::MAX), Duration::from_secs(30));
        assert_eq!(plain().cap(Duration::MAX).base(Duration::MAX).step(40), Duration::MAX);
    }

    #[tokio::test(start_paused = true)]
    async fn jitter_is_full() {
        let retry = Retry::default();
        let parts: Vec<_> = (0..2000).map(|_| retry.part(Duration::from_secs(1)).as_millis()).collect();
        for tenth in 0..10 {
            let count = parts.iter().filter(|part| **part / 100 == tenth).count();
            assert!((120..=290).contains(&count), "{count} of 2000 in tenth {tenth}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_hint_is_a_lower_bound_that_is_itself_bounded_and_spread() {
        let hint = Duration::from_secs(8);
        for _ in 0..200 {
            let mut attempts = Attempts::new(Retry::default(), false);
            let wait = attempts.after(Judged { hint: Some(hint), ..judged(ErrorClass::Exhausted) }).unwrap();
            assert!(wait >= hint && wait <= hint + hint / 4, "{wait:?}");
        }
        let mut attempts = Attempts::new(plain().max_hint(Duration::from_secs(2)), false);
        let wait = attempts.after(Judged { hint: Some(Duration::MAX), ..judged(ErrorClass::Recoverable) });
        assert_eq!(wait, Some(Duration::from_secs(2)));
        // It has slowed down.
        let mut attempts = Attempts::new(plain(), false);
        let waits = [ErrorClass::Exhausted, ErrorClass::Exhausted, ErrorClass::Recoverable]
            .map(|class| attempts.after(judged(class)).unwrap().as_millis());
        assert_eq!(waits, [200, 800, 3200]);
    }

    #[tokio::test(start_paused = true)]
    async fn limits_at_their_edges() {
        let mut attempts = Attempts::new(plain().max_retries(2), false);
        let given: Vec<_> = (0..3).map(|_| attempts.after(judged(ErrorClass::Recoverable)).is_some()).collect();
        assert_eq!(given, [true, true, false]);
        assert_eq!(Attempts::new(Retry::none(), true).after(judged(ErrorClass::Unauthenticated)), None);
        // 200 ms after 0: at the limit, and one above it.
        for (limit, gives) in [(200 * MS, true), (199 * MS, false), (Duration::ZERO, true)] {
            let mut attempts = Attempts::new(plain().max_elapsed(limit), false);
            assert_eq!(attempts.after(judged(ErrorClass::Recoverable)).is_some(), gives, "{limit:?}");
        }
        let mut attempts = Attempts::new(plain().max_elapsed(300 * MS), false);
        tokio::time::advance(100 * MS).await;
        assert!(attempts.after(judged(ErrorClass::Recoverable)).is_some());
        tokio::time::advance(200 * MS).await;
        assert!(attempts.after(judged(ErrorClass::Recoverable)).is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn a_fault_of_the_server_three_times_in_a_row_is_fatal() {
        let fault = Judged { internal: true, ..judged(ErrorClass::Recoverable) };
        let mut attempts = Attempts::new(plain(), false);
        let given: Vec<_> = (0..3).map(|_| attempts.after(fault).is_some()).collect();
        assert_eq!(given, [true, true, false]);
        // In a row: anything else in between, or a connection that lasted, begins anew. A message alone does not.
        let mut attempts = Attempts::new(plain(), false);
        for _ in 0..10 {
            assert!(attempts.after(fault).is_some());
            assert!(attempts.after(fault).is_some());
            assert!(attempts.after(judged(ErrorClass::Recoverable)).is_some());
        }
        assert!(attempts.after(fault).is_some() && attempts.after(fault).is_some());
        attempts.lost(Duration::from_secs(10), false);
        assert!(attempts.after(fault).is_some() && attempts.after(fault).is_some());
        attempts.lost(Duration::from_millis(9999), true);
        assert!(attempts.after(fault).is_none());
    }

    /// Whatever a server says and whatever is set.
    #[tokio::test(start_paused = true)]
    async fn no_time_is_too_long() {
        let endless = Retry::default().max_hint(Duration::MAX).max_elapsed(Duration::ZERO);
        let steep = Retry::default().base(Duration::MAX).cap(Duration::MAX).max_elapsed(Duration::ZERO);
        for retry in
            [endless, steep, endless.base(Duration::MAX).cap(Duration::MAX), endless.max_elapsed(Duration::MAX)]
        {
            for hint in [Duration::ZERO, Duration::from_millis(u64::MAX), Duration::from_secs(u64::MAX), Duration::MAX]
            {
                for _ in 0..200 {
                    let mut attempts = Attempts::new(retry, false);
                    let wait = attempts.after(Judged { hint: Some(hint), ..judged(ErrorClass::Exhausted) });
                    assert!(wait >= Some(hint.min(retry.max_hint)), "{wait:?}");
                }
            }
        }
    }

    /// A server that takes each credential for one message.
    #[tokio::test(start_paused = true)]
    async fn credentials_that_do_not_last_are_not_renewed_without_a_pause() {
        let mut attempts = Attempts::new(plain(), true);
        let mut waits = Vec::new();
        for _ in 0..6 {
            waits.push(attempts.after(judged(ErrorClass::Unauthenticated)).unwrap().as_millis());
            attempts.lost(Duration::from_millis(9999), true);
        }
        assert_eq!(waits, [0, 0, 0, 200, 400, 800]);
        attempts.lost(Duration::from_secs(10), true);
        assert_eq!(attempts.after(judged(ErrorClass::Unauthenticated)), Some(Duration::ZERO));
    }

    #[tokio::test(start_paused = true)]
    async fn a_credential_is_asked_for_again_once_and_at_once() {
        let refused = judged(ErrorClass::Unauthenticated);
        let mut attempts = Attempts::new(plain(), true);
        assert_eq!(attempts.after(refused), Some(Duration::ZERO));
        assert_eq!(attempts.after(refused), None);
        attempts.lost(Duration::from_secs(11), false);
        assert_eq!(attempts.after(refused), Some(Duration::ZERO));
        assert_eq!(Attempts::new(plain(), false).after(refused), None, "nobody to ask");
        assert_eq!(attempts.after(judged(ErrorClass::Fatal)), None);
    }
}
