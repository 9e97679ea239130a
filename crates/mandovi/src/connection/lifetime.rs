//! What bounds a connection by time alone: how long it may be idle, and how long it may live.

use tokio::time::Instant;

use mandovi_websocket::{CloseCode, Role};

use super::pump::{jittered, later};
use super::settings::Settings;
use super::shared::Shared;

/// Only for connections that are bounded so.
#[derive(Debug)]
pub(super) struct Lifetime {
    /// When a message was last received or sent.
    moved: Instant,
    /// How many were sent until then...
    sent: u64,
    /// ...had come whole...
    received: u64,
    /// ...and were given to the receiver.
    given: u64,
    /// The end of its life...
    ends: Option<Instant>,
    /// ...of which the handler knows.
    told: bool,
}

impl Lifetime {
    /// None where nothing bounds it.
    pub(super) fn of(settings: &Settings, shared: &Shared) -> Option<Box<Self>> {
        if settings.idle_timeout.is_zero() && settings.max_lifetime.is_zero() {
            return None;
        }
        let now = Instant::now();
        let lives = Some(settings.max_lifetime).filter(|lives| !lives.is_zero());
        let ends = lives.map(|lives| later(now, jittered(lives, rand::random())));
        Some(Box::new(Self {
            moved: now,
            sent: shared.vitals.messages_sent(),
            received: 0,
            given: 0,
            ends,
            told: false,
        }))
    }

    /// So many messages have come whole until now.
    pub(super) fn received(&mut self, messages: u64, now: Instant) {
        if std::mem::replace(&mut self.received, messages) != messages {
            self.moved = now;
        }
    }

    /// All that have come were given to the receiver; parts of one are none.
    pub(super) fn given(&mut self, now: Instant) {
        if std::mem::replace(&mut self.given, self.received) != self.received {
            self.moved = now;
        }
    }

    /// A message may have come while nothing was read.
    pub(super) fn moved(&mut self, now: Instant) {
        self.moved = now;
    }

    /// So many messages were sent until now.
    pub(super) fn sent(&mut self, messages: u64, now: Instant) {
        if std::mem::replace(&mut self.sent, messages) != messages {
            self.moved = now;
        }
    }

    /// When to look. `busy`: messages are on their way, and somebody has to see when they are not any more.
    pub(super) fn due(&self, settings: &Settings, busy: bool, now: Instant) -> Option<Instant> {
        let since = if busy { now } else { self.moved };
        let idle = (!settings.idle_timeout.is_zero()).then(|| later(since, settings.idle_timeout));
        [idle, self.ends].into_iter().flatten().min()
    }

    /// What the connection is to be closed with, if it is to be closed.
    pub(super) fn look(
        &mut self,
        now: Instant,
        settings: &Settings,
        busy: bool,
        shared: &Shared,
    ) -> Option<(CloseCode, String)> {
        self.sent(shared.vitals.messages_sent(), now);
        if self.ends.is_some_and(|ends| ends <= now) {
            if self.told {
                // A client does not restart.
                let code = if shared.role == Role::Server { CloseCode::SERVICE_RESTART } else { CloseCode::GOING_AWAY };
                let reason = format!("max_lifetime: open for {:?}, open another", settings.max_lifetime);
                return Some((code, reason));
            }
            self.told = true;
            self.ends = Some(later(now, settings.close_timeout));
            shared.begin_drain();
        }
        if busy {
            self.moved = now;
        }
        let idle = !settings.idle_timeout.is_zero() && later(self.moved, settings.idle_timeout) <= now;
        idle.then(|| {
            let reason = format!("idle_timeout: no message in either direction for {:?}", settings.idle_timeout);
            (CloseCode::GOING_AWAY, reason)
        })
    }
}
