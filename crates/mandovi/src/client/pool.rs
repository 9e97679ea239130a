//! Idle connections of one client, for its plain calls. A client has one server, so there is nothing to look them up by.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::http1::SendRequest;
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep_until};

pub(super) type Connection = SendRequest<Full<Bytes>>;

/// See the module.
pub(super) struct Pool {
    max_idle: usize,
    idle_timeout: Duration,
    idle: Arc<Mutex<Idle>>,
}

#[derive(Default)]
struct Idle {
    /// The one that was used last is last.
    connections: Vec<(Connection, Instant)>,
    /// Closes what is idle for too long; ends when nothing is.
    reaper: Option<AbortHandle>,
}

impl Pool {
    pub(super) fn new(max_idle: usize, idle_timeout: Duration) -> Self {
        Self { max_idle, idle_timeout, idle: Arc::default() }
    }

    /// A connection that was good when it was last used.
    pub(super) async fn take(&self) -> Option<Connection> {
        loop {
            let (mut connection, until) = lock(&self.idle).connections.pop()?;
            if until > Instant::now() && connection.ready().await.is_ok() {
                return Some(connection);
            }
        }
    }

    /// Keeps a connection whose last answer was read to its end.
    pub(super) fn put(&self, connection: Connection) {
        if self.max_idle == 0 || connection.is_closed() {
            return;
        }
        let until = Instant::now() + self.idle_timeout;
        let mut idle = lock(&self.idle);
        // The oldest gives way: it is the most likely to be stale.
        let oldest = if idle.connections.len() >= self.max_idle { Some(idle.connections.remove(0)) } else { None };
        idle.connections.push((connection, until));
        if idle.reaper.is_none() {
            let reaped = Arc::clone(&self.idle);
            idle.reaper = Some(
                tokio::spawn(async move {
                    while let Some(next) = reap(&reaped) {
                        sleep_until(next).await
                    }
                })
                .abort_handle(),
            );
        }
        drop(idle);
        drop(oldest);
    }
}

/// Closes what is idle for too long, and what the server has closed. When the next is due; `None`: nothing is idle.
fn reap(idle: &Mutex<Idle>) -> Option<Instant> {
    let now = Instant::now();
    let mut idle = lock(idle);
    let (kept, dropped): (Vec<_>, Vec<_>) = std::mem::take(&mut idle.connections)
        .into_iter()
        .partition(|(connection, until)| *until > now && !connection.is_closed());
    idle.connections = kept;
    let next = idle.connections.first().map(|(_, until)| *until);
    if next.is_none() {
        idle.reaper = None;
    }
    drop(idle);
    drop(dropped);
    next
}

fn lock(idle: &Mutex<Idle>) -> std::sync::MutexGuard<'_, Idle> {
    idle.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Pool {
    fn drop(&mut self) {
        if let Some(reaper) = lock(&self.idle).reaper.take() {
            reaper.abort();
        }
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("idle", &lock(&self.idle).connections.len()).finish_non_exhaustive()
    }
}
