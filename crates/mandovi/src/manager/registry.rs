//! The table of connections, in shards: connections that come and go at once do not wait for each other.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use mandovi_websocket::CloseCode;
use tokio::sync::Notify;
use tokio::task::AbortHandle;

use super::events::{ConnectionEvents, Told};
use super::info::{ConnectionInfo, ConnectionState, Facts};
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
    stopping: Mutex<Stopping>,
    empty: Notify,
    told: Told,
}

/// How far the server is with stopping.
#[derive(Clone, Copy, Debug, Default)]
struct Stopping {
    draining: bool,
    closing: Option<(CloseCode, &'static str)>,
}

/// One connection, from before its 101 on.
#[derive(Debug)]
pub(super) struct Entry {
    id: u64,
    facts: Facts,
    pub(super) shared: Arc<Shared>,
    task: OnceLock<AbortHandle>,
}

/// A connection's place; it leaves when this is dropped.
#[derive(Debug)]
pub(crate) struct Registered {
    registry: Arc<Registry>,
    id: u64,
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
            empty: Notify::new(),
            told: Told::default(),
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

    pub(super) fn of_principal(&self, principal: &str) -> Vec<Arc<Entry>> {
        let ids: Vec<u64> = self.principals(principal).get(principal).into_iter().flatten().copied().collect();
        ids.into_iter().filter_map(|id| self.get(id)).collect()
    }

    pub(super) fn events(&self) -> ConnectionEvents {
        self.told.subscribe()
    }

    pub(super) fn is_draining(&self) -> bool {
        lock(&self.stopping).draining
    }

    /// Enters a connection. One that comes while the server stops is told at once.
    pub(super) fn enter(registry: &Arc<Self>, id: u64, shared: &Arc<Shared>, facts: Facts) -> Registered {
        shared.vitals.watched(registry.told.watch(id));
        if let Some(principal) = &facts.principal {
            registry.principals(principal).entry(Arc::clone(principal)).or_default().insert(id);
        }
        let entry = Entry { id, facts, shared: Arc::clone(shared), task: OnceLock::new() };
        registry.len.fetch_add(1, Ordering::AcqRel);
        registry.shard(id).insert(id, Arc::new(entry));
        // After it is in the table: whoever stops the server has told it, or it sees it here.
        let Stopping { draining, closing } = *lock(&registry.stopping);
        if draining {
            shared.begin_drain();
        }
        if let Some((code, reason)) = closing {
            shared.request_close(code, reason);
        }
        Registered { registry: Arc::clone(registry), id }
    }

    /// Names the task of a connection that has entered, should it have to be cut.
    pub(super) fn name_task(&self, id: u64, task: AbortHandle) {
        if let Some(entry) = self.get(id) {
            let _ = entry.task.set(task);
        }
    }

    pub(super) fn drain(&self) {
        lock(&self.stopping).draining = true;
        self.all().iter().for_each(|entry| entry.shared.begin_drain());
    }

    pub(super) fn close_all(&self, code: CloseCode, reason: &'static str) {
        *lock(&self.stopping) = Stopping { draining: true, closing: Some((code, reason)) };
        self.all().iter().for_each(|entry| entry.shared.request_close(code, reason));
    }

    pub(super) fn cut(&self) {
        self.all().iter().filter_map(|entry| entry.task.get()).for_each(AbortHandle::abort);
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
            messages_received: shared.taken.load(crate::sync::Ordering::Relaxed) as u64,
            messages_sent: vitals.messages_sent(),
            bytes_received,
            bytes_sent,
            errors: vitals.errors(),
            dropped: vitals.messages_dropped(),
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
        if let Some(watch) = entry.shared.vitals.watch() {
            watch.closed(entry.shared.end_code());
        }
        if registry.len.fetch_sub(1, Ordering::AcqRel) == 1 {
            registry.empty.notify_waiters();
        }
    }
}
