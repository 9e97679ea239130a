//! Who waits for something: the connection's own handler, for which a flag is enough, and any other future.
//!
//! One entry per *waiting future*, not one per poll: a future keeps its [`Key`] and gives it back when it is dropped.
//! Nothing here wakes by itself: what is taken out is woken by the caller, after it has let go of its lock.

use std::task::Waker;

/// A waiting future's place in [`Waiters`].
#[derive(Debug, Default)]
pub(crate) struct Key(Option<u64>);

/// The futures that wait for one condition.
#[derive(Debug, Default)]
pub(crate) struct Waiters {
    handler: bool,
    others: Vec<(u64, Waker)>,
    next: u64,
}

/// What [`Waiters::take`] found: wake it after the lock is released.
#[must_use]
#[derive(Debug, Default)]
pub(crate) struct Woken {
    /// The connection's own handler waits: poll it again.
    pub(crate) handler: bool,
    others: Vec<(u64, Waker)>,
}

impl Waiters {
    /// Notes that the future behind `key` waits. `own` says that it is polled with the connection's own waker.
    pub(crate) fn register(&mut self, key: &mut Key, waker: &Waker, own: bool) {
        if own {
            self.handler = true;
            return;
        }
        if let Some(id) = key.0
            && let Some(entry) = self.others.iter_mut().find(|(other, _)| *other == id)
        {
            entry.1.clone_from(waker);
            return;
        }
        let id = self.next;
        self.next += 1;
        self.others.push((id, waker.clone()));
        key.0 = Some(id);
    }

    /// Forgets the future behind `key`.
    pub(crate) fn remove(&mut self, key: &Key) {
        if let Some(id) = key.0 {
            self.others.retain(|(other, _)| *other != id);
        }
    }

    /// Takes everyone who waits.
    pub(crate) fn take(&mut self) -> Woken {
        Woken { handler: std::mem::take(&mut self.handler), others: std::mem::take(&mut self.others) }
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        usize::from(self.handler) + self.others.len()
    }

    /// Whether nobody waits.
    pub(crate) fn is_empty(&self) -> bool {
        !self.handler && self.others.is_empty()
    }
}

impl Key {
    /// Whether this future was ever registered with a waker of another task.
    pub(crate) fn is_registered(&self) -> bool {
        self.0.is_some()
    }
}

impl Woken {
    /// Wakes the futures of other tasks and says whether the connection's own handler waited.
    pub(crate) fn wake(self) -> bool {
        for (_, waker) in self.others {
            waker.wake();
        }
        self.handler
    }
}
