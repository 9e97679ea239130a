//! One HTTP connection's view of the server's connections: a request carries it in its extensions where
//! [`serve`](super::serve) runs the server, or where the layer of a manager does.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{Notify, OwnedSemaphorePermit};

use crate::connection::Shared;
use crate::manager::{self, Admitted, ConnectionManager, Facts};

/// How many streams of one HTTP connection may be open here: twice what it may have under way, since a handler may outlive its
/// stream for a while. A client that opens streams only to reset them gets no further.
const PER_CONNECTION: usize = 2 * super::serve::STREAMS_MAX as usize;

/// See the module.
#[derive(Clone, Debug, Default)]
pub(crate) struct Connections {
    manager: ConnectionManager,
    /// None where nobody knows which HTTP connection it is.
    here: Option<Arc<Here>>,
}

/// An HTTP connection: there as long as it is, or any stream that came by it.
#[derive(Debug, Default)]
struct Here {
    streams: AtomicUsize,
    /// Told when its client takes nothing of the one answer that is under way.
    stalled: Arc<Notify>,
    /// Its place among all sockets.
    _socket: Option<OwnedSemaphorePermit>,
}

/// A stream's place; it leaves when this is dropped.
#[derive(Debug)]
pub(crate) struct Registered {
    _place: manager::Registered,
    here: Option<Arc<Here>>,
}

impl Connections {
    /// One more HTTP connection of a server.
    pub(crate) fn of(manager: ConnectionManager, socket: Option<OwnedSemaphorePermit>) -> Self {
        Self { manager, here: Some(Arc::new(Here { _socket: socket, ..Here::default() })) }
    }

    /// Those of one request, by whichever HTTP connection it came.
    pub(crate) fn of_request(manager: ConnectionManager) -> Self {
        Self { manager, here: None }
    }

    /// All connections of the server.
    pub(crate) fn manager(&self) -> &ConnectionManager {
        &self.manager
    }

    /// Whether this HTTP connection has more streams open than it may have.
    pub(crate) fn is_full(&self) -> bool {
        self.here.as_ref().is_some_and(|here| here.streams.load(Ordering::Relaxed) >= PER_CONNECTION)
    }

    /// What drops this HTTP connection, which has one answer under way at a time (HTTP/1.1).
    pub(crate) fn stalled(&self) -> Option<Arc<Notify>> {
        self.here.as_ref().map(|here| Arc::clone(&here.stalled))
    }

    /// Enters a stream.
    pub(crate) fn enter(&self, id: u64, shared: &Arc<Shared>, facts: Facts, admitted: Option<Admitted>) -> Registered {
        let here = self.here.clone();
        if let Some(here) = &here {
            here.streams.fetch_add(1, Ordering::Relaxed);
        }
        Registered { _place: self.manager.enter(id, shared, facts, admitted), here }
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        if let Some(here) = &self.here {
            here.streams.fetch_sub(1, Ordering::Relaxed);
        }
    }
}
