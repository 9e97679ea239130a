//! The peer's messages.

use zlib_rs::{Inflate, InflateFlush, Status};

use super::compressor::FLUSH_TAIL;
use super::history::History;
use super::{Agreement, contexts};
use crate::batch::Batch;
use crate::utf8::Utf8;
use crate::{MessageKind, ProtocolError, Role};

/// The tail of the flush that the sender left out, and an empty last block: zlib finds the end of the stream behind it
/// if, and only if, the message ended between two blocks.
const END: [u8; 6] = [FLUSH_TAIL[0], FLUSH_TAIL[1], FLUSH_TAIL[2], FLUSH_TAIL[3], 0x03, 0x00];

/// Inflates one message after the other, in whatever pieces they come, into a [`Batch`].
pub(crate) struct Inflater {
    /// Lent while a message is under way.
    context: Option<Box<Inflate>>,
    history: Option<Box<History>>,
    /// The last block of a stream has ended, with nothing behind it yet.
    stream_ended: bool,
}

/// Where the pieces of a message go, and what they must be.
pub(crate) struct Target<'a> {
    pub(crate) batch: &'a mut Batch,
    pub(crate) kind: MessageKind,
    pub(crate) utf8: &'a mut Utf8,
    pub(crate) limit: usize,
}

impl Target<'_> {
    /// Takes the `n` bytes that were inflated into the batch's room.
    fn take(&mut self, n: usize) -> Result<(), ProtocolError> {
        let piece = self.batch.filled(n);
        if self.kind == MessageKind::Text && self.utf8.feed(piece).is_err() {
            return Err(ProtocolError::InvalidUtf8);
        }
        Ok(())
    }
}

impl Inflater {
    pub(crate) fn new(role: Role, agreement: &Agreement) -> Self {
        let history = agreement.takeover(role).then(|| Box::new(History::new(agreement.window_bits(role))));
        Self { context: None, history, stream_ended: false }
    }

    /// Bytes of memory held: the history, and of a message under way the context.
    pub(crate) fn history_len(&self) -> usize {
        self.history.as_ref().map_or(0, |history| history.len())
    }

    /// Inflates the next piece of a message. At most the limit comes out of it, before the error that says so.
    pub(crate) fn feed(&mut self, piece: &[u8], target: &mut Target<'_>) -> Result<(), ProtocolError> {
        if piece.is_empty() {
            return Ok(());
        }
        // At the beginning of a message, and where another stream follows in it (RFC 7692 §7.2.3.4).
        if self.stream_ended || self.context.is_none() {
            self.begin(target.batch);
        }
        let mut rest = piece;
        loop {
            let taken = self.inflate(rest, target)?;
            rest = &rest[taken..];
            if rest.is_empty() {
                return Ok(());
            }
            // The stream's last block ended, and there is more.
            self.begin(target.batch);
        }
    }

    /// The message's last piece was fed.
    pub(crate) fn finish(&mut self, target: &mut Target<'_>) -> Result<(), ProtocolError> {
        // Nothing at all came, or a last block and nothing behind it: that is not what the RFC asks for, but what some
        // peers send, and it means one thing only.
        if self.context.is_some() && !self.stream_ended {
            let taken = self.inflate(&END, target)?;
            if !self.stream_ended || taken < END.len() {
                return Err(ProtocolError::CorruptDeflate);
            }
        }
        if let Some(history) = &mut self.history {
            history.push(target.batch.message());
        }
        self.abandon();
        Ok(())
    }

    /// Gives the context back: the message is over, or never will be.
    pub(crate) fn abandon(&mut self) {
        self.stream_ended = false;
        if let Some(context) = self.context.take() {
            contexts::give_back(context);
        }
    }

    /// Makes a fresh context, which knows what may be referred to: the history, and of this message what came before.
    fn begin(&mut self, batch: &Batch) {
        self.abandon();
        let mut context = contexts::inflating();
        let history = self.history.iter().flat_map(|history| history.pieces());
        // It keeps as much as it can refer to.
        for known in history.chain([batch.message()].into_iter().filter(|message| !message.is_empty())) {
            context.set_dictionary(known).expect("a raw stream takes a dictionary");
        }
        self.context = Some(context);
    }

    /// Inflates until the input is used up or its stream ends. Says how much was used.
    fn inflate(&mut self, input: &[u8], target: &mut Target<'_>) -> Result<usize, ProtocolError> {
        let Some(context) = &mut self.context else { return Ok(0) };
        let begun = context.total_in();
        loop {
            let used = (context.total_in() - begun) as usize;
            let mut over = [0];
            // At the limit one more byte is looked for: it must not come.
            let at_limit = target.batch.message().len() == target.limit;
            let room = if at_limit { &mut over[..] } else { target.batch.room(target.limit) };
            let size = room.len();
            let before = context.total_out();
            let status = context.decompress(&input[used..], room, InflateFlush::NoFlush);
            let made = (context.total_out() - before) as usize;
            if at_limit && made > 0 {
                return Err(ProtocolError::MessageTooBig { limit: target.limit });
            }
            if !at_limit {
                target.take(made)?;
            }
            match status {
                Ok(Status::StreamEnd) => {
                    self.stream_ended = true;
                    return Ok((context.total_in() - begun) as usize);
                }
                // What did not fit is still inside.
                Ok(_) if made == size => {}
                Ok(_) => {
                    let now_used = (context.total_in() - begun) as usize;
                    if now_used == input.len() {
                        return Ok(now_used);
                    }
                    if now_used == used && made == 0 {
                        // zlib always gets on; a loop that trusts it without looking could hang.
                        return Err(ProtocolError::CorruptDeflate);
                    }
                }
                Err(_) => return Err(ProtocolError::CorruptDeflate),
            }
        }
    }
}

impl Drop for Inflater {
    fn drop(&mut self) {
        self.abandon();
    }
}
