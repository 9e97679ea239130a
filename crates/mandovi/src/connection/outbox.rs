//! From the senders to the pump: one ordered queue of whole messages, bounded in bytes.
//!
//! The order of the queue is the order in which senders took the lock. What cannot be dropped any more is a
//! contiguous run of finished frames; a large shared message stands between two runs. What can be dropped while it
//! waits is in [`Droppable`], message by message, and its place in the order is a number.
//!
//! The lock around it is held only to append or to take; a user's `Serialize` runs before.

use std::collections::VecDeque;
use std::task::Waker;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use super::droppable::{Body, Droppable, Dropped, MessageKey, PLACE};
use super::pool;
use super::settings::{Settings, SlowConsumer};
use super::waiters::{Key, Waiters, Woken};
use crate::error::Closed;
use mandovi_websocket::CloseCode;

/// From how many bytes on a shared payload is queued as it is, instead of copied into the run.
pub(crate) const SHARE_FROM: usize = 16 * 1024;
/// What an unused permit counts for, in bytes, so that permits are bounded like messages.
const PERMIT_SIZE: usize = 512;
/// How many bytes of messages that may still be dropped the pump takes at once, at most; never more than half of the bound. While the
/// peer takes nothing these are what it will get first, however old.
const PIECE: usize = 16 * 1024;

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
    /// The peer is too slow: what is queued is dropped.
    pub(crate) slow: bool,
}

/// What an outbox is made with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OutboxSettings {
    /// In bytes.
    pub(crate) size: usize,
    pub(crate) slow: SlowConsumer,
}

impl From<usize> for OutboxSettings {
    fn from(size: usize) -> Self {
        Self { size, slow: SlowConsumer::Wait }
    }
}

impl From<&Settings> for OutboxSettings {
    fn from(settings: &Settings) -> Self {
        Self { size: settings.outbox_size, slow: settings.slow_consumer }
    }
}

/// A segment, and the number of the first droppable message that goes behind it.
#[derive(Debug)]
struct Sealed {
    segment: Segment,
    before: u64,
}

/// What is let go of.
#[must_use]
#[derive(Debug)]
pub(crate) struct Discarded {
    _sealed: VecDeque<Sealed>,
    _droppable: Option<Box<Droppable>>,
}

/// What became of a message that may be dropped.
#[must_use]
#[derive(Debug, Default)]
pub(crate) struct Placed {
    /// The pump must be woken.
    pub(crate) wake: bool,
    pub(crate) dropped: Dropped,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Outbox {
    sealed: VecDeque<Sealed>,
    run: Vec<u8>,
    /// Messages that may still be dropped. Boxed: most connections have none.
    droppable: Option<Box<Droppable>>,
    /// Bytes in `sealed`, `run` and `droppable`.
    queued: usize,
    /// Bytes that the pump took and has not written.
    in_flight: usize,
    /// What permits that are not used count for, and the places of droppable messages.
    reserved: usize,
    limit: usize,
    /// The peer takes nothing at the moment.
    blocked: bool,
    /// Messages are dropped rather than waited with.
    shedding: bool,
    /// Somebody waits who would rather drop something than wait until there is room, should the peer take nothing.
    hurried: bool,
    /// The pump sleeps: the next append must wake it. Set and tested under the same lock, so no wake is lost.
    parked: bool,
    /// How long output waits, where anybody measures that.
    clock: Option<Box<Clock>>,
    room_waiters: Waiters,
    flush_waiters: Waiters,
    /// No more sends, and why.
    closed: Option<Closed>,
    /// A client's stream was finished by `finish()`.
    pub(crate) finished: bool,
    /// Asked from outside: close the connection so.
    pub(crate) close_request: Option<CloseRequest>,
}

/// Since when output waits.
#[derive(Debug, Default)]
struct Clock {
    /// What is queued.
    queued: Option<Instant>,
    /// What was taken to be written.
    in_flight: Option<Instant>,
}

/// What [`Outbox::poll_room`] found.
#[derive(Debug)]
pub(crate) enum Room {
    /// Append now.
    Yes,
    /// Full.
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
            droppable: None,
            queued: 0,
            in_flight: 0,
            reserved: 0,
            limit,
            blocked: false,
            shedding: false,
            hurried: false,
            parked: false,
            clock: None,
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
        let room = self.room();
        if matches!(room, Room::No) {
            self.wait_for_room(key, waker, own);
        }
        room
    }

    /// Whether a message may be appended now.
    #[inline]
    pub(crate) fn room(&self) -> Room {
        if let Some(closed) = &self.closed {
            return Room::Closed(closed.clone());
        }
        if self.finished {
            return Room::Closed(Closed::finished());
        }
        if self.has_room() { Room::Yes } else { Room::No }
    }

    #[inline]
    fn has_room(&self) -> bool {
        let used = self.used();
        used == 0 || used < self.limit
    }

    /// Notes who waits for room.
    pub(crate) fn wait_for_room(&mut self, key: &mut Key, waker: &Waker, own: bool) {
        self.room_waiters.register(key, waker, own);
    }

    /// Notes who waits for room, or for the peer to take nothing.
    pub(crate) fn wait_for_try(&mut self, key: &mut Key, waker: &Waker, own: bool) {
        self.hurried = true;
        self.room_waiters.register(key, waker, own);
    }

    /// Whether somebody waits who would rather drop something, and cannot know yet that the peer takes nothing.
    pub(crate) fn is_hurried(&self) -> bool {
        self.hurried
    }

    /// The peer takes nothing at the moment, until something is [written](Self::written). Gives those who would rather drop
    /// something than wait.
    pub(crate) fn block(&mut self) -> Woken {
        self.blocked = true;
        if std::mem::take(&mut self.hurried) { self.room_waiters.take() } else { Woken::default() }
    }

    /// Another peer takes what is queued from now on.
    pub(crate) fn unblock(&mut self) {
        self.blocked = false;
    }

    /// Whether the peer took nothing when we last tried.
    pub(crate) fn is_blocked(&self) -> bool {
        self.blocked
    }

    /// From now on a message that would wait is dropped, or is no longer. Gives those who wait.
    pub(crate) fn shed(&mut self, shedding: bool) -> Woken {
        self.shedding = shedding;
        if shedding { self.room_waiters.take() } else { Woken::default() }
    }

    /// Whether messages that would wait are dropped.
    pub(crate) fn is_shedding(&self) -> bool {
        self.shedding
    }

    /// Queues a message that may be dropped later; where there is no room, older ones are dropped first. `latest`: those for which
    /// a newer one of the same key waits, before the oldest. Where nothing that could be dropped makes room it is
    /// the message itself.
    ///
    /// Beside what is on its way there is always room for one: the newest gets through to whoever reads again.
    pub(crate) fn place(&mut self, body: Body, key: Option<MessageKey>, latest: bool) -> Placed {
        let mut placed = Placed::default();
        let (queued, used) = (self.queued, self.used());
        let droppable = self.droppable.get_or_insert_default();
        let limit = self.limit;
        let has_room = |gone: usize, counted: usize| used - counted < limit || queued == gone;
        if !has_room(0, 0) {
            let replaced = key.filter(|_| latest).map_or(0, |key| droppable.counted_of(key));
            let (bytes, counted) = (droppable.bytes(), droppable.counted());
            let makes_room = has_room(bytes, counted);
            if !makes_room && replaced < body.len() + PLACE {
                placed.dropped.add(body);
                return placed;
            }
            let gone = |now: &Droppable| (bytes - now.bytes(), counted - now.counted());
            if latest {
                droppable.drop_superseded(key, &mut placed.dropped);
            }
            // Otherwise the message takes the place of one that is gone, and no other helps.
            let enough = |now: &Droppable| {
                let (bytes, counted) = gone(now);
                !makes_room || has_room(bytes, counted)
            };
            while !enough(droppable) && droppable.drop_oldest(&mut placed.dropped) {}
            let (bytes, counted) = gone(droppable);
            self.queued -= bytes;
            self.reserved -= counted - bytes;
        }
        if !self.run.is_empty() {
            let segment = Segment::Run(std::mem::take(&mut self.run));
            self.sealed.push_back(Sealed { segment, before: droppable.next() });
        }
        self.queued += body.len();
        self.reserved += PLACE;
        droppable.push(body, key);
        self.stamp();
        placed.wake = std::mem::take(&mut self.parked);
        placed
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
        self.stamp();
        std::mem::take(&mut self.parked)
    }

    /// Appends bytes that are shared with others, after what is in the run.
    #[must_use]
    pub(crate) fn append_shared(&mut self, bytes: Bytes) -> bool {
        let before = self.droppable.as_ref().map_or(0, |droppable| droppable.next());
        if !self.run.is_empty() {
            let segment = Segment::Run(std::mem::take(&mut self.run));
            self.sealed.push_back(Sealed { segment, before });
        }
        self.queued += bytes.len();
        self.stamp();
        self.sealed.push_back(Sealed { segment: Segment::Shared(bytes), before });
        std::mem::take(&mut self.parked)
    }

    /// Takes what is to be written next. It counts until [`written`](Self::written).
    pub(crate) fn take(&mut self) -> Option<Segment> {
        if let Some(segment) = self.take_droppable() {
            return Some(segment);
        }
        let segment = match self.sealed.pop_front() {
            Some(sealed) => sealed.segment,
            None if self.run.is_empty() => return None,
            None => Segment::Run(std::mem::take(&mut self.run)),
        };
        let len = segment.bytes().len();
        self.queued -= len;
        self.in_flight += len;
        self.stamp_taken();
        Some(segment)
    }

    /// Measures from now on how long output waits.
    pub(crate) fn time(&mut self) {
        self.clock = Some(Box::default());
    }

    /// How long the oldest of what was taken last had waited, now that it is written.
    pub(crate) fn waited(&mut self) -> Option<Duration> {
        self.clock.as_mut()?.in_flight.take().map(|since| since.elapsed())
    }

    /// Something is queued.
    #[inline]
    fn stamp(&mut self) {
        if let Some(clock) = &mut self.clock
            && clock.queued.is_none()
        {
            clock.queued = Some(Instant::now());
        }
    }

    /// What was queued is on its way.
    #[inline]
    fn stamp_taken(&mut self) {
        if let Some(clock) = &mut self.clock {
            clock.in_flight = clock.queued.take();
            if self.queued > 0 {
                clock.queued = Some(Instant::now());
            }
        }
    }

    /// Droppable messages, if they are next: few at once, since what is taken cannot be dropped.
    fn take_droppable(&mut self) -> Option<Segment> {
        let most = PIECE.min(self.limit / 2);
        let before = self.sealed.front().map(|sealed| sealed.before);
        let droppable = self.droppable.as_mut()?;
        let first = droppable.take(before)?;
        self.reserved -= PLACE;
        let run = match first {
            Body::Copied(frame) if frame.len() >= most => frame,
            Body::Copied(frame) => {
                let mut run = pool::write_buffer();
                run.extend_from_slice(&frame);
                while let Some(frame) = droppable.take_small(before, most - run.len()) {
                    self.reserved -= PLACE;
                    run.extend_from_slice(&frame);
                }
                run
            }
            Body::Shared(parts) => {
                // With its header on the way it can no longer be dropped.
                let (header, payload) = *parts;
                self.sealed.push_front(Sealed { segment: Segment::Shared(payload), before: 0 });
                header
            }
        };
        self.queued -= run.len();
        self.in_flight += run.len();
        self.stamp_taken();
        Some(Segment::Run(run))
    }

    /// The pump wrote a segment. Gives those who wait for room, at half of the limit, and those who wait for everything
    /// to be written.
    pub(crate) fn written(&mut self, segment: &Segment) -> (Woken, Woken) {
        self.blocked = false;
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
            // Before all that may be dropped, too.
            self.sealed.push_front(Sealed { segment: Segment::Run(rest), before: 0 });
        }
        self.progressed()
    }

    /// Whether the next segment is the payload of a frame whose header was the end of the one before it.
    pub(crate) fn payload_is_next(&self) -> bool {
        matches!(self.sealed.front(), Some(Sealed { segment: Segment::Shared(_), .. }))
    }

    /// Lets go of all that is queued. `in_flight` bytes are still on their way; `keep_first`: the next segment is the
    /// rest of a frame whose header is out. Shared bytes may be a user's, with a destructor: what this gives is dropped
    /// after the lock is released.
    pub(crate) fn discard(&mut self, in_flight: usize, keep_first: bool) -> Discarded {
        let keep = usize::from(keep_first).min(self.sealed.len());
        let sealed = self.sealed.split_off(keep);
        pool::recycle_write(std::mem::take(&mut self.run));
        let droppable = self.droppable.take();
        self.reserved -= droppable.as_ref().map_or(0, |droppable| droppable.counted() - droppable.bytes());
        self.queued = self.sealed.iter().map(|sealed| sealed.segment.bytes().len()).sum();
        self.in_flight = in_flight;
        Discarded { _sealed: sealed, _droppable: droppable }
    }

    /// Lets go of all that is queued, as [`discard`](Self::discard) does, and of nothing that is on its way.
    pub(crate) fn discard_queued(&mut self) -> Discarded {
        self.discard(self.in_flight, false)
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
    pub(crate) fn abandon(&mut self) -> (Woken, Discarded) {
        let discarded = self.discard(0, false);
        (self.flush_waiters.take(), discarded)
    }

    /// Whether this side has ended it, or somebody has for it.
    pub(crate) fn is_ended(&self) -> bool {
        self.finished || self.closed.is_some()
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
        if self.droppable.as_ref().is_some_and(|droppable| droppable.is_empty()) && self.sealed.is_empty() {
            // No segment refers to its numbers any more.
            self.droppable = None;
        }
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
        self.reserved += PERMIT_SIZE;
    }

    /// A permit was used or dropped.
    pub(crate) fn drop_permit(&mut self) -> Woken {
        self.reserved -= PERMIT_SIZE;
        if self.used() <= self.limit / 2 { self.room_waiters.take() } else { Woken::default() }
    }

    /// Bytes queued, in flight or promised.
    pub(crate) fn used(&self) -> usize {
        self.queued + self.in_flight + self.reserved
    }

    /// How many futures wait for room, the handler's counted as one.
    #[cfg(test)]
    pub(crate) fn waiting(&self) -> usize {
        self.room_waiters.len()
    }

    /// Bytes of memory held.
    #[cfg(test)]
    pub(crate) fn capacity(&self) -> usize {
        self.run.capacity()
            + self.sealed.iter().map(|sealed| sealed.segment.bytes().len()).sum::<usize>()
            + self.droppable.as_ref().map_or(0, |droppable| droppable.counted())
    }

    /// Whether nothing is queued.
    pub(crate) fn is_empty(&self) -> bool {
        self.queued == 0
    }

    pub(crate) fn is_flushed(&self) -> bool {
        self.queued + self.in_flight == 0
    }
}
