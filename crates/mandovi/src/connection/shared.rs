//! What the halves of a stream, the handler's context and the pump share: one `Arc` per connection.
//!
//! It is also the waker with which the handler is polled: waking it marks the handler as due and wakes the task, so
//! that a readable socket, a pong or a drained write never polls a handler that waits for something else.

use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use mandovi_websocket::deflate::Agreement;
use mandovi_websocket::{CloseCode, MessageKind, Opcode, Role, frame};

use super::compression::Compression;
use super::events::{COMMENT, Events};
use super::inbox::Inbox;
use super::outbox::{CloseRequest, Outbox, Room, SHARE_FROM};
use super::vitals::Vitals;
use super::waiters::{Key, Waiters};
use crate::error::Closed;
use crate::manager::ConnectionState;
use crate::sync::{AtomicBool, AtomicUsize, AtomicWaker, Mutex, Ordering, lock};
use crate::value::Invalid;

/// See the module.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) role: Role,
    /// Where it was agreed. Boxed: most connections have none.
    pub(crate) compression: Option<Box<Compression>>,
    /// Where it is a stream of events: senders then queue events in place of frames.
    pub(crate) events: Option<Box<Events>>,
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
    waiters: Waiters,
}

impl Shared {
    /// A connection's shared part; `outbox_size` in bytes.
    pub(crate) fn new(role: Role, outbox_size: usize) -> Arc<Self> {
        Self::with_deflate(role, outbox_size, None)
    }

    /// The same with the compression that was agreed, if any.
    pub(crate) fn with_deflate(role: Role, outbox_size: usize, agreement: Option<Agreement>) -> Arc<Self> {
        Self::made(role, outbox_size, agreement.map(|agreement| Box::new(Compression::new(role, agreement))), None)
    }

    /// The same for a stream of server-sent events. It begins with a comment, so that whatever stands in between passes the
    /// head of the answer on.
    pub(crate) fn for_events(outbox_size: usize) -> Arc<Self> {
        let shared = Self::made(Role::Server, outbox_size, None, Some(Box::new(Events::new())));
        let _ = lock(&shared.outbox).append(|run| run.extend_from_slice(COMMENT));
        shared
    }

    fn made(
        role: Role,
        outbox_size: usize,
        compression: Option<Box<Compression>>,
        events: Option<Box<Events>>,
    ) -> Arc<Self> {
        Arc::new(Self {
            role,
            compression,
            events,
            inbox: Mutex::new(Inbox::default()),
            outbox: Mutex::new(Outbox::new(outbox_size)),
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

    /// Queues one message as soon as there is room. `payload` is already encoded. `compress`: it may be compressed.
    #[inline]
    pub(crate) fn poll_send(
        self: &Arc<Self>,
        cx: &mut Context<'_>,
        key: &mut Key,
        kind: MessageKind,
        payload: &Payload<'_>,
        compress: bool,
    ) -> Poll<Result<(), Closed>> {
        if let Some(compression) = self.compresses(payload, compress) {
            return self.poll_send_compressed(cx, key, kind, payload, compression);
        }
        let mut outbox = lock(&self.outbox);
        match outbox.poll_room(key, cx.waker(), self.is_own(cx.waker())) {
            Room::Closed(closed) => Poll::Ready(Err(closed)),
            Room::No => Poll::Pending,
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
    ) -> Poll<Result<(), Closed>> {
        let mut turn = compression.turn();
        let mut outbox = lock(&self.outbox);
        match outbox.poll_room(key, cx.waker(), self.is_own(cx.waker())) {
            Room::Closed(closed) => return Poll::Ready(Err(closed)),
            Room::No => return Poll::Pending,
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
        if let (Role::Server, Payload::Shared(bytes)) = (self.role, payload)
            && bytes.len() >= SHARE_FROM
        {
            let header = frame::Header { fin: true, rsv1: false, opcode, mask: None, payload_len: bytes.len() as u64 };
            let wake = outbox.append(|run| header.write(run));
            return outbox.append_shared((*bytes).clone()) || wake;
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

    /// Asks for the connection to be closed; everything queued before is written first.
    pub(crate) fn request_close(&self, code: CloseCode, reason: &str) {
        lock(&self.outbox).request_close(CloseRequest { code, reason: reason.to_owned(), half: false });
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
            outbox.request_close(CloseRequest { code: CloseCode::NORMAL, reason: String::new(), half: true });
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

    /// Tells the handler that the server is about to stop.
    pub(crate) fn begin_drain(&self) {
        let mut drain = lock(&self.drain);
        drain.asked = true;
        let woken = drain.waiters.take();
        drop(drain);
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
    Shared(&'a bytes::Bytes),
}

impl Payload<'_> {
    fn as_slice(&self) -> &[u8] {
        match self {
            Payload::Slice(slice) => slice,
            Payload::Shared(bytes) => bytes,
        }
    }
}
