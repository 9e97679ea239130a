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
//! - `limits`: how many there may be.
//! - `logouts`: log-out, for those who are on their way in.
//! - `proxies`: whose word on a client's address is taken.

mod drain;
mod events;
mod health;
mod info;
mod limits;
mod logouts;
mod proxies;
mod registry;
#[cfg(all(test, not(mandovi_loom)))]
mod tests;

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use mandovi_websocket::CloseCode;
use tokio::task::AbortHandle;

pub use drain::{Drain, DrainReport};
pub(crate) use events::Watch;
pub use events::{ConnectionEvent, ConnectionEvents, MissedEvents};
pub use health::{Finding, Measure, ServerHealth, Verdict};
pub(crate) use info::Facts;
pub use info::{ConnectionInfo, ConnectionState, Transport};
pub use limits::ConnectionLimits;
pub(crate) use limits::{AddressKey, Counts, Full};
pub use proxies::{InvalidNetwork, TrustedProxies};
use registry::Registry;
pub(crate) use registry::{Admitted, Registered};

use crate::connection::Shared;

/// The connections of one server. Cheap to clone.
///
/// [`serve`](crate::serve) has one of its own unless it is given [another](crate::server::Serve::manager). Under any other server of
/// axum or tower, [`layer`](Self::layer) brings one to the requests.
///
/// ```
/// use mandovi::ConnectionManager;
/// use mandovi::CloseCode;
///
/// let manager = ConnectionManager::new();
/// for connection in manager.snapshot() {
///     println!("{} {:?} {:?}", connection.id, connection.state, connection.age);
/// }
/// // Log-out everywhere.
/// manager.close_principal("ada", CloseCode::POLICY_VIOLATION, "logged out");
/// # assert!(manager.is_empty());
/// ```
#[derive(Clone, Default)]
pub struct ConnectionManager {
    registry: Arc<Registry>,
}

impl ConnectionManager {
    /// A manager without connections.
    pub fn new() -> Self {
        Self::default()
    }

    /// A manager with limits and trusted proxies.
    pub fn builder() -> ManagerBuilder {
        ManagerBuilder::default()
    }

    /// How many connections there may be.
    pub fn limits(&self) -> ConnectionLimits {
        self.registry.admission.limits
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

    /// Calls `each` for every connection, in no order, without gathering them all first. No lock is held meanwhile. Connections that
    /// open or close meanwhile may be told or not.
    pub fn for_each(&self, mut each: impl FnMut(ConnectionInfo)) {
        self.registry.for_each(|entry| each(entry.info()));
    }

    /// The connections of a principal; see [`ConnectionInfo::principal`].
    pub fn of_principal(&self, principal: &str) -> Vec<ConnectionInfo> {
        self.registry.of_principal(principal).iter().map(|entry| entry.info()).collect()
    }

    /// Closes a connection, behind what was sent already. Says whether it was there.
    ///
    /// The reason is cut to the 123 bytes that a close frame can hold; with a code that may not stand in one the frame is empty. A stream of events
    /// ends with an event `error` that says the same.
    pub fn close(&self, id: u64, code: CloseCode, reason: &str) -> bool {
        let entry = self.registry.get(id);
        entry.inspect(|entry| entry.shared.request_close(code, reason)).is_some()
    }

    /// Closes every connection of a principal: log-out everywhere. Says how many there were.
    ///
    /// A call that was on its way in meanwhile, with a credential that was good when it began, is closed as soon as it is in; who begins
    /// afterwards is judged by the verifier alone. So first let the verifier refuse, then call this.
    pub fn close_principal(&self, principal: &str, code: CloseCode, reason: &str) -> usize {
        self.registry.close_principal(principal, code, reason)
    }

    /// Tells the handler of a connection that it is to end, through [`Context::draining`](crate::Context::draining). Says whether the
    /// connection was there.
    pub fn drain_connection(&self, id: u64) -> bool {
        let entry = self.registry.get(id);
        entry.inspect(|entry| entry.shared.begin_drain()).is_some()
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

    /// Whether it takes new streams, since it does not drain and has not as many as it may have: what `/readyz` says, see [`health_router`](Self::health_router).
    pub fn is_ready(&self) -> bool {
        !self.is_draining() && !self.registry.admission.is_full()
    }

    /// Counts a call in; `address` is the client's.
    pub(crate) fn admit(&self, address: Option<IpAddr>) -> Result<Admitted, Full> {
        Registry::admit(&self.registry, address)
    }

    pub(crate) fn enter(&self, id: u64, shared: &Arc<Shared>, facts: Facts, admitted: Option<Admitted>) -> Registered {
        Registry::enter(&self.registry, id, shared, facts, admitted)
    }

    pub(crate) fn proxies(&self) -> &TrustedProxies {
        &self.registry.proxies
    }

    /// Whether this is the first time that something is wrong with it.
    pub(crate) fn complains(&self) -> bool {
        !self.registry.complained.swap(true, Ordering::Relaxed)
    }

    /// Whether both are the same.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.registry, &other.registry)
    }

    /// Whether nothing is left of any connection.
    #[cfg(test)]
    pub(crate) fn is_pristine(&self) -> bool {
        self.registry.is_pristine()
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

/// What a [`ConnectionManager`] is made with; from [`ConnectionManager::builder`].
#[derive(Clone, Debug, Default)]
#[must_use = "it makes a manager with `build`"]
pub struct ManagerBuilder {
    limits: ConnectionLimits,
    proxies: TrustedProxies,
}

impl ManagerBuilder {
    /// How many connections it takes. Default: [`ConnectionLimits::default`].
    pub fn limits(mut self, limits: ConnectionLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Whose word on a client's address is taken. Default: nobody's.
    pub fn trusted_proxies(mut self, proxies: TrustedProxies) -> Self {
        self.proxies = proxies;
        self
    }

    /// The manager, without connections.
    pub fn build(self) -> ConnectionManager {
        let Self { limits, proxies } = self;
        let mut registry = Registry::default();
        registry.admission = limits::Admission::new(limits);
        registry.proxies = proxies;
        ConnectionManager { registry: Arc::new(registry) }
    }
}
