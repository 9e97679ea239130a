//! From the senders to the pump: one ordered queue of whole messages, bounded in bytes.
//!
//! The order of the queue is the order in which senders took the lock. With one lane and the policy to wait it is a
//! contiguous run of finished frames; a large shared message stands between two runs. Lanes, policies and
//! compression would be further kinds of [`Segment`], framed when they are written.
//!
//! The lock around it is held only to append or to take; a user's `Serialize` runs before.

use std::collections::VecDeque;
use std::task::Waker;

use bytes::Bytes;

use super::pool;
use super::waiters::{Key, Waiters, Woken};
use crate::error::Closed;
use mandovi_websocket::CloseCode;

/// From how many bytes on a shared payload is queued as it is, instead of copied into the run.
pub(crate) const SHARE_FROM: usize = 16 * 1024;
/// What an unused permit counts for, in bytes, so that permits are bounded like messages.
const PERMIT_SIZE: usize = 512;

/// A piece of the queue: whole frames, or a part of one whose other part stands next to it.
#[derive(Debug)]
pub(crate) enum Segment {
    /// Finished frames.
    Run(Vec<u8>),
    /// Control frames of the pump's own, which no bound counts.
    Control(Vec<u8>),
    /// Somebody else's bytes too.
    Shared(Bytes),
}

impl Segment {
    /// The bytes.
    pub(crate) fn bytes(&self) -> &[u8] {
        match self {
            Segment::Run(run) | Segment::Control(run) => run,
            Segment::Shared(bytes) => bytes,
        }
    }

    /// What it counts for against the bound, in bytes.
    pub(crate) fn counted(&self) -> usize {
        match self {
            Segment::Control(_) => 0,
            Segment::Run(_) | Segment::Shared(_) => self.bytes().len(),
        }
    }

    /// Gives the memory back.
    pub(crate) fn recycle(self) {
        if let Segment::Run(run) | Segment::Control(run) = self {
            pool::recycle_write(run);
        }
    }
}

/// A close that somebody else than the handler's end asks for.
#[derive(Debug)]
pub(crate) struct CloseRequest {
    pub(crate) code: CloseCode,
    pub(crate) reason: String,
    /// Only our side's end: what the peer still has to say is received.
    pub(crate) half: bool,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Outbox {
    sealed: VecDeque<Segment>,
    run: Vec<u8>,
    /// Bytes in `sealed` and `run`.
    queued: usize,
    /// Bytes that the pump took and has not written.
    in_flight: usize,
    /// Permits given and not used.
    permits: usize,
    limit: usize,
    /// The pump sleeps: the next append must wake it. Set and tested under the same lock, so no wake is lost.
    parked: bool,
    room_waiters: Waiters,
    flush_waiters: Waiters,
    /// No more sends, and why.
    closed: Option<Closed>,
    /// A client's stream was finished by `finish()`.
    pub(crate) finished: bool,
    /// Asked from outside: close the connection so.
    pub(crate) close_request: Option<CloseRequest>,
}

/// What [`Outbox::poll_room`] found.
#[derive(Debug)]
pub(crate) enum Room {
    /// Append now.
    Yes,
    /// Full; the waker is noted.
    No,
    /// Never again.
    Closed(Closed),
}

impl Outbox {
    /// An empty one that lets `send` wait above `limit` bytes. Allocates nothing.
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            sealed: VecDeque::new(),
            run: Vec::new(),
            queued: 0,
            in_flight: 0,
            permits: 0,
            limit,
            parked: false,
            room_waiters: Waiters::default(),
            flush_waiters: Waiters::default(),
            closed: None,
            finished: false,
            close_request: None,
        }
    }

    /// Whether a message may be appended now; otherwise notes who waits.
    #[inline]
    pub(crate) fn poll_room(&mut self, key: &mut Key, waker: &Waker, own: bool) -> Room {
        if let Some(closed) = &self.closed {
            return Room::Closed(closed.clone());
        }
        if self.finished {
            return Room::Closed(Closed::finished());
        }
        let used = self.used();
        if used == 0 || used < self.limit {
            return Room::Yes;
        }
        self.room_waiters.register(key, waker, own);
        Room::No
    }

    /// Appends whole frames to the run. Says whether the pump must be woken.
    #[inline]
    #[must_use]
    pub(crate) fn append(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> bool {
        if self.run.capacity() == 0 {
            self.run = pool::write_buffer();
        }
        let before = self.run.len();
        write(&mut self.run);
        self.queued += self.run.len() - before;
        std::mem::take(&mut self.parked)
    }

    /// Appends bytes that are shared with others, after what is in the run.
    #[must_use]
    pub(crate) fn append_shared(&mut self, bytes: Bytes) -> bool {
        if !self.run.is_empty() {
            self.sealed.push_back(Segment::Run(std::mem::take(&mut self.run)));
        }
        self.queued += bytes.len();
        self.sealed.push_back(Segment::Shared(bytes));
        std::mem::take(&mut self.parked)
    }

    /// Takes what is to be written next. It counts until [`written`](Self::written).
    pub(crate) fn take(&mut self) -> Option<Segment> {
        let segment = match self.sealed.pop_front() {
            Some(segment) => segment,
            None if self.run.is_empty() => return None,
            None => Segment::Run(std::mem::take(&mut self.run)),
        };
        let len = segment.bytes().len();
        self.queued -= len;
        self.in_flight += len;
        Some(segment)
    }

    /// The pump wrote a segment. Gives those who wait for room, at half of the limit, and those who wait for everything
    /// to be written.
    pub(crate) fn written(&mut self, segment: &Segment) -> (Woken, Woken) {
        self.in_flight -= segment.counted();
        self.progressed()
    }

    fn progressed(&mut self) -> (Woken, Woken) {
        let used = self.used();
        let room = if used <= self.limit / 2 && !self.room_waiters.is_empty() {
            self.room_waiters.take()
        } else {
            Woken::default()
        };
        let flushed = if self.is_flushed() && !self.flush_waiters.is_empty() {
            self.flush_waiters.take()
        } else {
            Woken::default()
        };
        (room, flushed)
    }

    /// The connection broke and another will go on: `rest` of the run that was on its way, whole frames, is the next again. `counted`
    /// is what all of it counted for.
    pub(crate) fn put_back(&mut self, rest: Vec<u8>, counted: usize) -> (Woken, Woken) {
        self.in_flight -= counted;
        self.queued += rest.len();
        if !rest.is_empty() {
            self.sealed.push_front(Segment::Run(rest));
        }
        self.progressed()
    }

    /// Whether the next segment is the payload of a frame whose header was the end of the one before it.
    pub(crate) fn payload_is_next(&self) -> bool {
        matches!(self.sealed.front(), Some(Segment::Shared(_)))
    }

    /// Lets go of all that is queued. `in_flight` bytes are still on their way; `keep_first`: the next segment is the
    /// rest of a frame whose header is out. Shared bytes may be a user's, with a destructor: what this gives is dropped
    /// after the lock is released.
    #[must_use]
    pub(crate) fn discard(&mut self, in_flight: usize, keep_first: bool) -> VecDeque<Segment> {
        let keep = usize::from(keep_first).min(self.sealed.len());
        let discarded = self.sealed.split_off(keep);
        pool::recycle_write(std::mem::take(&mut self.run));
        self.queued = self.sealed.iter().map(|segment| segment.bytes().len()).sum();
        self.in_flight = in_flight;
        discarded
    }

    /// No more sends. The first reason stays.
    pub(crate) fn close(&mut self, closed: Closed) -> Woken {
        if self.closed.is_none() {
            self.closed = Some(closed);
        }
        self.room_waiters.take()
    }

    /// The end of everything: also those who wait for a flush learn it. What was queued is dropped after the lock is
    /// released, as with [`discard`](Self::discard).
    pub(crate) fn abandon(&mut self) -> (Woken, VecDeque<Segment>) {
        let discarded = self.discard(0, false);
        (self.flush_waiters.take(), discarded)
    }

    /// Why there are no more sends.
    pub(crate) fn closed(&self) -> Option<&Closed> {
        self.closed.as_ref()
    }

    /// The pump goes to sleep, unless something was queued meanwhile. `blocked`: it waits for the socket anyway,
    /// and a wake would be for nothing.
    #[must_use]
    pub(crate) fn park(&mut self, blocked: bool) -> bool {
        if self.close_request.is_some() || (!blocked && self.queued > 0) {
            return false;
        }
        self.parked = !blocked;
        true
    }

    /// Asks the pump, which the caller wakes, to close the connection.
    pub(crate) fn request_close(&mut self, request: CloseRequest) {
        if self.close_request.is_none() && self.closed.is_none() {
            self.close_request = Some(request);
        }
    }

    /// Waits until all is written.
    pub(crate) fn poll_flushed(&mut self, key: &mut Key, waker: &Waker, own: bool) -> bool {
        if self.is_flushed() {
            return true;
        }
        self.flush_waiters.register(key, waker, own);
        false
    }

    /// Forgets a dropped `send` or `flush`.
    pub(crate) fn forget(&mut self, key: &Key) {
        self.room_waiters.remove(key);
        self.flush_waiters.remove(key);
    }

    /// Counts a permit as if its message were queued.
    pub(crate) fn add_permit(&mut self) {
        self.permits += 1;
    }

    /// A permit was used or dropped.
    pub(crate) fn drop_permit(&mut self) -> Woken {
        self.permits -= 1;
        if self.used() <= self.limit / 2 { self.room_waiters.take() } else { Woken::default() }
    }

    /// Bytes queued, in flight or promised.
    pub(crate) fn used(&self) -> usize {
        self.queued + self.in_flight + self.permits * PERMIT_SIZE
    }

    /// How many futures wait for room, the handler's counted as one.
    #[cfg(test)]
    pub(crate) fn waiting(&self) -> usize {
        self.room_waiters.len()
    }

    /// Bytes of memory held.
    #[cfg(test)]
    pub(crate) fn capacity(&self) -> usize {
        self.run.capacity() + self.sealed.iter().map(|segment| segment.bytes().len()).sum::<usize>()
    }

    /// Whether nothing is queued.
    pub(crate) fn is_empty(&self) -> bool {
        self.queued == 0
    }

    pub(crate) fn is_flushed(&self) -> bool {
        self.queued + self.in_flight == 0
    }
}
