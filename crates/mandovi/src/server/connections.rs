//! The streams that are open under one [`serve`](super::serve), so that a shutdown can tell each of them.
//!
//! No message ever passes here: a stream enters when it opens and leaves when its task ends.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use mandovi_websocket::CloseCode;
use tokio::sync::Notify;
use tokio::task::AbortHandle;

use crate::connection::Shared;

/// How many streams of one HTTP connection may be open here: twice what it may have under way, since a handler may outlive its
/// stream for a while. A client that opens streams only to reset them gets no further.
const PER_CONNECTION: usize = 2 * super::serve::STREAMS_MAX as usize;

/// See the module. A request carries one in its extensions where [`serve`](super::serve) runs the server.
#[derive(Clone, Debug, Default)]
pub(crate) struct Connections {
    inner: Arc<Inner>,
    /// How many of them came by the same HTTP connection.
    here: Arc<AtomicUsize>,
    /// Told when its client takes nothing of the one answer that is under way.
    stalled: Arc<Notify>,
}

#[derive(Debug, Default)]
struct Inner {
    state: Mutex<State>,
    empty: Notify,
}

#[derive(Debug, Default)]
struct State {
    draining: bool,
    closing: Option<(CloseCode, &'static str)>,
    open: HashMap<u64, Entry>,
}

/// One stream, from before its 101 on.
#[derive(Debug)]
struct Entry {
    shared: Arc<Shared>,
    task: Option<AbortHandle>,
}

/// A stream's place; it leaves when this is dropped.
#[derive(Debug)]
pub(crate) struct Registered {
    connections: Connections,
    id: u64,
}

impl Connections {
    /// The same for one more HTTP connection, which counts its own streams.
    pub(crate) fn by_another(&self) -> Self {
        Self { inner: Arc::clone(&self.inner), here: Arc::default(), stalled: Arc::default() }
    }

    /// Whether this HTTP connection has more streams open than it may have.
    pub(crate) fn is_full(&self) -> bool {
        self.here.load(Ordering::Relaxed) >= PER_CONNECTION
    }

    /// What drops this HTTP connection, which has one answer under way at a time (HTTP/1.1).
    pub(crate) fn stalled(&self) -> Arc<Notify> {
        Arc::clone(&self.stalled)
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the server is about to stop.
    pub(crate) fn is_draining(&self) -> bool {
        self.state().draining
    }

    /// Enters a stream. One that comes while the server stops is told at once.
    pub(crate) fn enter(&self, id: u64, shared: &Arc<Shared>) -> Registered {
        let mut state = self.state();
        state.open.insert(id, Entry { shared: Arc::clone(shared), task: None });
        let (draining, closing) = (state.draining, state.closing);
        drop(state);
        if draining {
            shared.begin_drain();
        }
        if let Some((code, reason)) = closing {
            shared.request_close(code, reason);
        }
        self.here.fetch_add(1, Ordering::Relaxed);
        Registered { connections: self.clone(), id }
    }

    /// No new streams; tells every handler.
    pub(crate) fn drain(&self) {
        let mut state = self.state();
        state.draining = true;
        let open: Vec<_> = state.open.values().map(|entry| Arc::clone(&entry.shared)).collect();
        drop(state);
        open.iter().for_each(|shared| shared.begin_drain());
    }

    /// Closes every stream, behind what it has sent already.
    pub(crate) fn close(&self, code: CloseCode, reason: &'static str) {
        let mut state = self.state();
        state.draining = true;
        state.closing = Some((code, reason));
        let open: Vec<_> = state.open.values().map(|entry| Arc::clone(&entry.shared)).collect();
        drop(state);
        open.iter().for_each(|shared| shared.request_close(code, reason));
    }

    /// Names the task of a stream that has entered, should it have to be cut.
    pub(crate) fn name_task(&self, id: u64, task: AbortHandle) {
        if let Some(entry) = self.state().open.get_mut(&id) {
            entry.task = Some(task);
        }
    }

    /// Cuts what is left.
    pub(crate) fn cut(&self) {
        for entry in self.state().open.values() {
            if let Some(task) = &entry.task {
                task.abort();
            }
        }
    }

    /// How many streams are open.
    pub(crate) fn len(&self) -> usize {
        self.state().open.len()
    }

    /// Waits until none is left.
    pub(crate) async fn closed(&self) {
        loop {
            let empty = self.inner.empty.notified();
            if self.len() == 0 {
                return;
            }
            empty.await;
        }
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        self.connections.here.fetch_sub(1, Ordering::Relaxed);
        let mut state = self.connections.state();
        state.open.remove(&self.id);
        if state.open.is_empty() {
            self.connections.inner.empty.notify_waiters();
        }
    }
}
