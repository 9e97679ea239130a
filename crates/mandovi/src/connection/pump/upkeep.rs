//! What the pump looks after beside the bytes: idle time, lifetime, health. Its timer and its turns are the occasions.

use mandovi_websocket::CloseCode;
use tokio::time::Instant;

use super::super::health::{Health, Now, reason};
use super::super::settings::HealthAction;
use super::{Handler, Pump};
use crate::error::{Closed, Initiator};
use crate::sync::lock;

impl Pump {
    /// Messages are on their way, or would be if somebody took them: that is not idle, whatever the clock says.
    fn is_busy(&self) -> bool {
        self.heartbeat.paused || self.deadlines.write.is_some() || self.has_more()
    }

    fn is_ending(&self) -> bool {
        self.left.is_some() || self.close.is_sent()
    }

    fn known(&self, now: Instant, used: usize) -> Now {
        Now {
            now,
            silent: self.silent(),
            blocked: self.deadlines.write.is_some(),
            queue: (used, self.settings.outbox_size),
        }
    }

    /// When to look next at what moves on by itself.
    pub(super) fn next_look(&self) -> Option<Instant> {
        if self.is_ending() {
            return None;
        }
        let (now, busy) = (Instant::now(), self.is_busy());
        let lifetime = self.lifetime.as_ref().and_then(|lifetime| lifetime.due(&self.settings, busy, now));
        let health = self.health.due(&self.settings.health, self.known(now, 0));
        [self.heartbeat_due(), lifetime, health].into_iter().flatten().min()
    }

    /// It is time to look.
    pub(super) fn look(&mut self, now: Instant, handler: &mut dyn Handler) {
        self.deadlines.stale = true;
        if self.is_ending() {
            return;
        }
        if self.heartbeat_due().is_some_and(|due| due <= now) {
            self.beat(now);
        }
        let busy = self.is_busy();
        if let Some(lifetime) = &mut self.lifetime
            && let Some((code, reason)) = lifetime.look(now, &self.settings, busy, &self.shared)
        {
            return self.close_with(code, &reason, handler);
        }
        self.judge(now, handler);
    }

    /// Before it sleeps. Cheap where nothing has happened.
    #[inline]
    pub(super) fn check_health(&mut self, handler: &mut dyn Handler) {
        if self.health.is_due(&self.shared, self.deadlines.write.is_some()) {
            self.judge(Instant::now(), handler);
        }
    }

    #[cold]
    pub(super) fn judge(&mut self, now: Instant, handler: &mut dyn Handler) {
        if self.is_ending() {
            return;
        }
        self.deadlines.stale = true;
        let used = lock(&self.shared.outbox).used();
        let known = self.known(now, used);
        let Some((action, finding)) = self.health.judge(&self.settings.health, &self.shared, known) else { return };
        if let HealthAction::Close(code) = action {
            self.close_with(code, &reason(code, finding), handler);
        }
    }

    /// Something was read: counts what is to be counted of it.
    #[inline]
    pub(super) fn upkeep_read(&mut self, now: Instant, handler: &mut dyn Handler) {
        if let Some(lifetime) = &mut self.lifetime {
            let within = u64::from(self.decoder.is_within_message());
            lifetime.received(self.decoder.messages() - within, now);
        }
        if self.counts {
            self.count_messages(now, handler);
        }
    }

    #[cold]
    fn count_messages(&mut self, now: Instant, handler: &mut dyn Handler) {
        self.health.count(self.decoder.messages(), self.decoder.take_largest(), now);
        if self.health.counts_too_much(&self.settings.health, now) {
            self.judge(now, handler);
        }
    }

    /// Something was written.
    #[inline]
    pub(super) fn upkeep_written(&mut self, now: Instant) {
        if let Some(lifetime) = &mut self.lifetime {
            lifetime.sent(self.shared.vitals.messages_sent(), now);
        }
    }

    /// Whether messages are counted one by one.
    pub(super) fn counts(settings: &super::Settings) -> bool {
        Health::counts(&settings.health)
    }

    /// Ends the connection while its handler lives: behind what was sent, and it is told.
    pub(super) fn close_with(&mut self, code: CloseCode, reason: &str, handler: &mut dyn Handler) {
        let closed = Closed::new(code, reason, Initiator::Local);
        self.send_close(code, reason, &closed);
        self.leave(closed, handler);
    }
}
