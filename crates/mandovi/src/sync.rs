//! The synchronisation primitives of the connection, so that a loom model can stand in for the real ones.
//!
//! Everything two threads share in a connection goes through the types named here; nothing else in the crate
//! may use an atomic or a lock on the message path.

#[cfg(not(mandovi_loom))]
pub(crate) use futures_util::task::AtomicWaker;
#[cfg(not(mandovi_loom))]
pub(crate) use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
#[cfg(not(mandovi_loom))]
pub(crate) use std::sync::{Mutex, MutexGuard};

#[cfg(mandovi_loom)]
pub(crate) use loom::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
#[cfg(mandovi_loom)]
pub(crate) use loom::sync::{Mutex, MutexGuard};

use std::sync::PoisonError;
#[cfg(mandovi_loom)]
use std::task::Waker;

/// What `futures_util`'s promises, in terms of a lock that loom knows.
#[cfg(mandovi_loom)]
#[derive(Debug)]
pub(crate) struct AtomicWaker(Mutex<Option<Waker>>);

#[cfg(mandovi_loom)]
impl AtomicWaker {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(None))
    }

    pub(crate) fn register(&self, waker: &Waker) {
        *lock(&self.0) = Some(waker.clone());
    }

    pub(crate) fn wake(&self) {
        let waker = lock(&self.0).take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// Locks, also after another holder panicked: every critical section here leaves its data whole at each step, and
/// a user's code never runs inside one.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
