//! The untyped half of receiving: takes batches from the inbox and lends one whole message after the other.

use std::sync::Arc;
use std::task::{Context, Poll, ready};

use mandovi_websocket::{Assembler, Frames, MessageRef};

use crate::connection::{Key, ReceiverLife, Shared, Taken};
use crate::error::Closed;
use crate::sync::{Ordering, lock};

/// See the module.
#[derive(Debug)]
pub(crate) struct Incoming {
    shared: Arc<Shared>,
    frames: Option<Frames>,
    assembler: Assembler,
    /// A plain client's `null` was seen: nothing more is taken.
    finished: bool,
    waiting: bool,
    /// How often another connection took over, as far as it was read.
    pub(crate) reconnects: u32,
}

impl Incoming {
    /// The one receiver of a connection.
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        lock(&shared.inbox).receiver = ReceiverLife::Held;
        Self { shared, frames: None, assembler: Assembler::default(), finished: false, waiting: false, reconnects: 0 }
    }

    /// Waits until a message can be [taken](Self::take). `None`: it can; otherwise how the stream ended.
    #[inline]
    pub(crate) fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Option<Closed>> {
        loop {
            if let Some(frames) = &self.frames {
                if frames.has_message(&self.assembler) {
                    return Poll::Ready(None);
                }
                // Only fragments of an unfinished message are left: the assembler keeps them.
                self.settle();
            }
            if let Some(closed) = ready!(self.poll_fetch(cx)) {
                return Poll::Ready(Some(closed));
            }
        }
    }

    /// The next whole message; `None` where [`poll_ready`](Self::poll_ready) did not say that there is one.
    pub(crate) fn take(&mut self) -> Option<MessageRef<'_>> {
        // Nobody else counts: no need for more than a load and a store.
        let taken = self.shared.taken.load(Ordering::Relaxed);
        self.shared.taken.store(taken.wrapping_add(1), Ordering::Relaxed);
        self.frames.as_mut()?.next(&mut self.assembler)
    }

    /// Gives the buffer back with its last message: a handler may turn to something else now.
    #[inline]
    pub(crate) fn release(&mut self) {
        if self.frames.as_ref().is_some_and(Frames::is_empty) {
            self.settle();
        }
    }

    /// Moves the fragments at the end of a batch into the assembler and gives the buffer back.
    #[cold]
    fn settle(&mut self) {
        if let Some(mut frames) = self.frames.take() {
            let message = frames.next(&mut self.assembler);
            debug_assert!(message.is_none(), "a batch without a whole message has none to lend");
            crate::connection::recycle_read(frames.into_storage());
        }
    }

    #[cold]
    fn poll_fetch(&mut self, cx: &mut Context<'_>) -> Poll<Option<Closed>> {
        let own = self.shared.is_own(cx.waker());
        let taken = lock(&self.shared.inbox).poll_take(cx.waker(), own);
        self.waiting = matches!(taken, Taken::Nothing { .. });
        match taken {
            Taken::Nothing { wake_pump } => {
                if wake_pump && !own {
                    self.shared.wake_task();
                }
                Poll::Pending
            }
            Taken::End(closed) => Poll::Ready(Some(closed)),
            Taken::Frames { frames, wake_pump, fresh } => {
                if fresh {
                    // Half a message of a connection that broke is none.
                    self.assembler = Assembler::default();
                    self.reconnects += 1;
                }
                if wake_pump && !own {
                    self.shared.wake_task();
                }
                self.frames = Some(frames);
                Poll::Ready(None)
            }
        }
    }

    /// The peer said that it has ended its stream: nothing it sent is missing.
    pub(crate) fn finish(&mut self) {
        self.finished = true;
        lock(&self.shared.inbox).complete = true;
    }

    /// The same where that was the message [taken](Self::take) last.
    pub(crate) fn finish_taken(&mut self) {
        self.shared.vitals.end_received();
        self.finish();
    }

    pub(crate) fn is_finished(&self) -> bool {
        self.finished
    }

    /// A dropped `recv`: nobody waits.
    pub(crate) fn forget(&mut self) {
        if std::mem::take(&mut self.waiting) {
            lock(&self.shared.inbox).forget_receiver();
        }
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// Waits until the stream has ended, whatever comes before it.
    pub(crate) fn poll_closed(&mut self, cx: &mut Context<'_>) -> Poll<Closed> {
        loop {
            if let Some(closed) = ready!(self.poll_ready(cx)) {
                return Poll::Ready(closed);
            }
            let _ = self.take();
        }
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        let frames = lock(&self.shared.inbox).drop_receiver();
        for frames in [frames, self.frames.take()].into_iter().flatten() {
            crate::connection::recycle_read(frames.into_storage());
        }
        // The pump may have waited for the slot, and a client's call may be over now.
        self.shared.wake_handler();
    }
}

/// A place to wait in, which is given up when its future is dropped.
#[derive(Debug)]
pub(crate) struct OutboxKey<'a> {
    pub(crate) shared: &'a Arc<Shared>,
    pub(crate) key: Key,
}

impl<'a> OutboxKey<'a> {
    pub(crate) fn new(shared: &'a Arc<Shared>) -> Self {
        Self { shared, key: Key::default() }
    }
}

impl Drop for OutboxKey<'_> {
    #[inline]
    fn drop(&mut self) {
        if self.key.is_registered() {
            lock(&self.shared.outbox).forget(&self.key);
        }
    }
}
