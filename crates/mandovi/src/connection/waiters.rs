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
    /// In a box: most connections never have any.
    others: Option<Box<Others>>,
}

/// The futures of other tasks.
#[derive(Debug, Default)]
struct Others {
    waiting: Vec<(u64, Waker)>,
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
        let others = self.others.get_or_insert_default();
        if let Some(id) = key.0
            && let Some(entry) = others.waiting.iter_mut().find(|(other, _)| *other == id)
        {
            entry.1.clone_from(waker);
            return;
        }
        let id = others.next;
        others.next += 1;
        others.waiting.push((id, waker.clone()));
        key.0 = Some(id);
    }

    /// Forgets the future behind `key`.
    pub(crate) fn remove(&mut self, key: &Key) {
        if let (Some(id), Some(others)) = (key.0, &mut self.others) {
            others.waiting.retain(|(other, _)| *other != id);
        }
    }

    /// Takes everyone who waits.
    pub(crate) fn take(&mut self) -> Woken {
        // The box stays: a future that is woken keeps its number.
        let others = self.others.as_mut().map(|others| std::mem::take(&mut others.waiting)).unwrap_or_default();
        Woken { handler: std::mem::take(&mut self.handler), others }
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        usize::from(self.handler) + self.others.as_ref().map_or(0, |others| others.waiting.len())
    }

    /// Whether nobody waits.
    pub(crate) fn is_empty(&self) -> bool {
        !self.handler && self.others.as_ref().is_none_or(|others| others.waiting.is_empty())
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
