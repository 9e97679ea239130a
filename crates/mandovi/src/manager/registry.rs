//! The table of connections, in shards: connections that come and go at once do not wait for each other.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher as _, RandomState};
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use mandovi_websocket::CloseCode;
use tokio::sync::Notify;
use tokio::task::AbortHandle;

use super::drain::{Drain, DrainReport};
use super::events::{ConnectionEvents, Told};
use super::info::{ConnectionInfo, ConnectionState, Facts};
use super::limits::{AddressKey, Admission, Full};
use super::logouts::LogOuts;
use super::proxies::TrustedProxies;
use crate::connection::Shared;

/// How many shards there are: a power of two.
const SHARDS: usize = 32;

/// See the module.
#[derive(Debug)]
pub(super) struct Registry {
    shards: [Mutex<HashMap<u64, Arc<Entry>>>; SHARDS],
    /// Ids by principal.
    principals: [Mutex<HashMap<Arc<str>, HashSet<u64>>>; SHARDS],
    hasher: RandomState,
    len: AtomicUsize,
    stopping: Mutex<(Stopping, Drain)>,
    /// What became of those that left while the server stops.
    ended: Mutex<DrainReport>,
    empty: Notify,
    told: Told,
    pub(super) admission: Admission,
    log_outs: LogOuts,
    pub(super) proxies: TrustedProxies,
    /// Said once that it cannot know the address it has to.
    pub(super) complained: AtomicBool,
}

/// How far the server is with stopping, and what a connection was asked for. Only forwards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stopping {
    /// Not at all.
    #[default]
    No,
    /// No new streams; handlers are told.
    Draining,
    /// Peers are closed with 1012.
    Restarting,
    /// With 1001.
    Away,
    /// Tasks are cut.
    Cut,
}

/// One connection, from before its 101 on.
#[derive(Debug)]
pub(super) struct Entry {
    id: u64,
    facts: Facts,
    pub(super) shared: Arc<Shared>,
    task: OnceLock<AbortHandle>,
    /// The last it was asked for by a server that stops: a [`Stopping`].
    asked: AtomicU8,
}

/// A call that is counted, from its beginning on; it leaves when this is dropped.
#[derive(Debug)]
pub(crate) struct Admitted {
    registry: Arc<Registry>,
    address: Option<AddressKey>,
    principal: Option<Arc<str>>,
    /// The last log-out before it began.
    began: u64,
}

impl Admitted {
    /// Counts it for its principal too.
    pub(crate) fn as_principal(&mut self, principal: &Arc<str>) -> Result<(), Full> {
        if self.registry.admission.enter_principal(principal)? {
            self.principal = Some(Arc::clone(principal));
        }
        Ok(())
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        self.registry.admission.leave(self.address, self.principal.take());
    }
}

/// A connection's place; it leaves when this is dropped.
#[derive(Debug)]
pub(crate) struct Registered {
    registry: Arc<Registry>,
    id: u64,
    admitted: Option<Admitted>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Default for Registry {
    fn default() -> Self {
        Self {
            shards: std::array::from_fn(|_| Mutex::default()),
            principals: std::array::from_fn(|_| Mutex::default()),
            hasher: RandomState::new(),
            len: AtomicUsize::new(0),
            stopping: Mutex::default(),
            ended: Mutex::default(),
            empty: Notify::new(),
            told: Told::default(),
            admission: Admission::default(),
            log_outs: LogOuts::default(),
            proxies: TrustedProxies::default(),
            complained: AtomicBool::new(false),
        }
    }
}

impl Registry {
    fn shard(&self, id: u64) -> MutexGuard<'_, HashMap<u64, Arc<Entry>>> {
        // Ids are given one after the other.
        lock(&self.shards[id as usize % SHARDS])
    }

    fn principals(&self, principal: &str) -> MutexGuard<'_, HashMap<Arc<str>, HashSet<u64>>> {
        lock(&self.principals[self.hasher.hash_one(principal) as usize % SHARDS])
    }

    pub(super) fn len(&self) -> usize {
        self.len.load(Ordering::Acquire)
    }

    pub(super) fn get(&self, id: u64) -> Option<Arc<Entry>> {
        self.shard(id).get(&id).cloned()
    }

    pub(super) fn all(&self) -> Vec<Arc<Entry>> {
        self.shards.iter().flat_map(|shard| lock(shard).values().cloned().collect::<Vec<_>>()).collect()
    }

    /// Every entry, a shard at a time: what is asked for meanwhile holds no lock.
    pub(super) fn for_each(&self, mut each: impl FnMut(&Entry)) {
        let mut some = Vec::new();
        for shard in &self.shards {
            some.extend(lock(shard).values().cloned());
            some.drain(..).for_each(|entry| each(&entry));
        }
    }

    pub(super) fn of_principal(&self, principal: &str) -> Vec<Arc<Entry>> {
        let ids: Vec<u64> = self.principals(principal).get(principal).into_iter().flatten().copied().collect();
        ids.into_iter().filter_map(|id| self.get(id)).collect()
    }

    pub(super) fn events(&self) -> ConnectionEvents {
        self.told.subscribe()
    }

    pub(super) fn is_draining(&self) -> bool {
        lock(&self.stopping).0 >= Stopping::Draining
    }

    /// Counts a call in.
    pub(super) fn admit(registry: &Arc<Self>, address: Option<IpAddr>) -> Result<Admitted, Full> {
        let began = registry.log_outs.now();
        let address = registry.admission.enter(address)?;
        Ok(Admitted { registry: Arc::clone(registry), address, principal: None, began })
    }

    /// Log-out everywhere: those who are in, and those who were on their way in when it was called.
    pub(super) fn close_principal(&self, principal: &str, code: CloseCode, reason: &str) -> usize {
        self.log_outs.note(principal, code, reason);
        let all = self.of_principal(principal);
        all.iter().for_each(|entry| entry.shared.request_close(code, reason));
        all.len()
    }

    /// Enters a connection. One that comes while the server stops is told at once.
    pub(super) fn enter(
        registry: &Arc<Self>,
        id: u64,
        shared: &Arc<Shared>,
        facts: Facts,
        admitted: Option<Admitted>,
    ) -> Registered {
        shared.vitals.watched(registry.told.watch(id, facts.service, facts.method));
        let principal = facts.principal.clone();
        let entry = Entry {
            id,
            facts,
            shared: Arc::clone(shared),
            task: OnceLock::new(),
            asked: AtomicU8::new(Stopping::No as u8),
        };
        let entry = Arc::new(entry);
        registry.len.fetch_add(1, Ordering::AcqRel);
        registry.shard(id).insert(id, Arc::clone(&entry));
        if let Some(principal) = principal {
            // Behind the table: who finds it here finds it there.
            registry.principals(&principal).entry(Arc::clone(&principal)).or_default().insert(id);
            if let Some(Admitted { began, .. }) = admitted
                && let Some((code, reason)) = registry.log_outs.since(began, &principal)
            {
                shared.request_close(code, &reason);
            }
        }
        // After it is in the table: whoever stops the server has told it, or it sees it here.
        let (stopping, drain) = *lock(&registry.stopping);
        entry.ask(stopping, &drain);
        Registered { registry: Arc::clone(registry), id, admitted }
    }

    /// Names the task of a connection that has entered, should it have to be cut.
    pub(super) fn name_task(&self, id: u64, task: AbortHandle) {
        if let Some(entry) = self.get(id) {
            let task = entry.task.get_or_init(|| task);
            if entry.asked.load(Ordering::Acquire) == Stopping::Cut as u8 {
                task.abort();
            }
        }
    }

    /// Goes as far as that with every connection, and with those that are still to come.
    pub(super) fn stop(&self, how_far: Stopping, drain: &Drain) {
        let mut stopping = lock(&self.stopping);
        if stopping.0 < how_far {
            *stopping = (how_far, *drain);
        }
        drop(stopping);
        self.all().iter().for_each(|entry| entry.ask(how_far, drain));
    }

    /// Goes as far as that with one connection.
    pub(super) fn stop_one(&self, id: u64, how_far: Stopping, drain: &Drain) {
        if let Some(entry) = self.get(id) {
            entry.ask(how_far, drain);
        }
    }

    pub(super) fn ids(&self) -> Vec<u64> {
        self.shards.iter().flat_map(|shard| lock(shard).keys().copied().collect::<Vec<_>>()).collect()
    }

    /// What became of those that left while the server stops.
    pub(super) fn ended(&self) -> DrainReport {
        *lock(&self.ended)
    }

    /// Whether nothing is left of any connection.
    #[cfg(test)]
    pub(super) fn is_pristine(&self) -> bool {
        self.len() == 0
            && self.shards.iter().all(|shard| lock(shard).is_empty())
            && self.principals.iter().all(|shard| lock(shard).is_empty())
            && self.admission.is_pristine()
    }

    pub(super) async fn closed(&self) {
        loop {
            let empty = self.empty.notified();
            if self.len() == 0 {
                return;
            }
            empty.await;
        }
    }
}

impl Entry {
    fn ask(&self, how_far: Stopping, drain: &Drain) {
        if how_far == Stopping::No {
            return;
        }
        self.asked.fetch_max(how_far as u8, Ordering::AcqRel);
        // Again where that was done before; it is for nothing then.
        self.shared.begin_drain_for(drain.retry_after);
        match how_far {
            Stopping::No | Stopping::Draining => {}
            Stopping::Restarting => self.shared.request_close(CloseCode::SERVICE_RESTART, &drain.reason()),
            Stopping::Away => self.shared.request_close(CloseCode::GOING_AWAY, "server shutting down"),
            Stopping::Cut => {
                if let Some(task) = self.task.get() {
                    task.abort();
                }
            }
        }
    }

    /// Counts it as what became of it in the drain.
    fn count(&self, ended: &mut DrainReport) {
        let asked = self.asked.load(Ordering::Acquire);
        let number = match self.shared.end_code() {
            _ if asked == Stopping::Cut as u8 => &mut ended.cut,
            CloseCode::SERVICE_RESTART if asked >= Stopping::Restarting as u8 => &mut ended.closed_in_window,
            CloseCode::GOING_AWAY if asked >= Stopping::Away as u8 => &mut ended.closed_at_deadline,
            _ => &mut ended.finished,
        };
        *number += 1;
    }

    #[cfg(test)]
    pub(super) fn task(&self) -> Option<&AbortHandle> {
        self.task.get()
    }

    pub(super) fn info(&self) -> ConnectionInfo {
        let Facts { service, method, peer, principal, transport } = self.facts.clone();
        let (shared, vitals) = (&self.shared, &self.shared.vitals);
        let (bytes_received, bytes_sent) = vitals.bytes();
        let (received, sent) = vitals.last();
        ConnectionInfo {
            id: self.id,
            service,
            method,
            peer,
            principal,
            transport,
            state: if vitals.is_open() { shared.state() } else { ConnectionState::Opening },
            opened_at: vitals.began_at(),
            age: vitals.age(),
            messages_received: vitals.messages_received(shared.taken.load(crate::sync::Ordering::Relaxed)),
            messages_sent: vitals.messages_sent(),
            bytes_received,
            bytes_sent,
            errors: vitals.errors(),
            dropped: vitals.messages_dropped(),
            verdict: vitals.verdict(),
            queue_bytes: shared.queue_bytes(),
            last_activity: received.into_iter().chain(sent).min(),
            last_pong: vitals.last_pong(),
            round_trip: vitals.round_trip(),
        }
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        let registry = &self.registry;
        let Some(entry) = registry.shard(self.id).remove(&self.id) else { return };
        if let Some(principal) = &entry.facts.principal {
            let mut principals = registry.principals(principal);
            if let Some(ids) = principals.get_mut(principal) {
                ids.remove(&self.id);
                if ids.is_empty() {
                    principals.remove(principal);
                }
            }
        }
        entry.shared.vitals.tell_lag();
        if registry.is_draining() {
            entry.count(&mut lock(&registry.ended));
        }
        if let Some(watch) = entry.shared.vitals.watch() {
            watch.closed(entry.shared.end_code(), || entry.info());
        }
        // Before anybody hears that nobody is left.
        self.admitted = None;
        if registry.len.fetch_sub(1, Ordering::AcqRel) == 1 {
            registry.empty.notify_waiters();
        }
    }
}
