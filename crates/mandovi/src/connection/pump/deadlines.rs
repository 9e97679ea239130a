//! The pump's deadlines: at most one timer, which exists only while one of them is set.
//!
//! It is never put off: where a deadline has moved on meanwhile the timer fires early, and is set anew.

use std::task::Context;
use std::time::Duration;

use tokio::time::Instant;

use super::{Handler, Pump};
use crate::error::{Closed, Initiator};
use crate::sync::{Ordering, lock};

/// What stands for a timeout so long that no clock shows its end.
const NEVER: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

/// The reason that goes with 4401 when the credential of a stream has expired.
pub(crate) const EXPIRED: &str = r#"{"name":"token_expired"}"#;

/// At most one timer, armed for the earliest.
#[derive(Debug, Default)]
pub(super) struct Deadlines {
    /// No byte was taken by the peer until then: 1013.
    pub(super) write: Option<Instant>,
    /// The slow peer was told; its last chance.
    pub(super) last_chance: bool,
    /// The peer's part of the close handshake.
    pub(super) close: Option<Instant>,
    /// A handler that outlives its peer.
    pub(super) leave: Option<Instant>,
    pub(super) taken_at_leave: usize,
    /// The credential's own end.
    pub(super) expiry: Option<Instant>,
    /// When to look at what moves on by itself: the heartbeat and its like. At the latest.
    pub(super) look: Option<Instant>,
    /// That may have become earlier.
    pub(super) stale: bool,
}

impl Deadlines {
    fn earliest(&self) -> Option<Instant> {
        [self.write, self.close, self.leave, self.expiry, self.look].into_iter().flatten().min()
    }
}

impl Pump {
    pub(super) fn arm(&mut self, cx: &mut Context<'_>) {
        if std::mem::take(&mut self.deadlines.stale) {
            self.deadlines.look = self.next_look();
        }
        let Some(deadline) = self.deadlines.earliest() else {
            self.timer = None;
            return;
        };
        let timer = match &mut self.timer {
            // It was polled with this waker when the turn began.
            Some(timer) if timer.deadline() <= deadline && !timer.is_elapsed() => return,
            Some(timer) => {
                timer.as_mut().reset(deadline);
                timer
            }
            None => self.timer.insert(Box::pin(tokio::time::sleep_until(deadline))),
        };
        if timer.as_mut().poll(cx).is_ready() {
            cx.waker().wake_by_ref();
        }
    }

    pub(super) fn check_deadlines(&mut self, cx: &mut Context<'_>, handler: &mut dyn Handler) {
        let Some(timer) = &mut self.timer else { return };
        if timer.as_mut().poll(cx).is_pending() {
            return;
        }
        let now = Instant::now();
        let passed = |deadline: Option<Instant>| deadline.is_some_and(|deadline| deadline <= now);
        if passed(self.deadlines.write) {
            if self.deadlines.last_chance || self.left.is_some() {
                self.write_done = true;
                self.drop_output();
                self.leave(Closed::abnormal("the peer took nothing"), handler);
            } else {
                self.slow_consumer("the peer took nothing within the write timeout", handler);
            }
        }
        if passed(self.deadlines.close) {
            self.deadlines.close = None;
            self.read_done = true;
            self.leave(Closed::abnormal("the peer did not answer the close frame"), handler);
        }
        if passed(self.deadlines.leave) {
            let taken = self.shared.taken.load(Ordering::Relaxed);
            let complete = lock(&self.shared.inbox).complete;
            if complete && self.shared.senders.load(Ordering::Acquire) == 0 {
                // It came to the proper end of its input meanwhile.
                self.deadlines.leave = None;
            } else if taken == self.deadlines.taken_at_leave {
                self.deadlines.leave = None;
                handler.cut();
            } else {
                self.deadlines.taken_at_leave = taken;
                self.deadlines.leave = Some(after(self.settings.leave_timeout));
            }
        }
        if passed(self.deadlines.expiry) {
            let code = crate::server::close_code(http::StatusCode::UNAUTHORIZED.as_u16());
            let closed = Closed::new(code, EXPIRED, Initiator::Local);
            self.send_close(code, EXPIRED, &closed);
            self.leave(closed, handler);
        }
        if passed(self.deadlines.look) {
            self.look(now, handler);
        }
    }
}

/// A deadline from now on.
pub(crate) fn after(timeout: Duration) -> Instant {
    later(Instant::now(), timeout)
}

/// A deadline from then on.
pub(crate) fn later(from: Instant, timeout: Duration) -> Instant {
    from.checked_add(timeout).unwrap_or(from + NEVER)
}
