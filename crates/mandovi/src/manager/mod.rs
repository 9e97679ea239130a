//! The connections of a server: who is there, how they are, and how to end them.
//!
//! No message passes here. A connection enters when its call begins and leaves when the task of that call ends, however it
//! ends: nothing is swept up. What is told of it is read from counters that its own task keeps.
//!
//! - `registry`: the table, in shards.
//! - `info`: one connection as others see it.
//! - `health`: how it is, and how all of them are.
//! - `events`: what happens, for those who watch.
//! - `drain`: how a server comes to its end.

mod drain;
mod events;
mod health;
mod info;
mod registry;

use std::fmt;
use std::sync::Arc;

use mandovi_websocket::CloseCode;
use tokio::task::AbortHandle;

pub use drain::{Drain, DrainReport};
pub(crate) use events::Watch;
pub use events::{ConnectionEvent, ConnectionEvents, Lagged};
pub use health::{Finding, Measure, ServerHealth, Verdict};
pub(crate) use info::Facts;
pub use info::{ConnectionInfo, ConnectionState, Transport};
pub(crate) use registry::Registered;
use registry::Registry;

use crate::connection::Shared;

/// The connections of one server. Cheap to clone.
///
/// [`serve`](crate::serve) has one of its own unless it is given another.
#[derive(Clone, Default)]
pub struct ConnectionManager {
    registry: Arc<Registry>,
}

impl ConnectionManager {
    /// A manager without connections.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many connections there are.
    pub fn len(&self) -> usize {
        self.registry.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The connection with that [id](crate::Context::id).
    pub fn get(&self, id: u64) -> Option<ConnectionInfo> {
        self.registry.get(id).map(|entry| entry.info())
    }

    /// Every connection as it is now, in the order of their ids. Connections that open or close meanwhile may be in it or not.
    pub fn snapshot(&self) -> Vec<ConnectionInfo> {
        let mut all: Vec<_> = self.registry.all().iter().map(|entry| entry.info()).collect();
        all.sort_unstable_by_key(|info| info.id);
        all
    }

    /// The connections of a principal; see [`ConnectionInfo::principal`].
    pub fn of_principal(&self, principal: &str) -> Vec<ConnectionInfo> {
        self.registry.of_principal(principal).iter().map(|entry| entry.info()).collect()
    }

    /// Closes a connection, behind what was sent already. Says whether it was there.
    pub fn close(&self, id: u64, code: CloseCode, reason: &str) -> bool {
        let entry = self.registry.get(id);
        entry.inspect(|entry| entry.shared.request_close(code, reason)).is_some()
    }

    /// Closes every connection of a principal: log-out everywhere. Says how many there were.
    pub fn close_principal(&self, principal: &str, code: CloseCode, reason: &str) -> usize {
        let all = self.registry.of_principal(principal);
        all.iter().for_each(|entry| entry.shared.request_close(code, reason));
        all.len()
    }

    /// How the connections are, counted now.
    pub fn health(&self) -> ServerHealth {
        let mut health = ServerHealth::default();
        self.registry.all().iter().for_each(|entry| health.count(entry.shared.vitals.verdict()));
        health
    }

    /// What happens from now on.
    pub fn events(&self) -> ConnectionEvents {
        self.registry.events()
    }

    /// Whether the server is about to stop.
    pub fn is_draining(&self) -> bool {
        self.registry.is_draining()
    }

    /// Whether it takes new streams: what `/readyz` says, see [`health_routes`](Self::health_routes).
    pub fn is_ready(&self) -> bool {
        !self.is_draining()
    }

    /// The routes `/healthz` and `/readyz`: [`server::health_routes`](crate::server::health_routes).
    pub fn health_routes(&self) -> axum::Router {
        crate::server::health_routes(self)
    }

    pub(crate) fn enter(&self, id: u64, shared: &Arc<Shared>, facts: Facts) -> Registered {
        Registry::enter(&self.registry, id, shared, facts)
    }

    pub(crate) fn name_task(&self, id: u64, task: AbortHandle) {
        self.registry.name_task(id, task);
    }

    /// Brings every connection to its end, and says what became of them.
    ///
    /// At once new streams are refused with 503 and `Retry-After`, [`is_draining`](Self::is_draining) says so, and every handler
    /// learns it by [`Context::draining`](crate::Context::draining). After the notice the peers are closed with 1012, spread over the
    /// window, and told when to come back; at the deadline those that are left with 1001; after the grace their tasks are cut. It
    /// resolves as soon as no connection is left. There is no way back: what comes later is refused, or treated like those that are left.
    ///
    /// [`serve`](crate::serve) does this at its signal. Called again while it runs, whichever step of the two comes first counts, and
    /// each reports what has ended since its own call.
    ///
    /// # Cancel safety
    /// A drain that is dropped goes no further, and new streams stay refused. It can be called again.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use mandovi::ConnectionManager;
    /// use mandovi::manager::Drain;
    ///
    /// let manager = ConnectionManager::new();
    /// let report = manager.drain(Drain::new()).await;
    /// assert_eq!(report.total(), 0);
    /// assert!(manager.is_draining());
    /// # }
    /// ```
    pub async fn drain(&self, drain: Drain) -> DrainReport {
        drain::drain(&self.registry, drain).await
    }

    /// The first step of a [drain](Self::drain) alone: new streams are refused, handlers are told, and nobody is closed.
    pub fn begin_drain(&self) {
        self.registry.stop(registry::Stopping::Draining, &Drain::new());
    }

    /// Resolves when no connection is left.
    pub async fn closed(&self) {
        self.registry.closed().await;
    }
}

impl fmt::Debug for ConnectionManager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectionManager").field("len", &self.len()).finish_non_exhaustive()
    }
}
