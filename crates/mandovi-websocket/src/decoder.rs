//! Reading frames where they lie.
//!
//! The decoder owns the storage that the transport reads into. It goes over the bytes once: each is unmasked and
//! checked when it is first seen, whole frame or not, and progress inside an unfinished frame is kept. Whole data
//! frames are taken out as [`Frames`], together with the storage, so that a message is never copied. It allocates
//! nothing by itself, and never for a length that a header only announces.
//!
//! ```text
//! storage  │ frames, unmasked and validated │ unfinished frame │ spare │
//!          start                            scanned            end
//!                          └ frames_end: control frames behind the last data frame are not taken
//! ```
//!
//! Header bytes are judged one after the other, in the order in which they arrive. So what a peer sends has the same
//! outcome however the transport cuts it.
//!
//! # Compression
//!
//! With permessage-deflate ([RFC 7692]) frames cannot stay where they lie. There every data message, compressed or not, goes
//! into a batch beside the storage, inflated piece by piece as it arrives and validated as it comes out, and stands there as one
//! frame of our own making. So whoever reads [`Frames`] need not know, the storage never holds more than what is not yet
//! scanned, and the limit holds while it inflates. What is inflated ahead of its reader is bounded as well: from 64 KiB on,
//! decoding [stops](Decoder::is_stalled) until the frames are taken.
//!
//! [RFC 7692]: https://www.rfc-editor.org/rfc/rfc7692

mod inflating;

use std::fmt;
use std::ops::Range;

use self::inflating::{Inflating, on_the_wire};
use crate::frame::{self, FirstByte, Opcode};
use crate::mask::{self, NON_ASCII};
use crate::utf8::{self, Utf8};
use crate::{CloseFrame, Frames, Limits, MessageKind, ProtocolError, Role};

/// Reads the peer's frames: unmasks them in place and checks every rule of RFC 6455 §5 to §8, and our [`Limits`].
///
/// ```
/// use mandovi_websocket::{Assembler, Decoder, Limits, MessageRef, Opcode, Role, frame};
///
/// let mut wire = Vec::new(); // what a client sends
/// frame::write(&mut wire, Opcode::Text, true, Some([1, 2, 3, 4]), b"hello");
///
/// let mut decoder = Decoder::new(Role::Server, Limits::default());
/// decoder.replace_storage(vec![0; 4096]);
/// decoder.spare()[..wire.len()].copy_from_slice(&wire); // usually a socket reads into it
/// decoder.filled(wire.len());
/// assert_eq!(decoder.decode()?, None); // no control frame; needs more bytes
///
/// let mut frames = decoder.take_frames(Vec::new());
/// let mut assembler = Assembler::new();
/// assert_eq!(frames.next(&mut assembler), Some(MessageRef::Text("hello")));
/// assert_eq!(frames.next(&mut assembler), None);
/// # Ok::<(), mandovi_websocket::ProtocolError>(())
/// ```
///
/// The whole loop over a blocking transport, with compression or without:
///
/// ```
/// use mandovi_websocket::{Assembler, Decoder, Event, MessageRef};
///
/// fn read(
///     mut transport: impl std::io::Read,
///     mut decoder: Decoder,
///     mut on_message: impl FnMut(MessageRef<'_>),
///     mut on_event: impl FnMut(Event<'_>),
/// ) -> Result<(), Box<dyn std::error::Error>> {
///     let mut assembler = Assembler::new();
///     let mut spent = Vec::new(); // storage for the next batch
///     loop {
///         let outcome = loop {
///             match decoder.decode() {
///                 Ok(Some(event)) => on_event(event), // answer a ping; after a close `decode` gives no more
///                 Ok(None) => break Ok(()),
///                 Err(error) => break Err(error), // answer with a close frame: `error.close_code()`
///             }
///         };
///         if decoder.has_frames() {
///             let mut frames = decoder.take_frames(std::mem::take(&mut spent));
///             while let Some(message) = frames.next(&mut assembler) {
///                 on_message(message);
///             }
///             spent = frames.into_storage();
///         }
///         outcome?;
///         if decoder.is_finished() {
///             return Ok(());
///         }
///         if decoder.is_stalled() {
///             continue; // there is more to decode before more is read
///         }
///         if decoder.spare().is_empty() {
///             // As much as the unfinished frame needs, which the limits bound.
///             let size = decoder.wanted().unwrap_or(0).max(4096);
///             decoder.replace_storage(vec![0; size]);
///         }
///         match transport.read(decoder.spare())? {
///             0 => return Err("the peer left without a close frame".into()),
///             n => decoder.filled(n),
///         }
///     }
/// }
/// # use mandovi_websocket::{CloseCode, Limits, Opcode, Role, frame};
/// # let key = Some([1, 2, 3, 4]);
/// # let mut wire = Vec::new();
/// # frame::write(&mut wire, Opcode::Text, false, key, b"hel");
/// # frame::write(&mut wire, Opcode::Ping, true, key, b"?");
/// # frame::write(&mut wire, Opcode::Continuation, true, key, b"lo");
/// # frame::write(&mut wire, Opcode::Binary, true, key, &[7; 20_000]);
/// # frame::write_close(&mut wire, key, CloseCode::NORMAL, "");
/// # let (mut sizes, mut events) = (Vec::new(), 0);
/// # let decoder = Decoder::new(Role::Server, Limits::default());
/// # read(&wire[..], decoder, |message| sizes.push(message.len()), |_| events += 1)?;
/// # assert_eq!((sizes, events), (vec![5, 20_000], 2));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Decoder {
    storage: Vec<u8>,
    /// Where the whole frames begin that were not taken yet.
    start: usize,
    /// Where the last whole data frame ends; `start` if there is none.
    frames_end: usize,
    /// Where the unfinished frame begins.
    scanned: usize,
    end: usize,
    role: Role,
    limits: Limits,
    /// The unfinished frame, once its header is complete.
    current: Option<Current>,
    /// The message whose last frame is not complete.
    message: Option<Message>,
    utf8: Utf8,
    /// permessage-deflate was agreed.
    inflating: Option<Box<Inflating>>,
    /// The batch was full, and there is more to decode.
    stalled: bool,
    /// Frames were discarded since the last batch: what a fragmented message began with may be gone.
    gap: bool,
    /// After an error or a close frame nothing more is taken.
    finished: bool,
    /// Where somebody wants to know. In a box: most do not.
    counted: Option<Box<Counted>>,
}

/// What [`Decoder::count`] counts.
#[derive(Clone, Debug, Default)]
struct Counted {
    messages: u64,
    largest: usize,
    allowance: u64,
    /// Another message begins, and is not allowed.
    exhausted: bool,
}

/// A frame whose header is complete and whose payload is not.
#[derive(Clone, Copy)]
struct Current {
    opcode: Opcode,
    fin: bool,
    key: Option<[u8; 4]>,
    header_len: usize,
    payload_len: usize,
    /// Bytes of the payload that are unmasked and validated.
    done: usize,
}

/// A data message in the making.
#[derive(Clone, Copy)]
struct Message {
    kind: MessageKind,
    compressed: bool,
    /// Payload bytes announced so far by the headers of its frames.
    size: usize,
}

/// What the decoder meets that is not data.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Event<'a> {
    /// Answer with a pong that holds the same bytes
    /// ([§5.5.2](https://www.rfc-editor.org/rfc/rfc6455#section-5.5.2)); at most 125 of them.
    Ping(&'a [u8]),
    /// A pong, asked for or not ([§5.5.3](https://www.rfc-editor.org/rfc/rfc6455#section-5.5.3)).
    Pong(&'a [u8]),
    /// The peer closes; nothing after it is taken ([§5.5.1](https://www.rfc-editor.org/rfc/rfc6455#section-5.5.1)).
    Close(CloseFrame),
}

/// An [`Event`] that does not borrow yet.
enum Scan {
    NeedsMore,
    Ping(Range<usize>),
    Pong(Range<usize>),
    Close(CloseFrame),
}

impl Decoder {
    /// A decoder for the peer's frames, where `role` is ours. It has no storage yet and allocates nothing.
    pub const fn new(role: Role, limits: Limits) -> Self {
        Self {
            storage: Vec::new(),
            start: 0,
            frames_end: 0,
            scanned: 0,
            end: 0,
            role,
            limits,
            current: None,
            message: None,
            utf8: Utf8::new(),
            inflating: None,
            stalled: false,
            gap: false,
            finished: false,
            counted: None,
        }
    }

    /// Takes compressed messages from now on, as it was agreed. To be called before anything is decoded.
    ///
    /// # Panics
    ///
    /// If a data frame was decoded and is not taken yet, or a message is under way: those lie where nobody would look for
    /// them from now on.
    #[cfg(feature = "deflate")]
    #[cfg_attr(docsrs, doc(cfg(feature = "deflate")))]
    pub fn inflate(&mut self, agreement: &crate::deflate::Agreement) {
        let between_messages = !self.has_frames() && self.current.is_none() && self.message.is_none();
        assert!(between_messages, "compression begins before anything is decoded");
        let inflater = crate::deflate::Inflater::new(self.role.peer(), agreement);
        self.inflating = Some(Box::new(Inflating::new(inflater)));
    }

    /// Counts messages from now on, and takes no more of them than that: see [`needs_allowance`](Self::needs_allowance). Short
    /// messages are decoded more slowly then.
    pub fn count(&mut self, allowance: u64) {
        self.counted = Some(Box::new(Counted { allowance, ..Counted::default() }));
    }

    /// Allows so many messages more, where they are [counted](Self::count).
    pub fn allow(&mut self, more: u64) {
        if let Some(counted) = &mut self.counted {
            counted.allowance = counted.allowance.saturating_add(more);
            counted.exhausted = false;
        }
    }

    /// Whether decoding stopped where a message begins for which there is no allowance: [`allow`](Self::allow) it and
    /// [`decode`](Self::decode) again, or give up. Never where messages are not [counted](Self::count).
    pub fn needs_allowance(&self) -> bool {
        self.counted.as_ref().is_some_and(|counted| counted.exhausted)
    }

    /// Whether a message has begun whose last frame is not complete.
    pub const fn is_within_message(&self) -> bool {
        self.message.is_some()
    }

    /// How many messages have begun, where they are [counted](Self::count).
    pub fn messages(&self) -> u64 {
        self.counted.as_ref().map_or(0, |counted| counted.messages)
    }

    /// The size of the largest message that was completed since this was asked last, in bytes, inflated; where they are
    /// [counted](Self::count).
    pub fn take_largest(&mut self) -> usize {
        self.counted.as_mut().map_or(0, |counted| std::mem::take(&mut counted.largest))
    }

    /// Where to read into. Empty when the storage is full: then take the frames, or lend more storage. (To read into nothing
    /// gives 0 bytes, which looks like the end of the transport.)
    pub fn spare(&mut self) -> &mut [u8] {
        if !self.storage_has_frames() && self.scanned > 0 {
            // Control frames went, or frames were discarded: the room in front is free.
            self.storage.copy_within(self.scanned..self.end, 0);
            self.end -= self.scanned;
            self.start = 0;
            self.frames_end = 0;
            self.scanned = 0;
        }
        &mut self.storage[self.end..]
    }

    /// `n` bytes were read into [`spare`](Self::spare).
    ///
    /// # Panics
    ///
    /// If there was not so much room.
    pub fn filled(&mut self, n: usize) {
        assert!(n <= self.storage.len() - self.end, "more was filled than there was room");
        if !self.finished {
            self.end += n;
        }
    }

    /// Goes over what was filled. Stops at each control frame, to be called again; `Ok(None)` needs more bytes (or room for
    /// what it inflates: see [`is_stalled`](Self::is_stalled)).
    ///
    /// After an error or a [`Event::Close`] it takes nothing more: it gives `Ok(None)`, and later bytes are ignored.
    /// Whole frames from before can still be taken.
    ///
    /// # Errors
    ///
    /// The first rule that the peer broke, as soon as the byte that breaks it is here; for the limits, as soon as the
    /// frame's header is complete.
    pub fn decode(&mut self) -> Result<Option<Event<'_>>, ProtocolError> {
        if self.finished {
            return Ok(None);
        }
        self.stalled = false;
        match self.scan() {
            Ok(Scan::NeedsMore) => Ok(None),
            Ok(Scan::Ping(payload)) => Ok(Some(Event::Ping(&self.storage[payload]))),
            Ok(Scan::Pong(payload)) => Ok(Some(Event::Pong(&self.storage[payload]))),
            Ok(Scan::Close(close)) => {
                self.finish();
                Ok(Some(Event::Close(close)))
            }
            Err(error) => {
                self.finish();
                Err(error)
            }
        }
    }

    /// Whether whole data frames were scanned and not taken yet.
    #[inline]
    pub fn has_frames(&self) -> bool {
        self.storage_has_frames() || self.inflating.as_ref().is_some_and(|inflating| inflating.batch.has_frames())
    }

    const fn storage_has_frames(&self) -> bool {
        self.frames_end > self.start
    }

    /// Whether decoding stopped because much was inflated already, with bytes left to decode: take (or discard) the frames and
    /// [`decode`](Self::decode) again, before anything more is read. Never without compression.
    pub const fn is_stalled(&self) -> bool {
        self.stalled
    }

    /// Moves the whole frames out, together with the storage. The unfinished tail is copied into `replacement`, which
    /// is the storage from now on; it is grown if the tail does not fit.
    ///
    /// With compression it is the batch of what was inflated that moves out, and `replacement` is for the next one.
    ///
    /// As everywhere, the room in `replacement` is its `len()`, not its capacity.
    pub fn take_frames(&mut self, mut replacement: Vec<u8>) -> Frames {
        if let Some(inflating) = &mut self.inflating {
            let (storage, frames) = inflating.batch.take(replacement);
            return Frames::new(storage, frames, false);
        }
        let tail = &self.storage[self.scanned..self.end];
        let length = tail.len();
        if replacement.len() < length {
            replacement.resize(length, 0);
        }
        if length > 0 {
            replacement[..length].copy_from_slice(tail);
        }
        let storage = std::mem::replace(&mut self.storage, replacement);
        let frames = Frames::new(storage, self.start..self.frames_end, std::mem::take(&mut self.gap));
        self.start = 0;
        self.frames_end = 0;
        self.scanned = 0;
        self.end = length;
        frames
    }

    /// Forgets the whole frames that were scanned. A fragmented message that began in them is not delivered either.
    pub fn discard_frames(&mut self) {
        if let Some(inflating) = &mut self.inflating {
            return inflating.batch.discard();
        }
        self.gap |= self.has_frames();
        self.start = self.scanned;
        self.frames_end = self.scanned;
    }

    /// Bytes held in the storage of what is not decoded yet: an unfinished frame, and if it
    /// [stalled](Self::is_stalled) what follows.
    pub const fn tail_len(&self) -> usize {
        self.end - self.scanned
    }

    /// How many bytes [`take_frames`](Self::take_frames) copies into its replacement.
    pub fn carried_len(&self) -> usize {
        self.inflating.as_ref().map_or(self.tail_len(), |inflating| inflating.batch.unfinished_len())
    }

    /// Whether the storage holds nothing, so that it can go back to a pool.
    pub const fn is_empty(&self) -> bool {
        !self.storage_has_frames() && self.tail_len() == 0
    }

    /// Whether messages are inflated: then [`batch_len`](Self::batch_len) and its companions mean something.
    pub const fn is_inflating(&self) -> bool {
        self.inflating.is_some()
    }

    /// With compression, size of the storage of the batch, in bytes. If it is too small it grows with what is inflated.
    pub fn batch_len(&self) -> usize {
        self.inflating.as_ref().map_or(0, |inflating| inflating.batch.storage_len())
    }

    /// With compression, bytes held in the batch: whole frames, and the message under way.
    pub fn batch_held(&self) -> usize {
        self.inflating.as_ref().map_or(0, |inflating| inflating.batch.held())
    }

    /// With compression, lends storage for the batch, moves what is held into it, and gives the old storage back. Without,
    /// gives `storage` back.
    ///
    /// # Panics
    ///
    /// If [what is held](Self::batch_held) does not fit.
    pub fn replace_batch(&mut self, storage: Vec<u8>) -> Vec<u8> {
        match &mut self.inflating {
            Some(inflating) => inflating.batch.replace_storage(storage),
            None => storage,
        }
    }

    /// With takeover, bytes held of earlier messages: see [`deflate`](crate::deflate).
    #[cfg(feature = "deflate")]
    #[cfg_attr(docsrs, doc(cfg(feature = "deflate")))]
    pub fn history_len(&self) -> usize {
        self.inflating.as_ref().map_or(0, |inflating| inflating.history_len())
    }

    /// The size of the unfinished frame, header and payload, once [`decode`](Self::decode) has seen its header: as much
    /// storage is needed before it can be taken.
    ///
    /// The limits were checked. Where they are large, grow the storage with what arrives rather than to this at once: it
    /// is only what the peer announces.
    pub fn wanted(&self) -> Option<usize> {
        self.current.map(|current| current.header_len.saturating_add(current.payload_len))
    }

    /// Moves what is held, whole frames and tail, to the front of `storage`, and gives the old storage back.
    ///
    /// # Panics
    ///
    /// If what is held does not fit: `storage.len()` must be at least that.
    pub fn replace_storage(&mut self, mut storage: Vec<u8>) -> Vec<u8> {
        if !self.storage_has_frames() {
            self.start = self.scanned;
            self.frames_end = self.scanned;
        }
        let held = &self.storage[self.start..self.end];
        assert!(held.len() <= storage.len(), "the new storage is smaller than what is held");
        storage[..held.len()].copy_from_slice(held);
        self.frames_end -= self.start;
        self.scanned -= self.start;
        self.end -= self.start;
        self.start = 0;
        std::mem::replace(&mut self.storage, storage)
    }

    /// Gives the storage back. What it held is lost.
    pub fn into_storage(self) -> Vec<u8> {
        self.storage
    }

    /// Size of the storage, in bytes.
    pub fn storage_len(&self) -> usize {
        self.storage.len()
    }

    /// Whether an error or a close frame ended it.
    pub const fn is_finished(&self) -> bool {
        self.finished
    }

    fn finish(&mut self) {
        self.finished = true;
        self.current = None;
        self.message = None;
        self.end = self.scanned;
        if let Some(inflating) = &mut self.inflating {
            inflating.abandon();
        }
    }

    fn scan(&mut self) -> Result<Scan, ProtocolError> {
        loop {
            let mut current = match self.current {
                Some(current) => current,
                None => {
                    if self.message.is_none() {
                        match &self.inflating {
                            None if self.counted.is_none() => self.scan_short()?,
                            None => {}
                            Some(inflating) if inflating.batch.is_full() => {
                                self.stalled = self.tail_len() > 0;
                                return Ok(Scan::NeedsMore);
                            }
                            Some(_) => {}
                        }
                    }
                    match self.header()? {
                        Some(current) => current,
                        None => return Ok(Scan::NeedsMore),
                    }
                }
            };
            let start = self.scanned + current.header_len;
            let arrived = (self.end - start).min(current.payload_len);
            let complete = arrived == current.payload_len;
            if current.opcode.is_control() {
                if !complete {
                    self.current = Some(current);
                    return Ok(Scan::NeedsMore);
                }
                self.current = None;
                return self.control(current, start..start + arrived);
            }
            self.progress(&mut current, start, arrived)?;
            if !complete {
                self.current = Some(if self.inflating.is_some() { self.consume(current) } else { current });
                return Ok(Scan::NeedsMore);
            }
            self.current = None;
            self.scanned = start + arrived;
            if current.fin {
                self.finish_message()?;
            }
            self.frames_end = self.scanned;
            if self.inflating.is_some() {
                self.start = self.scanned;
            }
        }
    }

    /// The last fragment of a message is complete.
    fn finish_message(&mut self) -> Result<(), ProtocolError> {
        let message = self.message.take();
        if let (Some(counted), Some(message)) = (&mut self.counted, &message) {
            let size = self.inflating.as_ref().map_or(message.size, |inflating| inflating.batch.message().len());
            counted.largest = counted.largest.max(size);
        }
        match (&mut self.inflating, message) {
            (Some(inflating), Some(message)) => {
                inflating.finish(&message, &mut self.utf8, self.limits.max_message_size)
            }
            _ if !self.utf8.is_complete() => Err(ProtocolError::InvalidUtf8),
            _ => Ok(()),
        }
    }

    /// What was taken into the batch of an unfinished frame need not be kept: the rest is a frame without a header.
    fn consume(&mut self, current: Current) -> Current {
        self.scanned += current.header_len + current.done;
        self.start = self.scanned;
        self.frames_end = self.scanned;
        let mut key = current.key;
        if let Some(key) = &mut key {
            key.rotate_left(current.done & 3);
        }
        Current { key, header_len: 0, payload_len: current.payload_len - current.done, done: 0, ..current }
    }

    /// The hot loop: whole, unfragmented data frames of less than 64 KiB. It stops before anything else, which `scan`
    /// then judges, and knows no rule that `header` does not have.
    fn scan_short(&mut self) -> Result<(), ProtocolError> {
        let masked = self.role == Role::Server;
        let key_len = if masked { 4 } else { 0 };
        let limit = self.limits.max_frame_size.min(self.limits.max_message_size);
        loop {
            let bytes = &mut self.storage[self.scanned..self.end];
            let [first @ (0x81 | 0x82), second, ..] = *bytes else {
                return Ok(());
            };
            let (length, after_length) = match second & 0x7f {
                short @ ..126 => (usize::from(short), 2),
                126 => match *bytes {
                    [_, _, high, low, ..] if high > 0 || low >= 126 => (usize::from(high) << 8 | usize::from(low), 4),
                    _ => return Ok(()),
                },
                _ => return Ok(()),
            };
            let header_len = after_length + key_len;
            if frame::is_masked(second) != masked || length > limit || bytes.len() < header_len + length {
                return Ok(());
            }
            let (header, rest) = bytes.split_at_mut(header_len);
            let payload = &mut rest[..length];
            let key = header[after_length..].first_chunk::<4>();
            if first == 0x81 {
                let seen = key.map_or(NON_ASCII, |key| mask::apply(payload, *key, 0));
                if seen & NON_ASCII != 0 && !utf8::is_valid(payload) {
                    return Err(ProtocolError::InvalidUtf8);
                }
            } else if let Some(key) = key {
                mask::apply_blindly(payload, *key, 0);
            }
            self.scanned += header_len + length;
            self.frames_end = self.scanned;
        }
    }

    /// The header at `scanned`, judged byte by byte in the order of arrival; `None`: incomplete.
    fn header(&mut self) -> Result<Option<Current>, ProtocolError> {
        let bytes = &self.storage[self.scanned..self.end];
        let Some(first) = bytes.first() else {
            return Ok(None);
        };
        let first = FirstByte::parse(*first)?;
        // RFC 7692 §6: on the first frame of a data message, and nowhere else.
        if first.rsv1 && (self.inflating.is_none() || !matches!(first.opcode, Opcode::Text | Opcode::Binary)) {
            return Err(ProtocolError::ReservedBits);
        }
        match (first.opcode, self.message) {
            (Opcode::Continuation, None) => return Err(ProtocolError::UnexpectedContinuation),
            (Opcode::Text | Opcode::Binary, Some(_)) => {
                return Err(ProtocolError::ExpectedContinuation);
            }
            _ => {}
        }
        if let Some(counted) = &mut self.counted
            && self.message.is_none()
            && !first.opcode.is_control()
            && counted.allowance == 0
        {
            counted.exhausted = true;
            return Ok(None);
        }
        let Some(second) = bytes.get(1) else {
            return Ok(None);
        };
        match (self.role, frame::is_masked(*second)) {
            (Role::Server, false) => return Err(ProtocolError::UnmaskedClientFrame),
            (Role::Client, true) => return Err(ProtocolError::MaskedServerFrame),
            _ => {}
        }
        first.check_control_len(*second)?;
        let Some((length, after_length)) = frame::parse_len(bytes)? else {
            return Ok(None);
        };
        let (key, header_len) = if frame::is_masked(*second) {
            let Some(key) = bytes[after_length..].first_chunk::<4>() else {
                return Ok(None);
            };
            (Some(*key), after_length + 4)
        } else {
            (None, after_length)
        };
        let payload_len = if first.opcode.is_control() { length as usize } else { self.admit(first, length)? };
        Ok(Some(Current { opcode: first.opcode, fin: first.fin, key, header_len, payload_len, done: 0 }))
    }

    /// Checks a data frame's announced length against both limits and counts it to its message.
    fn admit(&mut self, first: FirstByte, length: u64) -> Result<usize, ProtocolError> {
        let Limits { max_frame_size, max_message_size } = self.limits;
        let begins = self.message.is_none();
        let mut message = self.message.unwrap_or(Message {
            kind: if first.opcode == Opcode::Text { MessageKind::Text } else { MessageKind::Binary },
            compressed: first.rsv1,
            size: 0,
        });
        // The limits are for what a message is; for one that is compressed this is only what it may come as.
        let (frame_limit, message_limit) = match message.compressed {
            true => (on_the_wire(max_frame_size), on_the_wire(max_message_size)),
            false => (max_frame_size, max_message_size),
        };
        let length = usize::try_from(length)
            .ok()
            .filter(|length| *length <= frame_limit)
            .ok_or(ProtocolError::FrameTooBig { limit: max_frame_size })?;
        message.size = message
            .size
            .checked_add(length)
            .filter(|size| *size <= message_limit)
            .ok_or(ProtocolError::MessageTooBig { limit: max_message_size })?;
        self.message = Some(message);
        if let Some(counted) = self.counted.as_mut().filter(|_| begins) {
            counted.messages += 1;
            counted.allowance -= 1;
        }
        if let Some(inflating) = self.inflating.as_mut().filter(|_| begins) {
            inflating.batch.begin();
        }
        Ok(length)
    }

    /// Unmasks and validates what has arrived of a data frame's payload and was not seen yet.
    fn progress(&mut self, current: &mut Current, start: usize, arrived: usize) -> Result<(), ProtocolError> {
        let piece = &mut self.storage[start + current.done..start + arrived];
        // A compressed message is text only when it comes out.
        let is_text = self.message.is_some_and(|message| message.kind == MessageKind::Text && !message.compressed);
        let seen = match current.key {
            Some(key) if is_text => mask::apply(piece, key, current.done),
            Some(key) => {
                mask::apply_blindly(piece, key, current.done);
                NON_ASCII
            }
            None => NON_ASCII,
        };
        current.done = arrived;
        let plain = seen & NON_ASCII == 0 && self.utf8.is_complete();
        if is_text && !plain && self.utf8.feed(piece).is_err() {
            return Err(ProtocolError::InvalidUtf8);
        }
        if let (Some(inflating), Some(message)) = (&mut self.inflating, &self.message) {
            inflating.feed(piece, message, &mut self.utf8, self.limits.max_message_size)?;
        }
        Ok(())
    }

    /// A whole control frame.
    fn control(&mut self, current: Current, payload: Range<usize>) -> Result<Scan, ProtocolError> {
        let bytes = &mut self.storage[payload.clone()];
        if let Some(key) = current.key {
            mask::apply(bytes, key, 0);
        }
        let scan = match current.opcode {
            Opcode::Close => Scan::Close(CloseFrame::parse(bytes)?),
            Opcode::Ping => Scan::Ping(payload.clone()),
            _ => Scan::Pong(payload.clone()),
        };
        self.scanned = payload.end;
        if !self.storage_has_frames() {
            self.start = self.scanned;
            self.frames_end = self.scanned;
        }
        Ok(scan)
    }
}

impl fmt::Debug for Decoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoder")
            .field("role", &self.role)
            .field("limits", &self.limits)
            .field("storage_len", &self.storage.len())
            .field("has_frames", &self.has_frames())
            .field("tail_len", &self.tail_len())
            .field("finished", &self.finished)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
