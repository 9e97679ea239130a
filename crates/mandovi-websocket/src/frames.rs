//! What a decoder has accepted: batches of whole frames, and the joining of fragments.
//!
//! Nothing is checked here, because the [`Decoder`](crate::Decoder) has checked everything; nothing is copied except
//! fragments.

mod trusted;

use std::fmt;
use std::ops::Range;

use crate::{MessageKind, MessageRef, frame};

/// An assembler keeps the memory of a joined message up to this size for the next one, and frees more.
const KEEP: usize = 4096;

/// Whole data frames that a [`Decoder`](crate::Decoder) has accepted: an owned batch, unmasked and validated.
///
/// [`next`](Self::next) lends the messages one by one, without copying those that came in one frame. A batch may end
/// inside a fragmented message: the [`Assembler`] carries it over to the next batch. So hand every batch of a
/// connection, in order and read to its end, to the same assembler; a fragmented message of which it did not see every
/// part is dropped or, if parts in the middle were kept from it, joined from the others.
#[must_use = "it holds the messages"]
pub struct Frames {
    storage: Vec<u8>,
    at: usize,
    end: usize,
    after_gap: bool,
}

impl Frames {
    /// `frames` are whole frames as the decoder leaves them, the last of which is a data frame. `after_gap`: frames
    /// before them were discarded.
    pub(crate) fn new(storage: Vec<u8>, frames: Range<usize>, after_gap: bool) -> Self {
        Self { storage, at: frames.start, end: frames.end, after_gap }
    }

    /// The next message, or `None` when the batch is used up.
    ///
    /// A text message is known to be UTF-8: the decoder has validated it.
    #[inline]
    pub fn next<'a>(&'a mut self, assembler: &'a mut Assembler) -> Option<MessageRef<'a>> {
        let message = self.locate(assembler)?;
        Some(self.lend(message, assembler))
    }

    /// Whether [`next`](Self::next) with this assembler gives a message, without taking it: for a poll that must know before
    /// it lends.
    #[inline]
    pub fn has_message(&self, assembler: &Assembler) -> bool {
        let mut at = self.at;
        let mut open = assembler.open.is_some() && !self.after_gap;
        while at < self.end {
            let header = &self.storage[at..self.end];
            match header[0] {
                0x81 | 0x82 => return true,
                0x80 if open => return true,
                0x01 | 0x02 => open = true,
                _ => {}
            }
            let (length, after_length) = accepted_len(header);
            at += after_length + if frame::is_masked(header[1]) { 4 } else { 0 } + length;
        }
        false
    }

    /// Whether nothing is left to read. (What is left may be only a part of a fragmented message.)
    pub const fn is_empty(&self) -> bool {
        self.at == self.end
    }

    /// Bytes of frames not read yet, headers included.
    pub const fn byte_len(&self) -> usize {
        self.end - self.at
    }

    /// Gives the storage back for another use, such as
    /// [`Decoder::take_frames`](crate::Decoder::take_frames)' replacement. What was not read is lost.
    pub fn into_storage(self) -> Vec<u8> {
        self.storage
    }

    /// Steps to the next message's end. Apart from `lend` because a loop may then ask several batches.
    #[inline]
    pub(crate) fn locate(&mut self, assembler: &mut Assembler) -> Option<Located> {
        if assembler.lent {
            assembler.release();
        }
        if self.after_gap {
            self.after_gap = false;
            *assembler = Assembler::new();
        }
        while self.at < self.end {
            let header = &self.storage[self.at..self.end];
            let first = header[0];
            let (length, after_length) = accepted_len(header);
            let start = self.at + after_length + if frame::is_masked(header[1]) { 4 } else { 0 };
            let payload = start..start + length;
            self.at = payload.end;
            match first {
                0x81 => return Some(Located::Text(payload)),
                0x82 => return Some(Located::Binary(payload)),
                _ => {}
            }
            let bytes = &self.storage[payload];
            match first {
                0x01 => assembler.begin(MessageKind::Text, bytes),
                0x02 => assembler.begin(MessageKind::Binary, bytes),
                0x00 => assembler.append(bytes),
                0x80 => {
                    assembler.append(bytes);
                    if let Some(kind) = assembler.finish() {
                        return Some(Located::Joined(kind));
                    }
                }
                _ => {} // a control frame between fragments: the decoder has told it as an event
            }
        }
        None
    }

    #[inline]
    pub(crate) fn lend<'a>(&'a self, message: Located, assembler: &'a Assembler) -> MessageRef<'a> {
        match message {
            Located::Text(payload) => MessageRef::Text(self.validated_text(payload)),
            Located::Binary(payload) => MessageRef::Binary(&self.storage[payload]),
            Located::Joined(MessageKind::Text) => MessageRef::Text(assembler.validated_text()),
            Located::Joined(MessageKind::Binary) => MessageRef::Binary(&assembler.joined),
        }
    }
}

impl fmt::Debug for Frames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frames").field("byte_len", &self.byte_len()).finish_non_exhaustive()
    }
}

/// The payload's length and where the length field ends, of a header that the decoder has accepted or made.
#[inline]
fn accepted_len(header: &[u8]) -> (usize, usize) {
    match header[1] & 0x7f {
        126 => (usize::from(u16::from_be_bytes([header[2], header[3]])), 4),
        127 => {
            let length = header[2..].first_chunk().expect("a batch holds only whole frames");
            (u64::from_be_bytes(*length) as usize, 10)
        }
        short => (usize::from(short), 2),
    }
}

/// Where a whole message lies.
pub(crate) enum Located {
    /// In the batch, validated.
    Text(Range<usize>),
    /// In the batch.
    Binary(Range<usize>),
    /// In the assembler.
    Joined(MessageKind),
}

/// Joins the fragments of a message ([RFC 6455 §5.4](https://www.rfc-editor.org/rfc/rfc6455#section-5.4)).
///
/// One per connection, for [`Frames::next`]. It allocates only for messages that really come in fragments, grows with
/// the bytes that arrived (bounded by [`Limits::max_message_size`](crate::Limits::max_message_size)), and gives the
/// memory back after a message over 4 KiB.
#[derive(Default)]
pub struct Assembler {
    joined: Vec<u8>,
    open: Option<MessageKind>,
    /// `joined` is a whole message that was lent; it goes before anything else happens.
    lent: bool,
}

impl Assembler {
    /// An assembler without a message, which holds no memory.
    pub const fn new() -> Self {
        Self { joined: Vec::new(), open: None, lent: false }
    }

    /// Bytes of memory held.
    pub fn capacity(&self) -> usize {
        self.joined.capacity()
    }

    fn release(&mut self) {
        self.lent = false;
        self.joined.clear();
        if self.joined.capacity() > KEEP {
            self.joined = Vec::new();
        }
    }

    fn begin(&mut self, kind: MessageKind, payload: &[u8]) {
        self.release();
        self.open = Some(kind);
        self.joined.extend_from_slice(payload);
    }

    /// Without an open message (its beginning was kept from us) the fragment is dropped.
    fn append(&mut self, payload: &[u8]) {
        if self.open.is_some() {
            self.joined.extend_from_slice(payload);
        }
    }

    /// The last fragment is here. `None`: there is no message to give.
    ///
    /// The decoder has validated the text over all its fragments, but which of them came here was up to the caller; so
    /// the joined text is checked once more, and dropped if it was joined wrongly.
    fn finish(&mut self) -> Option<MessageKind> {
        let kind = self.open.take()?;
        if kind == MessageKind::Text && simdutf8::basic::from_utf8(&self.joined).is_err() {
            self.release();
            return None;
        }
        self.lent = true;
        Some(kind)
    }
}

impl fmt::Debug for Assembler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Assembler").field("open", &self.open).field("len", &self.joined.len()).finish_non_exhaustive()
    }
}
