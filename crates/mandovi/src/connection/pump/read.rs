//! The pump's reading: into pooled buffers, over the frames, and whole batches into the inbox.

use std::task::{Context, Poll};
use std::time::Duration;

use mandovi_websocket::{CloseFrame, Event, Opcode, ProtocolError, frame};
use tokio::time::Instant;

use super::super::inbox::ReceiverLife;
use super::super::pool;
use super::super::rate::Bucket;
use super::deadlines::after;
use super::{End, Handler, Pump};
use crate::error::{Closed, Initiator};
use crate::sync::lock;

/// Pongs waiting to be written are bounded: beyond this many bytes only the newest is kept, as RFC 6455 §5.5.3 allows.
const PONGS_MAX: usize = 4 * 1024;

impl Pump {
    pub(super) fn poll_read(&mut self, cx: &mut Context<'_>, handler: &mut dyn Handler) -> bool {
        self.deliver();
        // Before anything else: also what was read before an end is inflated, however the end came.
        if self.decoder.is_stalled() && !self.decoder.has_frames() {
            // The receiver has taken what was inflated before.
            self.scan();
            self.deliver();
            return true;
        }
        if self.read_done {
            return false;
        }
        if self.deaf {
            return self.poll_drain(cx);
        }
        if !self.make_room() {
            self.heartbeat.paused = true;
            self.await_close(false);
            return false;
        }
        if self.heartbeat.paused {
            self.resume_reading();
        }
        match self.io.poll_read(cx, self.decoder.spare()) {
            Poll::Pending => {
                self.await_close(true);
                self.hears_nothing(handler)
            }
            Poll::Ready(Ok(0)) => {
                self.read_done = true;
                self.leave(Closed::abnormal("the peer ended the connection without a close frame"), handler);
                true
            }
            Poll::Ready(Ok(n)) => {
                let now = Instant::now();
                self.shared.vitals.received(n, now);
                self.deadlines.stale |= self.heartbeat.hear(now);
                self.await_close(false);
                self.decoder.filled(n);
                self.scan();
                self.upkeep_read(now, handler);
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
    pub(super) fn await_close(&mut self, silent: bool) {
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
    pub(super) fn poll_drain(&mut self, cx: &mut Context<'_>) -> bool {
        let mut scratch = pool::read_buffer(self.settings.read_buffer());
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
    pub(super) fn make_room(&mut self) -> bool {
        if self.decoder.is_stalled() {
            return false;
        }
        if !self.decoder.spare().is_empty() {
            return true;
        }
        if self.decoder.storage_len() == 0 {
            self.decoder.replace_storage(pool::read_buffer(self.settings.read_buffer()));
            return true;
        }
        if self.decoder.has_frames() {
            return false;
        }
        // One frame larger than what is held of it: room grows with the data that really arrived, never with the
        // length that a header announces.
        let held = self.decoder.tail_len();
        let wanted = self.decoder.wanted().unwrap_or(held + frame::MAX_HEADER_LEN);
        let size = self.settings.read_buffer();
        let old = if wanted <= size {
            self.decoder.replace_storage(pool::read_buffer(size))
        } else {
            let len = wanted.min((2 * held).max(size));
            self.decoder.replace_storage(vec![0; len])
        };
        pool::recycle_read(old);
        true
    }

    /// Goes over what was read: data frames become ready to be delivered, control frames are answered, and an end is kept
    /// for its turn.
    pub(super) fn scan(&mut self) {
        if self.decoder.is_inflating() && self.decoder.batch_len() == 0 {
            self.decoder.replace_batch(pool::read_buffer(self.settings.read_buffer()));
        }
        let end = loop {
            match self.decoder.decode() {
                Ok(None) => {
                    if !self.decoder.needs_allowance() {
                        return;
                    }
                    match self.bucket.as_deref().map_or(Ok(()), Bucket::take) {
                        Ok(()) => self.decoder.allow(1),
                        Err(early) => break End::TooFast(early),
                    }
                }
                Ok(Some(Event::Ping(payload))) => {
                    if self.control.len() > PONGS_MAX {
                        self.control.clear();
                    }
                    frame::write(&mut self.control, Opcode::Pong, true, self.shared.mask(), payload);
                }
                Ok(Some(Event::Pong(payload))) => {
                    let now = Instant::now();
                    if let Some(round_trip) = self.heartbeat.answered(payload, now) {
                        self.shared.vitals.pong(round_trip, now);
                    }
                }
                Ok(Some(Event::Close(frame))) => break End::Close(frame),
                Err(error) => break End::Violation(error),
            }
        };
        self.deaf = true;
        self.end = Some(end);
    }

    /// Acts on the end of the peer's stream, once the receiver had its turn with what came before. One turn and no more:
    /// whoever is slow must not keep a connection open that is to end.
    pub(super) fn poll_end(&mut self, handler: &mut dyn Handler) -> bool {
        if !self.end_is_due {
            return false;
        }
        let closed = match self.end.take() {
            None => return false,
            Some(End::Close(frame)) => self.recv_close(frame),
            Some(End::Violation(error)) => self.violation(&error),
            Some(End::TooFast(early)) => self.too_fast(early),
        };
        self.leave(closed, handler);
        true
    }

    /// Whether something was read that the receiver has not been given.
    pub(in crate::connection) fn has_more(&self) -> bool {
        self.decoder.has_frames() || self.decoder.is_stalled()
    }

    pub(in crate::connection) fn receiver_is_gone(&self) -> bool {
        lock(&self.shared.inbox).receiver != ReceiverLife::Held
    }

    /// RFC 6455 §5.5.1: answer with the code received, behind what is already queued.
    pub(super) fn recv_close(&mut self, frame: CloseFrame) -> Closed {
        let echo = self.close.recv_close(&frame);
        let closed = Closed::new(frame.code, frame.reason, Initiator::Peer);
        if self.breaks(&closed, echo) {
            return closed;
        }
        if let Some(code) = echo {
            self.send_close(code, "", &closed);
        }
        closed
    }

    /// RFC 6455 §7.1.7: fail the connection, saying why.
    pub(super) fn violation(&mut self, error: &ProtocolError) -> Closed {
        self.shared.vitals.error();
        let code = error.close_code();
        let reason = match error {
            // Whichever it is that allows less.
            ProtocolError::FrameTooBig { .. } if self.settings.max_frame_size < self.settings.max_message_size => {
                format!("max_frame_size: {error}")
            }
            ProtocolError::FrameTooBig { .. } | ProtocolError::MessageTooBig { .. } => {
                format!("max_message_size: {error}")
            }
            _ => error.to_string(),
        };
        let closed = Closed::new(code, reason, Initiator::Local);
        self.send_close(code, closed.reason(), &closed);
        closed
    }

    /// It may come back when its next message would be taken.
    fn too_fast(&mut self, early: Duration) -> Closed {
        // Rounded up: a moment too early would be too early again.
        let retry_after = early.as_millis() + 1;
        let code = crate::server::close_code(http::StatusCode::TOO_MANY_REQUESTS.as_u16());
        let reason = format!(r#"{{"name":"message_rate","retry_after_ms":{retry_after}}}"#);
        let closed = Closed::new(code, reason, Initiator::Local);
        self.send_close(code, closed.reason(), &closed);
        closed
    }

    /// Hands the whole frames to the receiver, if it has taken the last ones, and the end behind them.
    pub(super) fn deliver(&mut self) {
        if self.decoder.has_frames() {
            // A peer that goes on after we closed is not listened to: the end that the receiver saw is the end.
            let over = self.left.as_ref().is_some_and(|closed| closed.initiator() == Initiator::Local);
            let mut inbox = lock(&self.shared.inbox);
            if inbox.receiver != ReceiverLife::Held || over && inbox.is_finished() {
                drop(inbox);
                self.decoder.discard_frames();
            } else if inbox.has_room() {
                let tail = match self.decoder.carried_len() {
                    0 => Vec::new(),
                    _ => pool::read_buffer(self.settings.read_buffer()),
                };
                let woken = inbox.put(self.decoder.take_frames(tail));
                drop(inbox);
                if let Some(heals) = &mut self.heals {
                    heals.delivered = true;
                }
                self.handler_due |= woken.wake();
                if let Some(lifetime) = &mut self.lifetime {
                    lifetime.given(Instant::now());
                }
            }
        }
        if self.left.is_some() && !self.has_more() {
            let mut inbox = lock(&self.shared.inbox);
            if !inbox.is_finished() {
                let woken = inbox.finish();
                drop(inbox);
                self.handler_due |= woken.wake();
            }
        }
    }
}
