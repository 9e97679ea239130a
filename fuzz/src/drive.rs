//! Ways to drive a decoder, all of which have to tell the same.

use std::collections::VecDeque;

use mandovi_websocket::deflate::Agreement;
use mandovi_websocket::{Assembler, Decoder, Frames, Limits, Role};

use crate::model::Seen;

/// Storage that holds any frame within the limits: what `Limits` and `Decoder` promise is enough.
pub(crate) const fn enough(limits: Limits) -> usize {
    let largest = if limits.max_frame_size > 125 { limits.max_frame_size } else { 125 };
    largest + mandovi_websocket::frame::MAX_HEADER_LEN
}

/// The most memory that joining fragments may take: a vector's doubling, and its least capacity.
const fn assembled(limits: Limits) -> usize {
    if limits.max_message_size > 4 { limits.max_message_size * 2 } else { 8 }
}

/// The most that a batch of inflated messages takes: 64 KiB of whole ones, one under way, and the room that is made ahead.
const fn batched(limits: Limits) -> usize {
    64 * 1024 + limits.max_message_size + 10 + 4096
}

/// All bytes in one piece, in storage of that size.
pub(crate) fn whole(role: Role, limits: Limits, agreement: Option<&Agreement>, bytes: &[u8]) -> Vec<Seen> {
    let mut reader = Reader::new(role, limits, agreement);
    reader.decoder.replace_storage(vec![0; bytes.len()]);
    reader.feed(bytes);
    reader.seen
}

/// Piece by piece.
pub(crate) fn pieces<'a>(
    role: Role,
    limits: Limits,
    agreement: Option<&Agreement>,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> Vec<Seen> {
    let mut reader = Reader::new(role, limits, agreement);
    for piece in pieces {
        reader.feed(piece);
    }
    reader.seen
}

/// One byte after the other: what was told, and how many bytes had come when it ended.
pub(crate) fn bytes(
    role: Role,
    limits: Limits,
    agreement: Option<&Agreement>,
    bytes: &[u8],
) -> (Vec<Seen>, Option<usize>) {
    let mut reader = Reader::new(role, limits, agreement);
    for (at, byte) in bytes.iter().enumerate() {
        reader.feed(std::slice::from_ref(byte));
        if reader.decoder.is_finished() {
            return (reader.seen, Some(at + 1));
        }
    }
    (reader.seen, None)
}

fn decoder(role: Role, limits: Limits, agreement: Option<&Agreement>) -> Decoder {
    let mut decoder = Decoder::new(role, limits);
    if let Some(agreement) = agreement {
        decoder.inflate(agreement);
    }
    decoder
}

/// A decoder that is drained after each event, so that messages and control frames keep their order. Its storage never
/// grows over what the limits promise to be enough.
pub(crate) struct Reader {
    pub(crate) decoder: Decoder,
    pub(crate) seen: Vec<Seen>,
    assembler: Assembler,
    limits: Limits,
}

impl Reader {
    pub(crate) fn new(role: Role, limits: Limits, agreement: Option<&Agreement>) -> Self {
        Self { decoder: decoder(role, limits, agreement), seen: Vec::new(), assembler: Assembler::new(), limits }
    }

    pub(crate) fn feed(&mut self, mut piece: &[u8]) {
        while !piece.is_empty() && !self.decoder.is_finished() {
            if self.decoder.spare().is_empty() {
                let size = enough(self.limits);
                assert!(
                    self.decoder.tail_len() < size,
                    "a frame within the limits does not fit into the storage promised"
                );
                self.decoder.replace_storage(vec![0; size]);
            }
            let spare = self.decoder.spare();
            let n = spare.len().min(piece.len());
            spare[..n].copy_from_slice(&piece[..n]);
            self.decoder.filled(n);
            piece = &piece[n..];
            self.decode();
        }
    }

    fn decode(&mut self) {
        loop {
            let event = match self.decoder.decode() {
                Ok(event) => event.map(Seen::event),
                Err(error) => Some(Seen::Error(error)),
            };
            assert!(self.decoder.batch_len() <= batched(self.limits), "{} bytes inflated", self.decoder.batch_len());
            let stalled = self.decoder.is_stalled();
            assert!(!stalled || self.decoder.has_frames(), "it stalls without frames to take");
            if self.decoder.has_frames() {
                let size = if self.decoder.is_inflating() { 0 } else { enough(self.limits) };
                let mut frames = self.decoder.take_frames(vec![0; size]);
                while let Some(message) = frames.next(&mut self.assembler) {
                    self.seen.push(Seen::message(message));
                }
                assert!(frames.is_empty());
                assert!(self.assembler.capacity() <= assembled(self.limits), "{:?}", self.assembler);
            }
            let Some(event) = event else {
                if stalled {
                    continue;
                }
                if let Some(wanted) = self.decoder.wanted() {
                    assert!(self.decoder.tail_len() < wanted, "a whole frame was not taken");
                    let most = enough(self.limits);
                    assert!(self.decoder.is_inflating() || wanted <= most, "{wanted} bytes are over the limits");
                }
                return;
            };
            if event.is_end() {
                assert!(self.decoder.is_empty(), "bytes behind the end are held");
                assert_eq!(self.decoder.batch_held(), 0, "a message is kept that never ends");
            }
            self.seen.push(event);
        }
    }
}

/// A caller who does everything that is allowed, at odd times: `script` says what. Messages and control frames come out of
/// step with each other, so they are told apart.
pub(crate) fn oddly(
    role: Role,
    limits: Limits,
    agreement: Option<&Agreement>,
    mut bytes: &[u8],
    script: &[u8],
) -> (Vec<Seen>, Vec<Seen>) {
    let mut odd = Odd {
        decoder: decoder(role, limits, agreement),
        batches: VecDeque::new(),
        assembler: Assembler::new(),
        messages: Vec::new(),
        events: Vec::new(),
    };
    for op in script.iter().chain(&[0xff]).cycle() {
        if bytes.is_empty() {
            break;
        }
        let size = usize::from(op >> 3);
        match op & 7 {
            0 => {
                // A read that was abandoned, after bytes were written.
                odd.decoder.spare().fill(0x81);
                odd.decoder.filled(0);
            }
            1 => odd.decode_once(),
            2 => {
                let frames = odd.decoder.take_frames(vec![0; size * 8]);
                odd.batches.push_back(frames);
            }
            3 => odd.read_one(),
            4 if odd.decoder.is_inflating() && size & 1 == 0 => {
                let length = odd.decoder.batch_held() + size;
                odd.decoder.replace_batch(vec![0xa5; length]);
            }
            4 => {
                let length = odd.decoder.storage_len() + size;
                odd.decoder.replace_storage(vec![0xa5; length]);
            }
            5 if !odd.decoder.is_empty() && odd.decoder.has_frames() => odd.read_one(),
            5 => {
                let length = odd.decoder.tail_len() + size;
                odd.decoder.replace_storage(vec![0; length]);
            }
            _ => {
                if odd.decoder.spare().is_empty() {
                    let length = odd.decoder.storage_len() * 2 + 16;
                    odd.decoder.replace_storage(vec![0; length]);
                }
                let spare = odd.decoder.spare();
                let n = spare.len().min(bytes.len()).min(1 + size * 3);
                spare[..n].copy_from_slice(&bytes[..n]);
                odd.decoder.filled(n);
                bytes = &bytes[n..];
            }
        }
    }
    odd.finish();
    (odd.messages, odd.events)
}

struct Odd {
    decoder: Decoder,
    batches: VecDeque<Frames>,
    assembler: Assembler,
    messages: Vec<Seen>,
    events: Vec<Seen>,
}

impl Odd {
    fn decode_once(&mut self) {
        let was_finished = self.decoder.is_finished();
        match self.decoder.decode() {
            Ok(None) => {}
            Ok(Some(event)) => self.events.push(Seen::event(event)),
            Err(error) => self.events.push(Seen::Error(error)),
        }
        let is_end = self.events.last().is_some_and(Seen::is_end);
        assert_eq!(self.decoder.is_finished(), is_end);
        assert!(is_end || !was_finished);
    }

    /// At most one message.
    fn read_one(&mut self) {
        let Some(frames) = self.batches.front_mut() else {
            return;
        };
        let expected = frames.has_message(&self.assembler);
        match frames.next(&mut self.assembler) {
            Some(message) => {
                assert!(expected, "has_message denied a message");
                self.messages.push(Seen::message(message));
            }
            None => {
                assert!(!expected, "has_message promised a message");
                assert!(frames.is_empty());
                self.batches.pop_front();
            }
        }
    }

    fn finish(&mut self) {
        loop {
            let before = self.events.len();
            self.decode_once();
            if self.decoder.is_stalled() {
                let frames = self.decoder.take_frames(Vec::new());
                self.batches.push_back(frames);
            } else if self.events.len() == before || self.decoder.is_finished() {
                break;
            }
        }
        let frames = self.decoder.take_frames(Vec::new());
        self.batches.push_back(frames);
        while !self.batches.is_empty() {
            self.read_one();
        }
    }
}
