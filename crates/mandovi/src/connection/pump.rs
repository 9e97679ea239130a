//! Between the socket and the handler: reads, scans, answers control frames, writes, and keeps the deadlines.
//!
//! Compiled once: it knows nothing of the handler but [`Handler`]. It never allocates per message, never holds a
//! buffer while nothing is under way, and does a bounded amount of work before it yields.
//!
//! Here are its turns and its end; [`read`], [`write`], [`heartbeat`], [`upkeep`] and [`deadlines`] are the rest of it.

mod deadlines;
mod heartbeat;
mod read;
mod upkeep;
mod write;

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use mandovi_websocket::deflate::Agreement;
use mandovi_websocket::{CloseCode, CloseFrame, CloseState, Decoder, ProtocolError, Role, frame};
use tokio::time::{Instant, Sleep};

use self::deadlines::Deadlines;
pub(crate) use self::deadlines::{EXPIRED, after, later};
use self::heartbeat::Heartbeat;
pub(crate) use self::heartbeat::jittered;
use super::heal::Heals;
use super::health::Health;
use super::inbox::ReceiverLife;
use super::io::Io;
use super::lifetime::Lifetime;
use super::outbox::Segment;
use super::pool;
use super::rate::Bucket;
use super::settings::Settings;
use super::shared::Shared;
use super::tcp;
use crate::error::{Closed, Initiator};
use crate::sync::{Ordering, lock};

/// How often the handler, the writing and the reading take turns in one poll. With buffers of 64 KiB it bounds what one
/// peer can make us do before the others have their turn.
const ROUNDS: usize = 4;
/// A partial frame of at most this many bytes is kept in an allocation of its own size while nothing is read.
const SHRINK_MAX: usize = 16 * 1024;

/// The user's side of a connection, as the pump sees it.
pub(crate) trait Handler {
    /// Polls it with the connection's own waker. `Ready` once, with what the peer is to be told.
    fn poll(&mut self) -> Poll<Conclusion>;
    /// Drops it.
    fn cut(&mut self);
    /// Whether it is neither done nor cut.
    fn is_alive(&self) -> bool;
}

/// What the peer is told when the handler is done.
#[derive(Debug)]
pub(crate) enum Conclusion {
    /// A close frame.
    Close(CloseCode, String),
    /// The last event of a stream of events.
    Event(Box<super::events::End>),
    /// Nothing: it has left.
    Silent,
}

impl Conclusion {
    /// The proper end of a server's stream, in Goa's words.
    pub(crate) fn done() -> Self {
        Conclusion::Close(CloseCode::NORMAL, "server closing connection".into())
    }
}

/// What a peer's stream ends with.
#[derive(Debug)]
enum End {
    Close(CloseFrame),
    Violation(ProtocolError),
    /// More messages than its rate allows: how much too early.
    TooFast(Duration),
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Pump {
    io: Io,
    pub(super) shared: Arc<Shared>,
    settings: Arc<Settings>,
    decoder: Decoder,
    close: CloseState,
    /// Pongs, which go before anything queued.
    pub(super) control: Vec<u8>,
    pub(super) writing: Option<Segment>,
    pub(super) written: usize,
    needs_flush: bool,
    pub(super) handler_due: bool,
    /// Nothing more can be read.
    pub(super) read_done: bool,
    /// Nothing more can be written.
    pub(super) write_done: bool,
    /// Our direction of the transport is ended.
    shut_down: bool,
    /// Nothing more is taken from what is read.
    deaf: bool,
    pub(super) write_blocked: bool,
    /// We said that we are done sending, and still receive.
    half_closed: bool,
    /// Why the connection ends, once it does; the receiver sees it after what was read before.
    pub(super) left: Option<Closed>,
    /// The end of the peer's stream, once it is read. What came before it has its turn first...
    end: Option<End>,
    /// ...and has had it.
    end_is_due: bool,
    heartbeat: Heartbeat,
    health: Health,
    /// Messages are counted for the health of it.
    counts: bool,
    lifetime: Option<Box<Lifetime>>,
    bucket: Option<Box<Bucket>>,
    deadlines: Deadlines,
    timer: Option<Pin<Box<Sleep>>>,
    /// Where the call goes on after this connection. Boxed: on a server none does.
    pub(super) heals: Option<Box<Heals>>,
}

impl Pump {
    /// A pump over `io`, which has already read `prefix`. `expires`: when the credential ends.
    pub(crate) fn new(
        io: Io,
        prefix: &Bytes,
        shared: Arc<Shared>,
        settings: impl Into<Arc<Settings>>,
        expires: Option<Instant>,
    ) -> Self {
        let agreement = shared.compression.as_ref().map(|compression| compression.agreement);
        Self::made(io, prefix, shared, settings.into(), expires, agreement)
    }

    /// A pump of a call that goes on when this connection breaks. `agreement`: of this connection, about what the peer compresses.
    pub(crate) fn healing(
        io: Io,
        prefix: &Bytes,
        shared: Arc<Shared>,
        settings: Arc<Settings>,
        agreement: Option<Agreement>,
        heals: Box<Heals>,
    ) -> Self {
        let mut pump = Self::made(io, prefix, shared, settings, None, agreement);
        pump.heals = Some(heals);
        // This peer has not been tried.
        lock(&pump.shared.outbox).unblock();
        pump
    }

    fn made(
        io: Io,
        prefix: &Bytes,
        shared: Arc<Shared>,
        settings: Arc<Settings>,
        expires: Option<Instant>,
        agreement: Option<Agreement>,
    ) -> Self {
        let mut decoder = Decoder::new(shared.role, settings.limits());
        if let Some(agreement) = &agreement {
            decoder.inflate(agreement);
        }
        let (bucket, counts) = (settings.message_rate.map(Bucket::new), Self::counts(&settings));
        if bucket.is_some() || counts || !settings.idle_timeout.is_zero() {
            decoder.count(if bucket.is_some() { 0 } else { u64::MAX });
        }
        if let Some(stream) = io.tcp() {
            tcp::judge(stream, settings.tcp_timeout);
        }
        let mut pump = Self {
            health: Health::new(&shared),
            counts,
            lifetime: Lifetime::of(&settings, &shared),
            bucket,
            decoder,
            io,
            shared,
            settings,
            close: CloseState::default(),
            control: Vec::new(),
            writing: None,
            written: 0,
            needs_flush: false,
            handler_due: true,
            read_done: false,
            write_done: false,
            shut_down: false,
            deaf: false,
            write_blocked: false,
            half_closed: false,
            left: None,
            end: None,
            end_is_due: false,
            heartbeat: Heartbeat::new(),
            deadlines: Deadlines { expiry: expires, stale: true, ..Deadlines::default() },
            timer: None,
            heals: None,
        };
        if !prefix.is_empty() {
            // It is here, whatever its size: growing towards it piece by piece would move all of it for each.
            let size = pump.settings.read_buffer();
            let storage = if prefix.len() <= size { pool::read_buffer(size) } else { vec![0; prefix.len()] };
            pump.decoder.replace_storage(storage);
            pump.decoder.spare()[..prefix.len()].copy_from_slice(prefix);
            pump.decoder.filled(prefix.len());
            pump.scan();
        }
        pump
    }

    /// Drives the connection: `Ready` when it is over and nothing more can be done for it.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>, handler: &mut dyn Handler) -> Poll<()> {
        self.shared.register_task(cx.waker());
        self.check_deadlines(cx, handler);
        for _ in 0..ROUNDS {
            let mut moved = self.poll_handler(handler);
            moved |= self.poll_end(handler);
            moved |= self.poll_write(cx, handler);
            moved |= self.poll_read(cx, handler);
            if self.is_done(handler) {
                self.finish(cx);
                return Poll::Ready(());
            }
            if self.end.is_some() {
                self.end_is_due = true;
                break;
            }
            if !moved && !self.handler_is_due() {
                return self.park(cx, handler);
            }
        }
        // Others have their turn; the handler and the socket have more, or the peer's stream has ended and the receiver, in
        // whatever task it is, may still answer what came before that. Not a plain wake: tokio would then look at the
        // sockets only every 61 polls, and the calm peers would wait for the flooding one.
        self.shared.flush_meter();
        self.arm(cx);
        let _ = pin!(tokio::task::yield_now()).poll(cx);
        Poll::Pending
    }

    /// Bytes of buffers held.
    #[cfg(test)]
    pub(crate) fn held(&self) -> usize {
        self.decoder.storage_len()
            + self.decoder.batch_len()
            + self.control.capacity()
            + self.writing.as_ref().map_or(0, |segment| segment.bytes().len())
            + lock(&self.shared.outbox).capacity()
    }

    fn handler_is_due(&mut self) -> bool {
        self.handler_due |= self.shared.take_ready();
        self.handler_due
    }

    fn poll_handler(&mut self, handler: &mut dyn Handler) -> bool {
        if !self.handler_is_due() {
            return false;
        }
        self.handler_due = false;
        if !handler.is_alive() {
            return false;
        }
        if let Poll::Ready(conclusion) = handler.poll() {
            handler.cut();
            self.poll_overflow(handler);
            self.conclude(conclusion);
            return true;
        }
        false
    }

    /// The handler is done: tells the peer, after everything that was sent.
    fn conclude(&mut self, conclusion: Conclusion) {
        self.deadlines.leave = None;
        if self.is_broken() {
            // There is nobody to tell.
            self.heals = None;
            self.write_done = true;
            return self.end(Closed::finished());
        }
        let (code, reason) = match conclusion {
            Conclusion::Close(code, reason) => (code, reason),
            Conclusion::Silent if self.left.is_some() => return self.end(Closed::finished()),
            // A handler that says the peer has left while it has not: better a close frame than an open socket. An event is
            // said only where there are no frames.
            Conclusion::Silent | Conclusion::Event(_) => (CloseCode::INTERNAL_ERROR, String::new()),
        };
        let closed = Closed::new(code, reason, Initiator::Local);
        self.send_close(code, closed.reason(), &closed);
        self.end(closed);
    }

    /// Nothing more will be exchanged with the handler's side. The first reason stays.
    fn end(&mut self, closed: Closed) {
        self.deadlines.expiry = None;
        if self.left.is_none() {
            self.left = Some(closed.clone());
        }
        let woken = lock(&self.shared.inbox).leave(closed.clone());
        self.handler_due |= woken.wake();
        let woken = lock(&self.shared.outbox).close(closed);
        self.handler_due |= woken.wake();
        self.deliver();
    }

    /// The peer is gone, or the connection is being closed while the handler lives: tells the handler, and bounds its stay.
    fn leave(&mut self, closed: Closed, handler: &mut dyn Handler) {
        if self.left.is_some() || self.breaks(&closed, None) {
            return;
        }
        self.end(closed);
        if !handler.is_alive() {
            return;
        }
        if self.shared.role == Role::Client {
            // It only watches the halves, which read on by themselves.
            handler.cut();
            return;
        }
        let inbox = lock(&self.shared.inbox);
        let (receiver, complete) = (inbox.receiver, inbox.complete);
        drop(inbox);
        self.deadlines.taken_at_leave = self.shared.taken.load(Ordering::Relaxed);
        let sends = self.shared.senders.load(Ordering::Acquire) > 0;
        match receiver {
            // Its upload is complete and it owes the peer no stream: what was accepted is not lost.
            ReceiverLife::Held | ReceiverLife::Dropped if complete && !sends => {}
            ReceiverLife::Held => self.deadlines.leave = Some(after(self.settings.leave_timeout)),
            ReceiverLife::None | ReceiverLife::Dropped => handler.cut(),
        }
    }

    /// Queues a close frame behind everything sent, once. `closed` is what senders are told from then on: under the same
    /// lock, so that no message is accepted behind the close frame.
    fn send_close(&mut self, code: CloseCode, reason: &str, closed: &Closed) {
        if !self.close.send_close(code) {
            return;
        }
        let mask = self.shared.mask();
        let mut outbox = lock(&self.shared.outbox);
        if !self.write_done {
            // We are the task: nobody needs to be woken.
            let _ = outbox.append(|run| frame::write_close(run, mask, code, reason));
        }
        let woken = outbox.close(closed.clone());
        drop(outbox);
        self.handler_due |= woken.wake();
    }

    fn output_is_empty(&self) -> bool {
        self.write_done
            || (self.writing.is_none()
                && self.control.is_empty()
                && !self.needs_flush
                && lock(&self.shared.outbox).is_empty())
    }

    /// Whether nothing more can be done: no handler, nothing to write, nothing to wait for.
    fn is_done(&mut self, handler: &mut dyn Handler) -> bool {
        if self.is_broken() {
            return self.is_over();
        }
        if self.left.is_none() || handler.is_alive() || !self.output_is_empty() {
            return false;
        }
        // A receiver in another task reads on after the connection is over.
        if self.has_more() && !self.receiver_is_gone() {
            return false;
        }
        if self.read_done || self.write_done {
            return true;
        }
        // Our close frame is out. RFC 6455 §7.1.1: the server closes the transport first.
        let complete = self.close.is_complete() && self.shared.role == Role::Server;
        if !complete && self.deadlines.close.is_none() && !self.read_done {
            self.deadlines.close = Some(after(self.settings.close_timeout));
        }
        complete
    }

    fn finish(&mut self, cx: &mut Context<'_>) {
        // Best effort: a close frame that was written must not be overtaken by a reset.
        let _ = self.io.poll_shutdown(cx);
        self.timer = None;
        if !self.is_broken() {
            self.release();
        }
    }

    /// The connection's task is dropped or done: nobody may wait for it any longer.
    fn release(&mut self) {
        let closed = self.left.take().unwrap_or_else(|| Closed::abnormal("the connection was dropped"));
        let mut inbox = lock(&self.shared.inbox);
        let left = inbox.leave(closed.clone());
        let end = inbox.finish();
        drop(inbox);
        let mut outbox = lock(&self.shared.outbox);
        let room = outbox.close(closed);
        let (flush, discarded) = outbox.abandon();
        drop(outbox);
        drop(discarded);
        for handler in [left.wake(), end.wake(), room.wake(), flush.wake()] {
            // The handler is this task's own: it is gone as well.
            let _ = handler;
        }
    }

    fn park(&mut self, cx: &mut Context<'_>, handler: &mut dyn Handler) -> Poll<()> {
        self.check_health(handler);
        self.release_buffers();
        self.shared.flush_meter();
        let parked = lock(&self.shared.outbox).park(self.write_blocked || self.write_done || self.is_broken());
        if !parked {
            cx.waker().wake_by_ref();
        }
        self.arm(cx);
        Poll::Pending
    }

    /// An idle connection holds no buffers; a partial frame keeps only its own size.
    fn release_buffers(&mut self) {
        if self.decoder.batch_len() > 0 {
            self.release_batch();
        }
        if self.decoder.storage_len() == 0 {
            return;
        }
        if self.decoder.is_empty() {
            pool::recycle_read(self.decoder.replace_storage(Vec::new()));
        } else if !self.decoder.has_frames() {
            let tail = self.decoder.tail_len();
            if tail <= SHRINK_MAX && self.decoder.storage_len() == self.settings.read_buffer() {
                pool::recycle_read(self.decoder.replace_storage(vec![0; tail]));
            }
        }
    }

    /// The same for what was inflated.
    fn release_batch(&mut self) {
        let held = self.decoder.batch_held();
        let pooled = self.decoder.batch_len() == self.settings.read_buffer();
        if held == 0 || pooled && held <= SHRINK_MAX && !self.decoder.has_frames() {
            pool::recycle_read(self.decoder.replace_batch(vec![0; held]));
        }
    }
}

impl Drop for Pump {
    fn drop(&mut self) {
        if !self.is_broken() {
            self.release();
        }
        let decoder = Decoder::new(self.shared.role, self.settings.limits());
        let held = self.decoder.batch_held();
        pool::recycle_read(self.decoder.replace_batch(vec![0; held]));
        pool::recycle_read(std::mem::replace(&mut self.decoder, decoder).into_storage());
    }
}
