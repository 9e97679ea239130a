//! What happens to connections, for those who watch. Whoever watches slowly misses some and is told how many; nobody waits for it.

use std::fmt;
use std::sync::Arc;

use mandovi_websocket::CloseCode;
use tokio::sync::broadcast;

use super::health::{Finding, Verdict};

/// How many events are kept for those who watch slowly.
const KEPT: usize = 1024;

/// What happened to a connection.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ConnectionEvent {
    /// Its handshake was answered.
    Opened {
        /// Its number.
        id: u64,
    },
    /// Its handler was told that it is to end.
    Draining {
        /// Its number.
        id: u64,
    },
    /// It is over, and its handler is done.
    Closed {
        /// Its number.
        id: u64,
        /// The close code; 1006 where it ended without one.
        code: CloseCode,
        /// What it was at its end: its age, and what it sent and received.
        info: Arc<super::ConnectionInfo>,
    },
    /// It is dead: a ping was not answered in time. [`Closed`](Self::Closed) follows.
    Reaped {
        /// Its number.
        id: u64,
    },
    /// The verdict on its health has changed.
    Health {
        /// Its number.
        id: u64,
        /// What it is now.
        verdict: Verdict,
        /// What was found; nothing where it is healthy again.
        because: Option<Finding>,
    },
    /// Messages to a slow client were dropped. Told at once, then at most once a second, and the rest with its end.
    Lagged {
        /// Its number.
        id: u64,
        /// How many, since the last such event.
        messages: u64,
    },
}

impl ConnectionEvent {
    /// The number of the connection that it happened to: that of [`Context::id`](crate::Context::id).
    pub const fn id(&self) -> u64 {
        match *self {
            Self::Opened { id }
            | Self::Draining { id }
            | Self::Closed { id, .. }
            | Self::Reaped { id }
            | Self::Health { id, .. }
            | Self::Lagged { id, .. } => id,
        }
    }
}

/// What happens to the connections of a manager, from [`ConnectionManager::events`](super::ConnectionManager::events).
#[derive(Debug)]
pub struct ConnectionEvents(broadcast::Receiver<ConnectionEvent>);

/// So many events were missed, since they were not taken in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MissedEvents(pub u64);

impl fmt::Display for MissedEvents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} events were missed", self.0)
    }
}

impl std::error::Error for MissedEvents {}

impl ConnectionEvents {
    /// The next event; `None` when the manager is gone.
    ///
    /// # Errors
    /// [`MissedEvents`] where events were missed; the next call gives the oldest that is left.
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing.
    pub async fn recv(&mut self) -> Result<Option<ConnectionEvent>, MissedEvents> {
        match self.0.recv().await {
            Ok(event) => Ok(Some(event)),
            Err(broadcast::error::RecvError::Closed) => Ok(None),
            Err(broadcast::error::RecvError::Lagged(missed)) => Err(MissedEvents(missed)),
        }
    }
}

/// The manager's end.
#[derive(Debug)]
pub(super) struct Told(broadcast::Sender<ConnectionEvent>);

impl Default for Told {
    fn default() -> Self {
        Self(broadcast::Sender::new(KEPT))
    }
}

impl Told {
    pub(super) fn subscribe(&self) -> ConnectionEvents {
        ConnectionEvents(self.0.subscribe())
    }

    pub(super) fn watch(&self, id: u64, service: &'static str, method: &'static str) -> Watch {
        Watch { id, service, method, told: self.0.clone() }
    }
}

/// A connection's way to tell.
#[derive(Clone, Debug)]
pub(crate) struct Watch {
    id: u64,
    service: &'static str,
    method: &'static str,
    told: broadcast::Sender<ConnectionEvent>,
}

impl Watch {
    fn tell(&self, event: ConnectionEvent) {
        // Without anybody who watches it fails, and that is all right.
        let _ = self.told.send(event);
    }

    pub(crate) fn opened(&self) {
        self.tell(ConnectionEvent::Opened { id: self.id });
    }

    pub(crate) fn draining(&self) {
        self.tell(ConnectionEvent::Draining { id: self.id });
    }

    /// `info` is asked for only where somebody watches.
    pub(super) fn closed(&self, code: CloseCode, info: impl FnOnce() -> super::ConnectionInfo) {
        if self.told.receiver_count() > 0 {
            self.tell(ConnectionEvent::Closed { id: self.id, code, info: Arc::new(info()) });
        }
    }

    /// Id, service and method: what a log may say of it.
    pub(crate) fn names(&self) -> (u64, &'static str, &'static str) {
        (self.id, self.service, self.method)
    }

    pub(crate) fn judged(&self, verdict: Verdict, because: Option<Finding>) {
        self.tell(ConnectionEvent::Health { id: self.id, verdict, because });
    }

    pub(crate) fn reaped(&self) {
        self.tell(ConnectionEvent::Reaped { id: self.id });
    }

    pub(crate) fn lagged(&self, messages: u64) {
        self.tell(ConnectionEvent::Lagged { id: self.id, messages });
    }
}
