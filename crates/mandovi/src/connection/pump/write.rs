//! The pump's writing: pongs first, then the outbox, a run at a time; never a part of a frame.

use std::io;
use std::task::{Context, Poll};

use mandovi_websocket::{CloseCode, Role, frame};
use tokio::time::Instant;

use super::super::outbox::{CloseRequest, Segment};
use super::deadlines::after;
use super::{Handler, Pump};
use crate::error::{Closed, Initiator};
use crate::sync::lock;

impl Pump {
    pub(super) fn poll_write(&mut self, cx: &mut Context<'_>, handler: &mut dyn Handler) -> bool {
        let mut moved = self.poll_overflow(handler);
        // What is asked of a broken connection is asked of the next.
        let request = if self.is_broken() { None } else { lock(&self.shared.outbox).close_request.take() };
        if let Some(CloseRequest { code, reason, half, .. }) = request {
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
            let len = segment.bytes().len();
            match self.io.poll_write(cx, piece(segment, self.written, self.settings.write_buffer())) {
                Poll::Ready(Ok(0)) => {
                    self.broken(&io::ErrorKind::WriteZero.into(), handler);
                }
                Poll::Ready(Ok(n)) => {
                    moved = true;
                    let now = Instant::now();
                    self.shared.vitals.sent(n, now);
                    self.written += n;
                    self.needs_flush = true;
                    self.taken(now);
                    self.upkeep_written(now);
                    if self.written == len {
                        self.segment_written();
                    }
                }
                Poll::Ready(Err(error)) => self.broken(&error, handler),
                Poll::Pending => {
                    self.write_blocked = true;
                    let hurried = lock(&self.shared.outbox).block();
                    self.handler_due |= hurried.wake();
                    self.await_writing();
                    break;
                }
            }
        }
        if self.needs_flush && !self.write_done {
            match self.io.poll_flush(cx) {
                Poll::Ready(Ok(())) => {
                    self.needs_flush = false;
                    if !self.write_blocked {
                        self.taken(Instant::now());
                    }
                }
                Poll::Ready(Err(error)) => self.broken(&error, handler),
                // A layer below (TLS) has taken the bytes, and the peer has not.
                Poll::Pending => self.await_writing(),
            }
        }
        self.shut_down(cx);
        moved
    }

    /// A sender found the peer too slow, and its policy is to close: before anything that the handler's end says.
    pub(super) fn poll_overflow(&mut self, handler: &mut dyn Handler) -> bool {
        if self.is_broken() {
            return false;
        }
        let request = lock(&self.shared.outbox).close_request.take_if(|request| request.slow);
        let Some(request) = request else { return false };
        // Those who send know it already: there is nothing to go on with.
        self.heals = None;
        self.slow_consumer(&request.reason, handler);
        true
    }

    /// RFC 6455 §7.1.1: the server ends the transport first, as soon as its close frame is out and it listens no longer. Its
    /// own direction only: it reads on, so that the close frame is not overtaken by the reset that unread bytes would cause.
    fn shut_down(&mut self, cx: &mut Context<'_>) {
        let over = self.deaf && self.close.is_sent() && self.shared.role == Role::Server;
        if !over || self.shut_down || self.write_done || !self.output_is_empty() {
            return;
        }
        if self.io.poll_shutdown(cx).is_ready() {
            self.shut_down = true;
        } else {
            self.await_writing();
        }
    }

    /// The peer has taken something.
    fn taken(&mut self, now: Instant) {
        if self.deadlines.write.is_some() && !self.deadlines.last_chance {
            self.deadlines.write = None;
            self.deadlines.stale = true;
            self.heartbeat.unblocked(now);
        }
    }

    /// The peer takes nothing at the moment: not for ever.
    pub(super) fn await_writing(&mut self) {
        if self.deadlines.write.is_none() {
            self.deadlines.write = Some(after(self.settings.write_timeout));
        }
    }

    pub(super) fn next_segment(&mut self) -> bool {
        self.written = 0;
        let mut outbox = lock(&self.shared.outbox);
        // Control frames go first, but never between a header and its payload.
        self.writing = if self.control.is_empty() && self.heals.as_ref().is_some_and(|heals| heals.is_broken()) {
            None
        } else if self.control.is_empty() || outbox.payload_is_next() {
            outbox.take()
        } else {
            Some(Segment::Control(std::mem::take(&mut self.control)))
        };
        self.writing.is_some()
    }

    pub(super) fn segment_written(&mut self) {
        let Some(segment) = self.writing.take() else { return };
        let mut outbox = lock(&self.shared.outbox);
        let (room, flushed) = outbox.written(&segment);
        let waited = outbox.waited();
        drop(outbox);
        self.shared.vitals.queued(waited);
        self.handler_due |= room.wake();
        self.handler_due |= flushed.wake();
        segment.recycle();
    }

    /// Writing failed: nothing more can be said, but what was read stays.
    pub(super) fn broken(&mut self, error: &io::Error, handler: &mut dyn Handler) {
        if self.heals.is_some() && !self.read_done && self.left.is_none() {
            // Whether the call goes on is for the peer to say, if it did before it left: a close frame may still be unread. For a while.
            self.write_done = true;
            // Nobody takes anything any more: who would rather drop than wait drops.
            let hurried = lock(&self.shared.outbox).block();
            self.handler_due |= hurried.wake();
            if self.deadlines.close.is_none() {
                self.deadlines.close = Some(after(self.settings.close_timeout));
            }
            return;
        }
        let closed = Closed::abnormal(format!("the connection broke: {}", error.kind()));
        if !self.breaks(&closed, None) {
            self.drop_output();
        }
        self.write_done = true;
        self.leave(closed, handler);
    }

    pub(super) fn drop_output(&mut self) {
        if let Some(segment) = self.writing.take() {
            segment.recycle();
        }
        self.control = Vec::new();
        self.deadlines.write = None;
        let (woken, discarded) = lock(&self.shared.outbox).abandon();
        drop(discarded);
        self.handler_due |= woken.wake();
    }

    /// The peer is too slow: what is queued is dropped, but for the frame it has a part of, and 1013 is its last word.
    pub(super) fn slow_consumer(&mut self, reason: &str, handler: &mut dyn Handler) {
        if self.breaks(&Closed::abnormal("the peer took nothing within the write timeout"), None) {
            return;
        }
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
        let closed = Closed::new(CloseCode::TRY_AGAIN_LATER, reason, Initiator::Local);
        self.send_close(CloseCode::TRY_AGAIN_LATER, reason, &closed);
        self.leave(closed, handler);
        self.deadlines.last_chance = true;
        self.deadlines.write = Some(after(self.settings.close_timeout));
    }
}

/// What to write at once. What somebody else holds as well is written as it is: it was not gathered.
fn piece(segment: &Segment, written: usize, most: usize) -> &[u8] {
    let rest = &segment.bytes()[written..];
    match segment {
        Segment::Run(_) | Segment::Control(_) => &rest[..rest.len().min(most)],
        Segment::Shared(_) => rest,
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_gathers_as_much_as_it_may() {
        let run = Segment::Run((0..100).collect());
        assert_eq!(piece(&run, 0, 99).len(), 99);
        assert_eq!(piece(&run, 0, 100).len(), 100);
        assert_eq!(piece(&run, 0, 101).len(), 100);
        assert_eq!(piece(&run, 95, 10), [95, 96, 97, 98, 99]);
        let shared = Segment::Shared(vec![0; 100].into());
        assert_eq!(piece(&shared, 1, 10).len(), 99);
    }
}
