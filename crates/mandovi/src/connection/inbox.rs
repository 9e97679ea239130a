//! From the pump to the receiver: one slot for a batch of whole frames, and the end.
//!
//! The slot is the bound of what waits here: while it is full the pump fills its own read buffer and then stops
//! reading, so that TCP slows the peer. The receiver takes a batch at a time and needs no lock while it lasts.

use std::task::Waker;

use mandovi_websocket::Frames;

use super::waiters::{Key, Waiters, Woken};
use crate::error::Closed;

/// Who waits for the next batch.
#[derive(Debug, Default)]
enum Waiting {
    #[default]
    Nobody,
    Handler,
    Other(Waker),
}

/// The life of the one receiver of a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ReceiverLife {
    /// The method takes no input.
    #[default]
    None,
    /// Somebody holds it.
    Held,
    /// It was dropped: input is discarded.
    Dropped,
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Inbox {
    slot: Option<Frames>,
    waiting: Waiting,
    /// The pump waits for the receiver, to take the slot or to be through with all that came: either must wake it.
    pump_waits: bool,
    /// The receiver may not be through with all that came.
    behind: bool,
    /// The next batch that is put is the first of another connection, and...
    fresh: bool,
    /// ...the one in the slot is: what was begun on the connection before it is not continued.
    fresh_in_slot: bool,
    /// Why nothing more will come, as soon as that is known. Senders and `closed()` see it at once...
    left: Option<Closed>,
    /// ...but the receiver only after everything that was read before it.
    drained: bool,
    left_waiters: Waiters,
    pub(crate) receiver: ReceiverLife,
    /// The receiver saw the peer's own end of its stream: nothing it sent is missing.
    pub(crate) complete: bool,
}

/// What [`Inbox::poll_take`] found.
#[derive(Debug)]
pub(crate) enum Taken {
    /// A batch. `wake_pump`: the pump waits for the slot. `fresh`: it is the first of another connection of the same call.
    Frames { frames: Frames, wake_pump: bool, fresh: bool },
    /// Nothing more will come.
    End(Closed),
    /// Nothing yet; the waker is noted. `wake_pump`: the pump waits for just that.
    Nothing { wake_pump: bool },
}

impl Inbox {
    /// Whether a batch may be put.
    pub(crate) fn has_room(&mut self) -> bool {
        self.pump_waits = self.slot.is_some();
        !self.pump_waits
    }

    /// Puts a batch. The slot must be empty.
    pub(crate) fn put(&mut self, frames: Frames) -> Woken1 {
        debug_assert!(self.slot.is_none(), "the pump asked for room first");
        self.slot = Some(frames);
        self.behind = true;
        self.fresh_in_slot = std::mem::take(&mut self.fresh);
        self.wake_receiver()
    }

    /// Whether the receiver is through with all that was put, or nobody reads. If not, the pump is woken when it is.
    pub(crate) fn is_read(&mut self) -> bool {
        let read = !self.behind || self.receiver != ReceiverLife::Held;
        self.pump_waits = !read;
        read
    }

    /// What is put from now on is of another connection.
    pub(crate) fn reconnected(&mut self) {
        self.fresh = true;
    }

    /// Says why nothing more will come; the first reason stays.
    pub(crate) fn leave(&mut self, closed: Closed) -> Woken {
        if self.left.is_some() {
            return Woken::default();
        }
        self.left = Some(closed);
        self.left_waiters.take()
    }

    /// Why nothing more will come, once that is known.
    pub(crate) fn left(&self) -> Option<&Closed> {
        self.left.as_ref()
    }

    /// Everything that was read has been put: the receiver may see the end.
    pub(crate) fn finish(&mut self) -> Woken1 {
        self.drained = true;
        self.wake_receiver()
    }

    /// Whether the receiver may see the end.
    pub(crate) fn is_finished(&self) -> bool {
        self.drained
    }

    /// Waits for [`leave`](Self::leave).
    pub(crate) fn poll_left(&mut self, key: &mut Key, waker: &Waker, own: bool) -> Option<Closed> {
        if self.left.is_none() {
            self.left_waiters.register(key, waker, own);
        }
        self.left.clone()
    }

    /// Forgets a waiting `closed()`.
    pub(crate) fn forget_left(&mut self, key: &Key) {
        self.left_waiters.remove(key);
    }

    /// Takes the batch, or the end, or notes who waits.
    pub(crate) fn poll_take(&mut self, waker: &Waker, own: bool) -> Taken {
        if let Some(frames) = self.slot.take() {
            self.waiting = Waiting::Nobody;
            let wake_pump = std::mem::take(&mut self.pump_waits);
            let fresh = std::mem::take(&mut self.fresh_in_slot);
            return Taken::Frames { frames, wake_pump, fresh };
        }
        if self.drained
            && let Some(closed) = &self.left
        {
            return Taken::End(closed.clone());
        }
        match &mut self.waiting {
            Waiting::Other(old) if !own => old.clone_from(waker),
            waiting if own => *waiting = Waiting::Handler,
            waiting => *waiting = Waiting::Other(waker.clone()),
        }
        self.behind = false;
        Taken::Nothing { wake_pump: std::mem::take(&mut self.pump_waits) }
    }

    /// A `recv` was dropped: nobody waits.
    pub(crate) fn forget_receiver(&mut self) {
        self.waiting = Waiting::Nobody;
    }

    /// The receiver was dropped: what waits for it is let go.
    pub(crate) fn drop_receiver(&mut self) -> Option<Frames> {
        self.receiver = ReceiverLife::Dropped;
        self.waiting = Waiting::Nobody;
        self.pump_waits = false;
        self.slot.take()
    }

    fn wake_receiver(&mut self) -> Woken1 {
        match std::mem::take(&mut self.waiting) {
            Waiting::Nobody => Woken1 { handler: false, other: None },
            Waiting::Handler => Woken1 { handler: true, other: None },
            Waiting::Other(waker) => Woken1 { handler: false, other: Some(waker) },
        }
    }
}

/// One who waited: wake it after the lock is released.
#[must_use]
#[derive(Debug, Default)]
pub(crate) struct Woken1 {
    handler: bool,
    other: Option<Waker>,
}

impl Woken1 {
    /// Wakes a future of another task and says whether the connection's own handler waited.
    pub(crate) fn wake(self) -> bool {
        if let Some(waker) = self.other {
            waker.wake();
        }
        self.handler
    }
}
