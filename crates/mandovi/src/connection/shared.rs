//! What the halves of a stream, the handler's context and the pump share: one `Arc` per connection.
//!
//! It is also the waker with which the handler is polled: waking it marks the handler as due and wakes the task, so
//! that a readable socket, a pong or a drained write never polls a handler that waits for something else.

use std::future::Future;
use std::num::NonZeroU32;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker, ready};
use std::time::Duration;

use bytes::Bytes;
use mandovi_websocket::deflate::Agreement;
use mandovi_websocket::{CloseCode, MessageKind, Opcode, Role, frame};
use tokio::task::coop;

use super::compression::Compression;
use super::droppable::{Body, MessageKey};
use super::events::{COMMENT, Events};
use super::inbox::Inbox;
use super::outbox::{CloseRequest, Outbox, OutboxSettings, Placed, Room, SHARE_FROM};
use super::settings::SlowConsumer;
use super::vitals::Vitals;
use super::waiters::{Key, Waiters};
use crate::error::{Closed, Initiator};
use crate::manager::ConnectionState;
use crate::observe::Meter;
use crate::sync::{AtomicBool, AtomicUsize, AtomicWaker, Mutex, MutexGuard, Ordering, lock};
use crate::value::Invalid;

/// The reason of a close for the sake of [`SlowConsumer::Close`].
pub(crate) const SLOW_CONSUMER: &str = r#"{"name":"slow_consumer","retry_after_ms":1000}"#;

/// See the module.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) role: Role,
    /// Where it was agreed. Boxed: most connections have none.
    pub(crate) compression: Option<Box<Compression>>,
    /// Where it is a stream of events: senders then queue events in place of frames.
    pub(crate) events: Option<Box<Events>>,
    /// What is done with a message that says nothing else while the peer is slow.
    pub(crate) slow: SlowConsumer,
    pub(crate) inbox: Mutex<Inbox>,
    pub(crate) outbox: Mutex<Outbox>,
    /// What is counted of it.
    pub(crate) vitals: Vitals,
    /// The handler's waker fired.
    ready: AtomicBool,
    /// The connection's task.
    task: AtomicWaker,
    /// How many `Sender`s live.
    pub(crate) senders: AtomicUsize,
    /// Messages taken so far, by the one receiver: the sign of a handler that is still at work after the peer left.
    pub(crate) taken: AtomicUsize,
    drain: Mutex<Drain>,
}

#[derive(Debug, Default)]
struct Drain {
    asked: bool,
    /// When the peer is asked to come back, where that is known: in milliseconds, and one more.
    pause: Option<NonZeroU32>,
    waiters: Waiters,
}

impl Shared {
    /// A connection's shared part.
    pub(crate) fn new(role: Role, outbox: impl Into<OutboxSettings>) -> Arc<Self> {
        Self::with_deflate(role, outbox, None)
    }

    /// The same with the compression that was agreed, if any.
    pub(crate) fn with_deflate(
        role: Role,
        outbox: impl Into<OutboxSettings>,
        agreement: Option<Agreement>,
    ) -> Arc<Self> {
        let compression = agreement.map(|agreement| Box::new(Compression::new(role, agreement)));
        Self::made(role, outbox.into(), compression, None)
    }

    /// The same for a stream of server-sent events. It begins with a comment, so that whatever stands in between passes the
    /// head of the answer on.
    pub(crate) fn for_events(outbox: impl Into<OutboxSettings>) -> Arc<Self> {
        let shared = Self::made(Role::Server, outbox.into(), None, Some(Box::new(Events::new())));
        let _ = lock(&shared.outbox).append(|run| run.extend_from_slice(COMMENT));
        shared
    }

    fn made(
        role: Role,
        outbox: OutboxSettings,
        compression: Option<Box<Compression>>,
        events: Option<Box<Events>>,
    ) -> Arc<Self> {
        Arc::new(Self {
            role,
            compression,
            events,
            slow: outbox.slow,
            inbox: Mutex::new(Inbox::default()),
            outbox: Mutex::new(Outbox::new(outbox.size)),
            vitals: Vitals::default(),
            ready: AtomicBool::new(true),
            task: AtomicWaker::new(),
            senders: AtomicUsize::new(0),
            taken: AtomicUsize::new(0),
            drain: Mutex::default(),
        })
    }

    /// Whether `cx` is the connection's own: a flag is enough to wake it.
    pub(crate) fn is_own(self: &Arc<Self>, waker: &Waker) -> bool {
        std::ptr::eq(waker.data(), Arc::as_ptr(self).cast())
    }

    /// Notes the task that polls the connection.
    pub(crate) fn register_task(&self, waker: &Waker) {
        self.task.register(waker);
    }

    /// Whether the handler's waker fired since the last call.
    pub(crate) fn take_ready(&self) -> bool {
        self.ready.swap(false, Ordering::AcqRel)
    }

    /// Polls the handler again.
    pub(crate) fn wake_handler(&self) {
        // Not a plain store: it must be ordered against the swap of the task, which then sees it or is woken.
        self.ready.swap(true, Ordering::AcqRel);
        self.task.wake();
    }

    /// Wakes the task, not the handler.
    pub(crate) fn wake_task(&self) {
        self.task.wake();
    }

    /// Queues one message as soon as there is room, or does with it as its terms say. `payload` is already encoded.
    #[inline]
    pub(crate) fn poll_send(
        self: &Arc<Self>,
        cx: &mut Context<'_>,
        key: &mut Key,
        kind: MessageKind,
        payload: &Payload<'_>,
        terms: Terms,
    ) -> Poll<Result<(), Closed>> {
        if terms.may_be_dropped() {
            return self.poll_send_droppable(cx, key, kind, payload, terms);
        }
        if let Some(compression) = self.compresses(payload, terms.compress) {
            return self.poll_send_compressed(cx, key, kind, payload, compression, terms);
        }
        let mut outbox = lock(&self.outbox);
        match outbox.room() {
            Room::Closed(closed) => Poll::Ready(Err(closed)),
            Room::No => self.no_room(cx, key, outbox, terms),
            Room::Yes => {
                let wake = self.append(&mut outbox, kind.opcode(), payload);
                drop(outbox);
                if wake {
                    self.task.wake();
                }
                Poll::Ready(Ok(()))
            }
        }
    }

    /// What becomes of a message that finds no room.
    #[cold]
    #[inline(never)]
    fn no_room(
        self: &Arc<Self>,
        cx: &mut Context<'_>,
        key: &mut Key,
        mut outbox: MutexGuard<'_, Outbox>,
        terms: Terms,
    ) -> Poll<Result<(), Closed>> {
        let own = self.is_own(cx.waker());
        if terms.slow == SlowConsumer::Wait && !outbox.is_shedding() {
            outbox.wait_for_room(key, cx.waker(), own);
            return Poll::Pending;
        }
        if !outbox.is_blocked() {
            self.wait_for_try(cx, key, outbox);
            return Poll::Pending;
        }
        if terms.slow == SlowConsumer::Close {
            return Poll::Ready(Err(self.close_slow(outbox)));
        }
        drop(outbox);
        ready!(yields(cx));
        // It counts as sent, like one that is dropped later.
        let outbox = lock(&self.outbox);
        self.vitals.message_sent();
        drop(outbox);
        self.vitals.dropped(1);
        Poll::Ready(Ok(()))
    }

    /// Who is full before it has written a byte is not slow: whoever sends waits until it was tried.
    fn wait_for_try(self: &Arc<Self>, cx: &mut Context<'_>, key: &mut Key, mut outbox: MutexGuard<'_, Outbox>) {
        outbox.wait_for_try(key, cx.waker(), self.is_own(cx.waker()));
        drop(outbox);
        if self.events.is_some() {
            // It has to look at the clock.
            self.task.wake();
        }
    }

    /// The connection is over, since its peer is slow.
    fn close_slow(&self, mut outbox: MutexGuard<'_, Outbox>) -> Closed {
        let code = CloseCode::TRY_AGAIN_LATER;
        let closed = Closed::new(code, SLOW_CONSUMER, Initiator::Local);
        outbox.request_close(CloseRequest { code, reason: SLOW_CONSUMER.to_owned(), half: false, slow: true });
        let room = outbox.close(closed.clone());
        drop(outbox);
        if room.wake() {
            self.wake_handler();
        } else {
            self.task.wake();
        }
        closed
    }

    /// Queues a message that may be dropped while it waits.
    #[inline(never)]
    fn poll_send_droppable(
        self: &Arc<Self>,
        cx: &mut Context<'_>,
        key: &mut Key,
        kind: MessageKind,
        payload: &Payload<'_>,
        terms: Terms,
    ) -> Poll<Result<(), Closed>> {
        let outbox = lock(&self.outbox);
        match outbox.room() {
            Room::Closed(closed) => return Poll::Ready(Err(closed)),
            Room::Yes => drop(outbox),
            Room::No if !outbox.is_blocked() => {
                self.wait_for_try(cx, key, outbox);
                return Poll::Pending;
            }
            Room::No => {
                drop(outbox);
                ready!(yields(cx));
            }
        }
        // What a later message refers to cannot be dropped: with takeover it goes plain.
        let compression = self.compresses(payload, terms.compress).filter(|compression| !compression.has_takeover());
        let body = match compression {
            Some(compression) => {
                let mut turn = compression.turn();
                Body::Copied(turn.with_frame(kind, self.mask(), payload.as_slice(), <[u8]>::to_vec))
            }
            None => self.body(kind.opcode(), payload),
        };
        let mut outbox = lock(&self.outbox);
        match outbox.room() {
            Room::Closed(closed) => Poll::Ready(Err(closed)),
            Room::Yes | Room::No => {
                self.vitals.message_sent();
                let Placed { wake, dropped } = outbox.place(body, terms.key, terms.slow == SlowConsumer::LatestPerKey);
                drop(outbox);
                if wake {
                    self.task.wake();
                }
                if dropped.messages > 0 {
                    self.vitals.dropped(dropped.messages);
                }
                Poll::Ready(Ok(()))
            }
        }
    }

    /// A frame or an event by itself.
    fn body(&self, opcode: Opcode, payload: &Payload<'_>) -> Body {
        let bytes = payload.as_slice();
        if self.events.is_some() {
            return Body::Copied(bytes.to_vec());
        }
        if let Some((header, shared)) = self.shared_frame(opcode, payload) {
            let mut head = Vec::with_capacity(frame::MAX_HEADER_LEN);
            header.write(&mut head);
            return Body::Shared(Box::new((head, shared.clone())));
        }
        let mut out = Vec::with_capacity(frame::MAX_HEADER_LEN + bytes.len());
        frame::write(&mut out, opcode, true, self.mask(), bytes);
        Body::Copied(out)
    }

    /// The header of a frame whose payload is queued as it is.
    #[inline]
    fn shared_frame<'a>(&self, opcode: Opcode, payload: &Payload<'a>) -> Option<(frame::Header, &'a Bytes)> {
        match (self.role, payload) {
            (Role::Server, Payload::Shared(bytes)) if bytes.len() >= SHARE_FROM => {
                let payload_len = bytes.len() as u64;
                Some((frame::Header { fin: true, rsv1: false, opcode, mask: None, payload_len }, bytes))
            }
            _ => None,
        }
    }

    /// From now on a message that would wait for this slow peer is dropped, or is no longer: as with
    /// [`SlowConsumer::DropNewest`].
    pub(crate) fn shed(&self, shedding: bool) {
        let woken = lock(&self.outbox).shed(shedding);
        if woken.wake() {
            self.wake_handler();
        }
    }

    /// Queues one message whatever the bound says: for permits, and for a method's one answer.
    pub(crate) fn send_now(&self, kind: MessageKind, payload: &Payload<'_>, compress: bool) -> Result<(), Closed> {
        if let Some(compression) = self.compresses(payload, compress) {
            let mut turn = compression.turn();
            let queued = turn.with_frame(kind, self.mask(), payload.as_slice(), |frame| {
                self.queue(|outbox| self.append_message(outbox, frame))
            });
            // No waker runs under a lock.
            drop(turn);
            return self.wake_for(queued);
        }
        self.wake_for(self.queue(|outbox| self.append(outbox, kind.opcode(), payload)))
    }

    #[inline]
    fn compresses(&self, payload: &Payload<'_>, compress: bool) -> Option<&Compression> {
        self.compression.as_deref().filter(|compression| compress && compression.wants(payload.as_slice().len()))
    }

    /// Finds room, then compresses, then queues; the outbox is not locked while it compresses. The room is held meanwhile
    /// as a permit holds it.
    #[inline(never)]
    fn poll_send_compressed(
        self: &Arc<Self>,
        cx: &mut Context<'_>,
        key: &mut Key,
        kind: MessageKind,
        payload: &Payload<'_>,
        compression: &Compression,
        terms: Terms,
    ) -> Poll<Result<(), Closed>> {
        let mut turn = compression.turn();
        let mut outbox = lock(&self.outbox);
        match outbox.room() {
            Room::Closed(closed) => return Poll::Ready(Err(closed)),
            Room::No => {
                // No waker runs under a lock.
                drop(turn);
                return self.no_room(cx, key, outbox, terms);
            }
            Room::Yes => outbox.add_permit(),
        }
        drop(outbox);
        let queued = turn.with_frame(kind, self.mask(), payload.as_slice(), |frame| {
            self.queue(|outbox| self.append_message(outbox, frame))
        });
        let room = lock(&self.outbox).drop_permit();
        // No waker runs under a lock.
        drop(turn);
        if room.wake() {
            self.wake_handler();
        }
        Poll::Ready(self.wake_for(queued))
    }

    /// Wakes the task if what was queued asks for it.
    fn wake_for(&self, queued: Result<bool, Closed>) -> Result<(), Closed> {
        if queued? {
            self.task.wake();
        }
        Ok(())
    }

    /// Appends, unless the stream is over. Says whether the task must be woken.
    fn queue(&self, append: impl FnOnce(&mut Outbox) -> bool) -> Result<bool, Closed> {
        let mut outbox = lock(&self.outbox);
        if let Some(closed) = outbox.closed() {
            return Err(closed.clone());
        }
        if outbox.finished {
            return Err(Closed::finished());
        }
        Ok(append(&mut outbox))
    }

    /// Makes an event of the encoded message in `out`, where this is a stream of events. `whole` encodes it in the default view,
    /// should its own hide the id or the type.
    ///
    /// # Errors
    /// The id or the type is none that an event can have.
    #[inline]
    pub(crate) fn frame_event(
        &self,
        out: &mut Vec<u8>,
        whole: impl FnOnce(&mut Vec<u8>) -> Result<(), Invalid>,
    ) -> Result<(), Invalid> {
        match &self.events {
            None => Ok(()),
            Some(events) => events.frame(out, whole),
        }
    }

    /// One message whose frame is finished.
    fn append_message(&self, outbox: &mut Outbox, frame: &[u8]) -> bool {
        self.vitals.message_sent();
        append_frame(outbox, frame)
    }

    #[inline]
    fn append(&self, outbox: &mut Outbox, opcode: Opcode, payload: &Payload<'_>) -> bool {
        self.vitals.message_sent();
        self.append_uncounted(outbox, opcode, payload)
    }

    #[inline]
    fn append_uncounted(&self, outbox: &mut Outbox, opcode: Opcode, payload: &Payload<'_>) -> bool {
        if self.events.is_some() {
            debug_assert!(payload.as_slice().ends_with(b"\n\n"), "an event, not a message: see `frame_event`");
            return append_frame(outbox, payload.as_slice());
        }
        if let Some((header, bytes)) = self.shared_frame(opcode, payload) {
            let wake = outbox.append(|run| header.write(run));
            return outbox.append_shared(bytes.clone()) || wake;
        }
        let mask = self.mask();
        outbox.append(|run| frame::write(run, opcode, true, mask, payload.as_slice()))
    }

    /// A fresh masking key for a client's frame, from a cryptographic generator (RFC 6455 §10.3); none on a server.
    #[inline]
    pub(crate) fn mask(&self) -> Option<[u8; 4]> {
        match self.role {
            Role::Client => Some(rand::random()),
            Role::Server => None,
        }
    }

    /// A call that has no connection, or none any more: its stream was over before it began, never opened, or is not taken up
    /// again. There is no handler that could be due.
    pub(crate) fn end_empty(&self, closed: Closed) {
        let mut inbox = lock(&self.inbox);
        let (left, end) = (inbox.leave(closed.clone()), inbox.finish());
        drop(inbox);
        let mut outbox = lock(&self.outbox);
        let room = outbox.close(closed);
        let (flush, discarded) = outbox.abandon();
        drop(outbox);
        drop(discarded);
        let _ = [left.wake(), end.wake(), room.wake(), flush.wake()];
    }

    /// A message of the peer broke the contract. Says so to the pump, which is in another task than the receiver at times.
    #[cold]
    pub(crate) fn message_error(&self) {
        self.vitals.error();
        self.task.wake();
    }

    /// Asks for the connection to be closed; everything queued before is written first.
    pub(crate) fn request_close(&self, code: CloseCode, reason: &str) {
        lock(&self.outbox).request_close(CloseRequest { code, reason: reason.to_owned(), half: false, slow: false });
        self.task.wake();
    }

    /// Ends our side's stream, under one lock: nothing gets behind the end, and the connection does not see a finished
    /// stream whose end is not queued. A raw client's end is the close frame, and what the peer still sends is received.
    pub(crate) fn finish(&self, raw: bool) -> Result<(), Closed> {
        let mut outbox = lock(&self.outbox);
        if std::mem::replace(&mut outbox.finished, true) || self.role == Role::Server {
            return Ok(());
        }
        if raw {
            outbox.request_close(CloseRequest {
                code: CloseCode::NORMAL,
                reason: String::new(),
                half: true,
                slow: false,
            });
        } else if let Some(closed) = outbox.closed() {
            return Err(closed.clone());
        } else {
            // No message: the end of them.
            let _ = self.append_uncounted(&mut outbox, Opcode::Text, &Payload::Slice(b"null"));
        }
        drop(outbox);
        // The task as well.
        self.wake_handler();
        Ok(())
    }

    /// Where the connection is in its life, once it is open.
    pub(crate) fn state(&self) -> ConnectionState {
        let inbox = lock(&self.inbox);
        let (left, complete) = (inbox.left().is_some(), inbox.complete);
        drop(inbox);
        if left {
            ConnectionState::Closed
        } else if lock(&self.drain).asked {
            ConnectionState::Draining
        } else if complete || lock(&self.outbox).finished {
            ConnectionState::HalfClosed
        } else {
            ConnectionState::Open
        }
    }

    /// Bytes that wait to be written.
    pub(crate) fn queue_bytes(&self) -> usize {
        lock(&self.outbox).used()
    }

    /// The close code that it ended with; 1006 if it has not.
    pub(crate) fn end_code(&self) -> CloseCode {
        lock(&self.inbox).left().map_or(CloseCode::ABNORMAL, Closed::code)
    }

    /// How it ended, if it has.
    pub(crate) fn end(&self) -> Option<Closed> {
        lock(&self.inbox).left().cloned()
    }

    /// Measured from now on.
    pub(crate) fn metered(&self, meter: Meter) {
        lock(&self.outbox).time();
        self.vitals.metered(meter);
    }

    /// Brings the meter up to date, where there is one.
    #[inline]
    pub(crate) fn flush_meter(&self) {
        self.vitals.flush(self.taken.load(Ordering::Relaxed));
    }

    /// The same for a handler whose peer, where it ends by itself and says so, is to come back after so long.
    pub(crate) fn begin_drain_for(&self, pause: Duration) {
        let millis = u32::try_from(pause.as_millis()).unwrap_or(u32::MAX);
        lock(&self.drain).pause = NonZeroU32::new(millis.saturating_add(1));
        self.begin_drain();
    }

    /// What goes with 1012, made anew for each peer.
    pub(crate) fn drain_reason(&self) -> String {
        let pause = lock(&self.drain).pause;
        let drain = crate::manager::Drain::new();
        pause.map_or(drain, |pause| drain.retry_after(Duration::from_millis(u64::from(pause.get() - 1)))).reason()
    }

    /// Tells the handler that the server is about to stop.
    pub(crate) fn begin_drain(&self) {
        let mut drain = lock(&self.drain);
        let first = !std::mem::replace(&mut drain.asked, true);
        let woken = drain.waiters.take();
        drop(drain);
        if let Some(watch) = self.vitals.watch().filter(|_| first) {
            watch.draining();
        }
        if woken.wake() {
            self.wake_handler();
        }
    }

    /// Waits for [`begin_drain`](Self::begin_drain).
    pub(crate) fn poll_draining(self: &Arc<Self>, cx: &mut Context<'_>, key: &mut Key) -> Poll<()> {
        let mut drain = lock(&self.drain);
        if drain.asked {
            return Poll::Ready(());
        }
        let own = self.is_own(cx.waker());
        drain.waiters.register(key, cx.waker(), own);
        Poll::Pending
    }

    /// Forgets a waiting `draining()`.
    pub(crate) fn forget_draining(&self, key: &Key) {
        lock(&self.drain).waiters.remove(key);
    }
}

impl Drop for Shared {
    /// A receiver may have taken messages after the connection was over.
    fn drop(&mut self) {
        self.flush_meter();
    }
}

/// Lets others have their turn now and then: whoever drops one message after the other never waits, and would keep what writes
/// from its turn.
fn yields(cx: &mut Context<'_>) -> Poll<()> {
    pin!(coop::consume_budget()).poll(cx)
}

/// How one message is sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    /// It may be compressed.
    pub(crate) compress: bool,
    pub(crate) slow: SlowConsumer,
    pub(crate) key: Option<MessageKey>,
}

impl Terms {
    /// It waits, and is not dropped.
    pub(crate) fn waiting(compress: bool) -> Self {
        Self { compress, slow: SlowConsumer::Wait, key: None }
    }

    /// Whether it may be dropped once it is queued.
    #[inline]
    fn may_be_dropped(self) -> bool {
        matches!(self.slow, SlowConsumer::DropOldest | SlowConsumer::LatestPerKey)
    }
}

fn append_frame(outbox: &mut Outbox, frame: &[u8]) -> bool {
    outbox.append(|run| run.extend_from_slice(frame))
}

impl Wake for Shared {
    fn wake(self: Arc<Self>) {
        self.wake_handler();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.wake_handler();
    }
}

/// The bytes of a message on their way into the outbox.
#[derive(Debug)]
pub(crate) enum Payload<'a> {
    /// To be copied.
    Slice(&'a [u8]),
    /// To be shared where that is worth it.
    Shared(&'a Bytes),
}

impl Payload<'_> {
    fn as_slice(&self) -> &[u8] {
        match self {
            Payload::Slice(slice) => slice,
            Payload::Shared(bytes) => bytes,
        }
    }
}
