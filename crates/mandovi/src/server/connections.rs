//! One HTTP connection's view of the server's connections: a request carries it in its extensions where
//! [`serve`](super::serve) runs the server.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

use crate::connection::Shared;
use crate::manager::{self, ConnectionManager, Facts};

/// How many streams of one HTTP connection may be open here: twice what it may have under way, since a handler may outlive its
/// stream for a while. A client that opens streams only to reset them gets no further.
const PER_CONNECTION: usize = 2 * super::serve::STREAMS_MAX as usize;

/// See the module.
#[derive(Clone, Debug, Default)]
pub(crate) struct Connections {
    manager: ConnectionManager,
    /// How many of them came by the same HTTP connection.
    here: Arc<AtomicUsize>,
    /// Told when its client takes nothing of the one answer that is under way.
    stalled: Arc<Notify>,
}

/// A stream's place; it leaves when this is dropped.
#[derive(Debug)]
pub(crate) struct Registered {
    here: Arc<AtomicUsize>,
    _place: manager::Registered,
}

impl Connections {
    /// One more HTTP connection of a server.
    pub(crate) fn of(manager: ConnectionManager) -> Self {
        Self { manager, here: Arc::default(), stalled: Arc::default() }
    }

    /// All connections of the server.
    pub(crate) fn manager(&self) -> &ConnectionManager {
        &self.manager
    }

    /// Whether this HTTP connection has more streams open than it may have.
    pub(crate) fn is_full(&self) -> bool {
        self.here.load(Ordering::Relaxed) >= PER_CONNECTION
    }

    /// What drops this HTTP connection, which has one answer under way at a time (HTTP/1.1).
    pub(crate) fn stalled(&self) -> Arc<Notify> {
        Arc::clone(&self.stalled)
    }

    /// Enters a stream.
    pub(crate) fn enter(&self, id: u64, shared: &Arc<Shared>, facts: Facts) -> Registered {
        self.here.fetch_add(1, Ordering::Relaxed);
        Registered { here: Arc::clone(&self.here), _place: self.manager.enter(id, shared, facts) }
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        self.here.fetch_sub(1, Ordering::Relaxed);
    }
}
