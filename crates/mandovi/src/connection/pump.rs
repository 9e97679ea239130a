//! Between the socket and the handler: reads, scans, answers control frames, writes, and keeps the deadlines.
//!
//! Compiled once: it knows nothing of the handler but [`Handler`]. It never allocates per message, never holds a
//! buffer while nothing is under way, and does a bounded amount of work before it yields.

use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use mandovi_websocket::{CloseCode, CloseFrame, CloseState, Decoder, Event, Opcode, ProtocolError, Role, frame};
use tokio::time::{Instant, Sleep};

use super::inbox::ReceiverLife;
use super::io::Io;
use super::outbox::{CloseRequest, Segment};
use super::pool;
use super::settings::Settings;
use super::shared::Shared;
use crate::error::{Closed, Initiator};
use crate::sync::{Ordering, lock};

/// How often the handler, the writing and the reading take turns in one poll. With buffers of 64 KiB it bounds what one
/// peer can make us do before the others have their turn.
const ROUNDS: usize = 4;
/// Pongs waiting to be written are bounded: beyond this many bytes only the newest is kept, as RFC 6455 §5.5.3 allows.
const PONGS_MAX: usize = 4 * 1024;
/// A partial frame of at most this many bytes is kept in an allocation of its own size while nothing is read.
const SHRINK_MAX: usize = 16 * 1024;
/// What stands for a timeout so long that no clock shows its end.
const NEVER: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

/// The reason that goes with 4401 when the credential of a stream has expired.
const EXPIRED: &str = r#"{"name":"token_expired"}"#;

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
    /// Nothing: it has left.
    Silent,
}

impl Conclusion {
    /// The proper end of a server's stream, in Goa's words.
    pub(crate) fn done() -> Self {
        Conclusion::Close(CloseCode::NORMAL, "server closing connection".into())
    }
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Pump {
    io: Io,
    shared: Arc<Shared>,
    settings: Settings,
    decoder: Decoder,
    close: CloseState,
    /// Pongs, which go before anything queued.
    control: Vec<u8>,
    writing: Option<Segment>,
    written: usize,
    needs_flush: bool,
    handler_due: bool,
    /// Nothing more can be read.
    read_done: bool,
    /// Nothing more can be written.
    write_done: bool,
    /// Nothing more is taken from what is read.
    deaf: bool,
    write_blocked: bool,
    /// We said that we are done sending, and still receive.
    half_closed: bool,
    /// Why the connection ends, once it does; the receiver sees it after what was read before.
    left: Option<Closed>,
    /// What the bytes that were read ahead said of the end, until there is a handler to tell.
    early: Option<Closed>,
    deadlines: Deadlines,
    timer: Option<Pin<Box<Sleep>>>,
}

/// At most one timer, armed for the earliest.
#[derive(Debug, Default)]
struct Deadlines {
    /// No byte was taken by the peer until then: 1013.
    write: Option<Instant>,
    /// The slow peer was told; its last chance.
    last_chance: bool,
    /// The peer's part of the close handshake.
    close: Option<Instant>,
    /// A handler that outlives its peer.
    leave: Option<Instant>,
    taken_at_leave: usize,
    /// The credential's own end.
    expiry: Option<Instant>,
}

impl Deadlines {
    fn earliest(&self) -> Option<Instant> {
        [self.write, self.close, self.leave, self.expiry].into_iter().flatten().min()
    }
}

impl Pump {
    /// A pump over `io`, which has already read `prefix`. `expires`: when the credential ends.
    pub(crate) fn new(
        io: Io,
        prefix: &Bytes,
        shared: Arc<Shared>,
        settings: Settings,
        expires: Option<Instant>,
    ) -> Self {
        let mut pump = Self {
            decoder: Decoder::new(shared.role, settings.limits()),
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
            deaf: false,
            write_blocked: false,
            half_closed: false,
            left: None,
            early: None,
            deadlines: Deadlines { expiry: expires, ..Deadlines::default() },
            timer: None,
        };
        let mut rest = &prefix[..];
        while !rest.is_empty() && pump.make_room() {
            let spare = pump.decoder.spare();
            let n = spare.len().min(rest.len());
            spare[..n].copy_from_slice(&rest[..n]);
            rest = &rest[n..];
            pump.decoder.filled(n);
        }
        if !prefix.is_empty() {
            pump.early = pump.scan();
        }
        pump
    }

    /// Drives the connection: `Ready` when it is over and nothing more can be done for it.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>, handler: &mut dyn Handler) -> Poll<()> {
        self.shared.register_task(cx.waker());
        if let Some(closed) = self.early.take() {
            self.leave(closed, handler);
        }
        self.check_deadlines(cx, handler);
        for _ in 0..ROUNDS {
            let mut moved = self.poll_handler(handler);
            moved |= self.poll_write(cx, handler);
            moved |= self.poll_read(cx, handler);
            if self.is_done(handler) {
                self.finish(cx);
                return Poll::Ready(());
            }
            if !moved && !self.handler_is_due() {
                return self.park(cx);
            }
        }
        // Others have their turn; the handler and the socket have more. Not a plain wake: tokio would then look at the
        // sockets only every 61 polls, and the calm peers would wait for the flooding one.
        self.arm(cx);
        let _ = pin!(tokio::task::yield_now()).poll(cx);
        Poll::Pending
    }

    /// Bytes of buffers held.
    #[cfg(test)]
    pub(crate) fn held(&self) -> usize {
        self.decoder.storage_len()
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
            self.conclude(conclusion);
            return true;
        }
        false
    }

    /// The handler is done: tells the peer, after everything that was sent.
    fn conclude(&mut self, conclusion: Conclusion) {
        self.deadlines.leave = None;
        let (code, reason) = match conclusion {
            Conclusion::Close(code, reason) => (code, reason),
            Conclusion::Silent if self.left.is_some() => return self.end(Closed::finished()),
            // A handler that says the peer has left while it has not: better a close frame than an open socket.
            Conclusion::Silent => (CloseCode::INTERNAL_ERROR, String::new()),
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
        if self.left.is_some() {
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

    // ---- writing ----

    fn poll_write(&mut self, cx: &mut Context<'_>, handler: &mut dyn Handler) -> bool {
        let mut moved = false;
        let request = lock(&self.shared.outbox).close_request.take();
        if let Some(CloseRequest { code, reason, half }) = request {
            let closed = if half { Closed::finished() } else { Closed::new(code, &*reason, Initiator::Local) };
            self.send_close(code, &reason, &closed);
            self.half_closed |= half;
            if !half {
                self.leave(closed, handler);
            }
            moved = true;
        }
        self.write_blocked = false;
        loop {
            if self.write_done {
                break;
            }
            let Some(segment) = &self.writing else {
                if !self.next_segment() {
                    break;
                }
                continue;
            };
            match self.io.poll_write(cx, &segment.bytes()[self.written..]) {
                Poll::Ready(Ok(0)) => {
                    self.broken(&io::ErrorKind::WriteZero.into(), handler);
                }
                Poll::Ready(Ok(n)) => {
                    moved = true;
                    self.written += n;
                    self.needs_flush = true;
                    if !self.deadlines.last_chance {
                        self.deadlines.write = None;
                    }
                    if self.written == segment.bytes().len() {
                        self.segment_written();
                    }
                }
                Poll::Ready(Err(error)) => self.broken(&error, handler),
                Poll::Pending => {
                    self.write_blocked = true;
                    self.await_writing();
                    break;
                }
            }
        }
        if self.needs_flush && !self.write_done {
            match self.io.poll_flush(cx) {
                Poll::Ready(Ok(())) => {
                    self.needs_flush = false;
                    if !self.write_blocked && !self.deadlines.last_chance {
                        self.deadlines.write = None;
                    }
                }
                Poll::Ready(Err(error)) => self.broken(&error, handler),
                // A layer below (TLS) has taken the bytes, and the peer has not.
                Poll::Pending => self.await_writing(),
            }
        }
        moved
    }

    /// The peer takes nothing at the moment: not for ever.
    fn await_writing(&mut self) {
        if self.deadlines.write.is_none() {
            self.deadlines.write = Some(after(self.settings.write_timeout));
        }
    }

    fn next_segment(&mut self) -> bool {
        self.written = 0;
        let mut outbox = lock(&self.shared.outbox);
        // Control frames go first, but never between a header and its payload.
        self.writing = if self.control.is_empty() || outbox.payload_is_next() {
            outbox.take()
        } else {
            Some(Segment::Control(std::mem::take(&mut self.control)))
        };
        self.writing.is_some()
    }

    fn segment_written(&mut self) {
        let Some(segment) = self.writing.take() else { return };
        let mut outbox = lock(&self.shared.outbox);
        let (room, flushed) = outbox.written(&segment);
        drop(outbox);
        self.handler_due |= room.wake();
        self.handler_due |= flushed.wake();
        segment.recycle();
    }

    /// Writing failed: nothing more can be said, but what was read stays.
    fn broken(&mut self, error: &io::Error, handler: &mut dyn Handler) {
        self.write_done = true;
        self.drop_output();
        self.leave(Closed::abnormal(format!("the connection broke: {}", error.kind())), handler);
    }

    fn drop_output(&mut self) {
        if let Some(segment) = self.writing.take() {
            segment.recycle();
        }
        self.control = Vec::new();
        self.deadlines.write = None;
        let (woken, discarded) = lock(&self.shared.outbox).abandon();
        drop(discarded);
        self.handler_due |= woken.wake();
    }

    /// The peer took nothing for too long: what is queued is dropped, but for the frame it has a part of, and 1013 is its last word.
    fn slow_consumer(&mut self, handler: &mut dyn Handler) {
        let mut payload_follows = false;
        if let Some(Segment::Run(run) | Segment::Control(run)) = &mut self.writing {
            let end = end_of_frame(run, self.written);
            payload_follows = end > run.len();
            run.truncate(end);
            if self.written == run.len() && !payload_follows {
                // It has whole frames only. Nothing is left to write, and writing nothing would look like an error.
                self.writing = None;
            }
        }
        let in_flight = self.writing.as_ref().map_or(0, Segment::counted);
        self.control = Vec::new();
        let discarded = lock(&self.shared.outbox).discard(in_flight, payload_follows);
        drop(discarded);
        let reason = "the peer took nothing within the write timeout";
        let closed = Closed::new(CloseCode::TRY_AGAIN_LATER, reason, Initiator::Local);
        self.send_close(CloseCode::TRY_AGAIN_LATER, reason, &closed);
        self.leave(closed, handler);
        self.deadlines.last_chance = true;
        self.deadlines.write = Some(after(self.settings.close_timeout));
    }

    // ---- reading ----

    fn poll_read(&mut self, cx: &mut Context<'_>, handler: &mut dyn Handler) -> bool {
        self.deliver();
        if self.read_done {
            return false;
        }
        if self.deaf {
            return self.poll_drain(cx);
        }
        if !self.make_room() {
            self.await_close(false);
            return false;
        }
        match self.io.poll_read(cx, self.decoder.spare()) {
            Poll::Pending => {
                self.await_close(true);
                false
            }
            Poll::Ready(Ok(0)) => {
                self.read_done = true;
                self.leave(Closed::abnormal("the peer ended the connection without a close frame"), handler);
                true
            }
            Poll::Ready(Ok(n)) => {
                self.await_close(false);
                self.decoder.filled(n);
                if let Some(closed) = self.scan() {
                    self.leave(closed, handler);
                }
                self.deliver();
                true
            }
            Poll::Ready(Err(error)) => {
                self.read_done = true;
                self.broken(&error, handler);
                true
            }
        }
    }

    /// The peer owes the rest of its stream and its close frame, once ours is out: it may take its time for each piece of
    /// that, but not for ever. While we do not read, it is not the peer that we wait for.
    fn await_close(&mut self, silent: bool) {
        if !self.half_closed || self.left.is_some() {
            return;
        }
        if !silent {
            self.deadlines.close = None;
        } else if self.deadlines.close.is_none() && self.output_is_empty() {
            self.deadlines.close = Some(after(self.settings.close_timeout));
        }
    }

    /// After a close frame or a violation: reads on and forgets, so that our close frame is not overtaken by the reset
    /// that unread bytes would cause.
    fn poll_drain(&mut self, cx: &mut Context<'_>) -> bool {
        let mut scratch = pool::read_buffer();
        let read = self.io.poll_read(cx, &mut scratch);
        pool::recycle_read(scratch);
        match read {
            Poll::Pending => false,
            Poll::Ready(Ok(n)) if n > 0 => true,
            Poll::Ready(_) => {
                self.read_done = true;
                true
            }
        }
    }

    /// Room to read into. None: the receiver is behind, and the peer has to wait.
    fn make_room(&mut self) -> bool {
        if !self.decoder.spare().is_empty() {
            return true;
        }
        if self.decoder.storage_len() == 0 {
            self.decoder.replace_storage(pool::read_buffer());
            return true;
        }
        if self.decoder.has_frames() {
            return false;
        }
        // One frame larger than what is held of it: room grows with the data that really arrived, never with the
        // length that a header announces.
        let held = self.decoder.tail_len();
        let wanted = self.decoder.wanted().unwrap_or(held + frame::MAX_HEADER_LEN);
        let old = if wanted <= pool::READ_BUFFER {
            self.decoder.replace_storage(pool::read_buffer())
        } else {
            let len = wanted.min((2 * held).max(pool::READ_BUFFER));
            self.decoder.replace_storage(vec![0; len])
        };
        pool::recycle_read(old);
        true
    }

    /// Goes over what was read: data frames become ready to be delivered, control frames are answered. Says how the
    /// stream ended, if it did.
    fn scan(&mut self) -> Option<Closed> {
        loop {
            match self.decoder.decode() {
                Ok(None) => break,
                Ok(Some(Event::Ping(payload))) => {
                    if self.control.len() > PONGS_MAX {
                        self.control.clear();
                    }
                    frame::write(&mut self.control, Opcode::Pong, true, self.shared.mask(), payload);
                }
                Ok(Some(Event::Pong(_))) => {}
                Ok(Some(Event::Close(frame))) => return Some(self.recv_close(frame)),
                Err(error) => return Some(self.violation(&error)),
            }
        }
        None
    }

    fn receiver_is_gone(&self) -> bool {
        lock(&self.shared.inbox).receiver != ReceiverLife::Held
    }

    /// RFC 6455 §5.5.1: answer with the code received, behind what is already queued.
    fn recv_close(&mut self, frame: CloseFrame) -> Closed {
        self.deaf = true;
        let echo = self.close.recv_close(&frame);
        let closed = Closed::new(frame.code, frame.reason, Initiator::Peer);
        if let Some(code) = echo {
            self.send_close(code, "", &closed);
        }
        closed
    }

    /// RFC 6455 §7.1.7: fail the connection, saying why.
    fn violation(&mut self, error: &ProtocolError) -> Closed {
        self.deaf = true;
        let code = error.close_code();
        let closed = Closed::new(code, error.to_string(), Initiator::Local);
        self.send_close(code, closed.reason(), &closed);
        closed
    }

    /// Hands the whole frames to the receiver, if it has taken the last ones, and the end behind them.
    fn deliver(&mut self) {
        if self.decoder.has_frames() {
            // A peer that goes on after we closed is not listened to: the end that the receiver saw is the end.
            let over = self.left.as_ref().is_some_and(|closed| closed.initiator() == Initiator::Local);
            let mut inbox = lock(&self.shared.inbox);
            if inbox.receiver != ReceiverLife::Held || over && inbox.is_finished() {
                drop(inbox);
                self.decoder.discard_frames();
            } else if inbox.has_room() {
                let tail = if self.decoder.tail_len() == 0 { Vec::new() } else { pool::read_buffer() };
                let woken = inbox.put(self.decoder.take_frames(tail));
                drop(inbox);
                self.handler_due |= woken.wake();
            }
        }
        if self.left.is_some() && !self.decoder.has_frames() {
            let mut inbox = lock(&self.shared.inbox);
            if !inbox.is_finished() {
                let woken = inbox.finish();
                drop(inbox);
                self.handler_due |= woken.wake();
            }
        }
    }

    // ---- the end ----

    fn output_is_empty(&self) -> bool {
        self.write_done
            || (self.writing.is_none()
                && self.control.is_empty()
                && !self.needs_flush
                && lock(&self.shared.outbox).is_empty())
    }

    /// Whether nothing more can be done: no handler, nothing to write, nothing to wait for.
    fn is_done(&mut self, handler: &mut dyn Handler) -> bool {
        if self.left.is_none() || handler.is_alive() || !self.output_is_empty() {
            return false;
        }
        // A receiver in another task reads on after the connection is over.
        if self.decoder.has_frames() && !self.receiver_is_gone() {
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
        self.release();
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

    // ---- waiting ----

    fn park(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.release_buffers();
        let parked = lock(&self.shared.outbox).park(self.write_blocked || self.write_done);
        if !parked {
            cx.waker().wake_by_ref();
        }
        self.arm(cx);
        Poll::Pending
    }

    /// An idle connection holds no buffers; a partial frame keeps only its own size.
    fn release_buffers(&mut self) {
        if self.decoder.storage_len() == 0 {
            return;
        }
        if self.decoder.is_empty() {
            pool::recycle_read(self.decoder.replace_storage(Vec::new()));
        } else if !self.decoder.has_frames() {
            let tail = self.decoder.tail_len();
            if tail <= SHRINK_MAX && self.decoder.storage_len() == pool::READ_BUFFER {
                pool::recycle_read(self.decoder.replace_storage(vec![0; tail]));
            }
        }
    }

    fn arm(&mut self, cx: &mut Context<'_>) {
        let Some(deadline) = self.deadlines.earliest() else {
            self.timer = None;
            return;
        };
        let timer = self.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline)));
        if timer.deadline() != deadline {
            timer.as_mut().reset(deadline);
        }
        if timer.as_mut().poll(cx).is_ready() {
            cx.waker().wake_by_ref();
        }
    }

    fn check_deadlines(&mut self, cx: &mut Context<'_>, handler: &mut dyn Handler) {
        let Some(timer) = &mut self.timer else { return };
        if timer.as_mut().poll(cx).is_pending() {
            return;
        }
        self.timer = None;
        let now = Instant::now();
        let passed = |deadline: Option<Instant>| deadline.is_some_and(|deadline| deadline <= now);
        if passed(self.deadlines.write) {
            if self.deadlines.last_chance || self.left.is_some() {
                self.write_done = true;
                self.drop_output();
                self.leave(Closed::abnormal("the peer took nothing"), handler);
            } else {
                self.slow_consumer(handler);
            }
        }
        if passed(self.deadlines.close) {
            self.deadlines.close = None;
            self.read_done = true;
            self.leave(Closed::abnormal("the peer did not answer the close frame"), handler);
        }
        if passed(self.deadlines.leave) {
            let taken = self.shared.taken.load(Ordering::Relaxed);
            let complete = lock(&self.shared.inbox).complete;
            if complete && self.shared.senders.load(Ordering::Acquire) == 0 {
                // It came to the proper end of its input meanwhile.
                self.deadlines.leave = None;
            } else if taken == self.deadlines.taken_at_leave {
                self.deadlines.leave = None;
                handler.cut();
            } else {
                self.deadlines.taken_at_leave = taken;
                self.deadlines.leave = Some(after(self.settings.leave_timeout));
            }
        }
        if passed(self.deadlines.expiry) {
            let code = crate::server::close_code(http::StatusCode::UNAUTHORIZED.as_u16());
            let closed = Closed::new(code, EXPIRED, Initiator::Local);
            self.send_close(code, EXPIRED, &closed);
            self.leave(closed, handler);
        }
    }
}

impl Drop for Pump {
    fn drop(&mut self) {
        self.release();
        let decoder = Decoder::new(self.shared.role, self.settings.limits());
        pool::recycle_read(std::mem::replace(&mut self.decoder, decoder).into_storage());
    }
}

/// A deadline from now on.
fn after(timeout: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(timeout).unwrap_or(now + NEVER)
}

/// Where the frame ends of which `written` bytes went out already; beyond the run where its payload is a segment of its own.
fn end_of_frame(run: &[u8], written: usize) -> usize {
    let mut end = 0;
    while end < written {
        let Ok(Some((header, len))) = frame::Header::parse(&run[end..]) else {
            // A run holds whole frames of our own making.
            return run.len();
        };
        end += len + usize::try_from(header.payload_len).unwrap_or(usize::MAX / 2);
    }
    end
}
