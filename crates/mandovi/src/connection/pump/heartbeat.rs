//! The pump's heartbeat: asks a peer that is silent whether it is there, and judges those who do not answer.
//!
//! What is kept of the peer's life is written once for each read, never for a message; the timer looks, when it fires, at how long ago
//! that was.

use std::time::Duration;

use mandovi_websocket::{Opcode, Role, frame};
use tokio::time::Instant;

use super::super::inbox::ReceiverLife;
use super::super::settings::MissedPong;
use super::deadlines::later;
use super::{Handler, Pump};
use crate::error::Closed;
use crate::sync::lock;

/// Why a connection ended for want of a pong.
const NO_ANSWER: &str = "no answer to a ping within pong_timeout";

/// See the module.
#[derive(Debug)]
pub(super) struct Heartbeat {
    /// When anything was last read, or reading went on after a pause.
    heard: Instant,
    /// When the last ping was sent.
    sent: Instant,
    /// How many were sent: that is what they carry.
    pings: u32,
    /// Nothing was read since the last ping, and the time for that is not over.
    waits: bool,
    /// That time is over: whatever has come meanwhile is read before the peer is judged.
    late: bool,
    /// Nothing has come since then either.
    missed: bool,
    /// The last ping's own pong has not come.
    unanswered: bool,
    /// The receiver is behind, and nothing is read: the peer cannot be heard.
    pub(super) paused: bool,
    /// What makes this interval different from others; see [`jittered`].
    jitter: u8,
}

impl Heartbeat {
    pub(super) fn new() -> Self {
        let now = Instant::now();
        let jitter = rand::random();
        Self {
            heard: now,
            sent: now,
            pings: 0,
            waits: false,
            late: false,
            missed: false,
            unanswered: false,
            paused: false,
            jitter,
        }
    }

    /// Something was read. Says whether it was waited for: the next ping may be due before the answer was.
    #[inline]
    pub(super) fn hear(&mut self, now: Instant) -> bool {
        self.heard = now;
        self.late = false;
        self.missed = false;
        std::mem::take(&mut self.waits)
    }

    /// A pong has come: how long it took, if it is the last ping's own.
    pub(super) fn answered(&mut self, payload: &[u8], now: Instant) -> Option<Duration> {
        if !self.unanswered || payload != self.pings.to_be_bytes() {
            return None;
        }
        self.unanswered = false;
        Some(now.saturating_duration_since(self.sent))
    }

    /// What was queued has waited for the socket, the last ping perhaps with it: only now can the peer answer.
    pub(super) fn unblocked(&mut self, now: Instant) {
        if self.waits {
            self.sent = now;
            self.late = false;
        }
    }
}

impl Pump {
    /// Reading goes on after a pause: what the peer has said meanwhile is still to be read.
    #[cold]
    pub(super) fn resume_reading(&mut self) {
        self.heartbeat.paused = false;
        let now = Instant::now();
        self.heartbeat.heard = now;
        self.heartbeat.late = false;
        self.heartbeat.missed = false;
        if let Some(lifetime) = &mut self.lifetime {
            lifetime.moved(now);
        }
        self.deadlines.stale = true;
    }

    /// Whether the peer is to be judged by what is heard of it.
    pub(super) fn listens(&self) -> bool {
        !self.heartbeat.paused && !self.is_broken() && !self.read_done && self.left.is_none() && !self.close.is_sent()
    }

    /// When a peer was last heard that has left a ping without an answer since.
    pub(super) fn silent(&self) -> Option<Instant> {
        (self.heartbeat.missed && self.listens()).then_some(self.heartbeat.heard)
    }

    /// When to ask, or how long to wait for the answer. Not while the peer takes nothing: its time to do that is measured already.
    pub(super) fn heartbeat_due(&self) -> Option<Instant> {
        let (beat, settings) = (&self.heartbeat, &self.settings);
        if settings.ping_interval.is_zero() || self.deadlines.write.is_some() || !self.listens() {
            return None;
        }
        let last = beat.heard.max(beat.sent);
        Some(match beat.waits {
            true => later(last, settings.pong_timeout),
            false => later(last, jittered(settings.ping_interval, beat.jitter)),
        })
    }

    /// It is time to ask, or the time to answer is over.
    pub(super) fn beat(&mut self, now: Instant) {
        if self.heartbeat.waits {
            self.heartbeat.late = true;
        } else {
            self.ping(now);
        }
    }

    /// There is nothing to read. Says whether that was the end.
    #[inline]
    pub(super) fn hears_nothing(&mut self, handler: &mut dyn Handler) -> bool {
        // Who has used up its budget of this turn reads nothing, whatever there is.
        self.heartbeat.late && tokio::task::coop::has_budget_remaining() && self.missed_pong(handler)
    }

    #[cold]
    fn missed_pong(&mut self, handler: &mut dyn Handler) -> bool {
        self.heartbeat.late = false;
        self.heartbeat.waits = false;
        self.heartbeat.missed = true;
        if !self.missed_pong_is_fatal() {
            self.judge(Instant::now(), handler);
            return self.left.is_some();
        }
        self.shared.vitals.reaped();
        if self.breaks(&Closed::abnormal(NO_ANSWER), None) {
            return true;
        }
        self.read_done = true;
        self.write_done = true;
        self.drop_output();
        self.leave(Closed::abnormal(NO_ANSWER), handler);
        true
    }

    fn ping(&mut self, now: Instant) {
        let mask = self.shared.mask();
        let beat = &mut self.heartbeat;
        beat.pings = beat.pings.wrapping_add(1);
        beat.sent = now;
        beat.unanswered = true;
        beat.waits = !self.settings.pong_timeout.is_zero();
        beat.jitter = rand::random();
        frame::write(&mut self.control, Opcode::Ping, true, mask, &beat.pings.to_be_bytes());
    }

    /// Peers of Goa answer only while they receive, so that a client cannot tell, nor can a server of one that may be busy sending.
    fn missed_pong_is_fatal(&self) -> bool {
        match self.settings.missed_pong {
            MissedPong::Close => true,
            MissedPong::Ignore => false,
            MissedPong::Auto => {
                self.shared.role == Role::Server && lock(&self.shared.inbox).receiver == ReceiverLife::None
            }
        }
    }
}

/// A time, up to a tenth shorter or longer: evenly spread over `jitter`.
pub(crate) fn jittered(time: Duration, jitter: u8) -> Duration {
    // 2295 to 2805 parts of 2550.
    (time / 2550).saturating_mul(2295 + 2 * u32::from(jitter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_jitter_is_a_tenth_and_no_more() {
        let time = Duration::from_millis(25_500);
        assert_eq!(jittered(time, 0), Duration::from_millis(22_950));
        assert_eq!(jittered(time, 255), Duration::from_millis(28_050));
        let mut all: Vec<_> = (0..=255).map(|jitter| jittered(time, jitter)).collect();
        all.dedup();
        assert_eq!(all.len(), 256);
        assert!(jittered(Duration::MAX, 255) >= Duration::MAX / 2, "no overflow");
    }
}
