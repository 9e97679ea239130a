//! A connection that breaks while its call goes on: the halves stay as they are, and another connection takes over.
//!
//! The pump of such a call ends without a word to the halves: nothing is closed, what was read is delivered, and what was queued
//! and not written whole is queued again, from the start of its frame. Whoever drives the call asks why
//! ([`Pump::broken_by`]) and makes another [`Pump`] over the same [`Shared`](super::Shared).

use mandovi_websocket::{CloseCode, frame};

use super::outbox::Segment;
use super::pump::Pump;
use crate::error::Closed;
use crate::sync::lock;

/// What a pump knows of a call that goes on after it.
#[derive(Debug)]
pub(crate) struct Heals {
    /// Which ends the call survives.
    pub(crate) survives: fn(&Closed) -> bool,
    /// The call is not taken up again before the receiver is through with all that came: only then is it known which message was
    /// the last.
    pub(crate) when_read: bool,
    /// The first message is the last: a call that has its answer is over, however its connection ends.
    pub(crate) one_answer: bool,
    /// Something was delivered.
    pub(crate) delivered: bool,
    /// Why the connection ended, once it has.
    broken: Option<Closed>,
}

impl Heals {
    pub(crate) fn new(survives: fn(&Closed) -> bool, when_read: bool, one_answer: bool) -> Box<Self> {
        Box::new(Self { survives, when_read, one_answer, delivered: false, broken: None })
    }

    pub(super) fn is_broken(&self) -> bool {
        self.broken.is_some()
    }
}

impl Pump {
    /// Why the connection ended, where its call goes on; and whether it brought anything.
    pub(crate) fn broken_by(&self) -> Option<(Closed, bool)> {
        let heals = self.heals.as_deref()?;
        Some((heals.broken.clone()?, heals.delivered))
    }

    pub(super) fn is_broken(&self) -> bool {
        self.heals.as_ref().is_some_and(|heals| heals.is_broken())
    }

    /// The connection is over. Says whether the call goes on without it: then nothing is closed. `echo`: the answer to the peer's
    /// close frame.
    pub(super) fn breaks(&mut self, closed: &Closed, echo: Option<CloseCode>) -> bool {
        let has_more = self.has_more();
        let Some(heals) = &mut self.heals else { return false };
        if heals.broken.is_some() {
            return true;
        }
        if heals.one_answer && (heals.delivered || has_more) {
            return false;
        }
        // A stream that this side has ended has nothing to go on with.
        if self.left.is_some() || !(heals.survives)(closed) || lock(&self.shared.outbox).is_ended() {
            return false;
        }
        heals.broken = Some(closed.clone());
        self.read_done = true;
        self.control = Vec::new();
        let cut = self.put_back();
        // Nobody takes anything until there is another connection: who would rather drop than wait drops.
        let hurried = lock(&self.shared.outbox).block();
        self.handler_due |= hurried.wake();
        match echo {
            Some(code) if !cut => {
                let mask = self.shared.mask();
                frame::write_close(&mut self.control, mask, code, "");
            }
            _ => self.write_done = true,
        }
        true
    }

    /// What was on its way and not written whole is queued again. Says whether the peer has a part of a frame.
    fn put_back(&mut self) -> bool {
        let Some(segment) = self.writing.take() else { return false };
        let counted = segment.counted();
        let (rest, cut) = match segment {
            Segment::Run(mut run) => {
                let start = start_of_frame(&run, self.written);
                let cut = start < self.written;
                (run.split_off(start), cut)
            }
            // A client masks what it sends, and so shares no bytes.
            Segment::Control(_) | Segment::Shared(_) => (Vec::new(), self.written > 0),
        };
        self.written = 0;
        let (room, flushed) = lock(&self.shared.outbox).put_back(rest, counted);
        self.handler_due |= room.wake();
        self.handler_due |= flushed.wake();
        cut
    }

    /// A connection that broke has delivered what it can, and said its last word if that was possible at once.
    pub(super) fn is_over(&mut self) -> bool {
        let said = self.write_done || self.write_blocked || self.control.is_empty() && self.writing.is_none();
        if !said || self.has_more() && !self.receiver_is_gone() {
            return false;
        }
        let when_read = self.heals.as_ref().is_some_and(|heals| heals.when_read);
        !when_read || lock(&self.shared.inbox).is_read()
    }
}

/// Where the frame begins that `written` bytes end in; at `written` itself if that is between two.
fn start_of_frame(run: &[u8], written: usize) -> usize {
    let mut start = 0;
    while start < written {
        let Ok(Some((header, len))) = frame::Header::parse(&run[start..]) else { return start };
        let end = start.saturating_add(len).saturating_add(usize::try_from(header.payload_len).unwrap_or(usize::MAX));
        if end > written {
            return start;
        }
        start = end;
    }
    start
}

#[cfg(test)]
mod tests {
    use mandovi_websocket::Opcode;

    use super::*;

    #[test]
    fn a_run_is_cut_between_frames_only() {
        let mut run = Vec::new();
        let mut starts = vec![0];
        for len in [0, 5, 130, 70_000] {
            frame::write(&mut run, Opcode::Text, true, Some([1, 2, 3, 4]), &vec![b'x'; len]);
            starts.push(run.len());
        }
        for (start, next) in starts.iter().zip(&starts[1..]) {
            assert_eq!(start_of_frame(&run, *start), *start);
            assert_eq!(start_of_frame(&run, start + 1), *start);
            assert_eq!(start_of_frame(&run, next - 1), *start);
        }
        assert_eq!(start_of_frame(&run, run.len()), run.len());
    }
}
