//! Decisions out of a fuzzer's bytes.

use mandovi_websocket::{Limits, Role};

/// Takes decisions from the front of the input. When it is used up every decision is zero, so that any input means
/// something and a shorter one means something simpler.
pub(crate) struct Source<'a> {
    bytes: &'a [u8],
}

impl<'a> Source<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    pub(crate) fn byte(&mut self) -> u8 {
        let Some((byte, rest)) = self.bytes.split_first() else {
            return 0;
        };
        self.bytes = rest;
        *byte
    }

    pub(crate) fn short(&mut self) -> u16 {
        u16::from_be_bytes([self.byte(), self.byte()])
    }

    /// At most `n` bytes.
    pub(crate) fn take(&mut self, n: usize) -> &'a [u8] {
        let (taken, rest) = self.bytes.split_at(n.min(self.bytes.len()));
        self.bytes = rest;
        taken
    }

    /// A short run of bytes, its length in front.
    pub(crate) fn run(&mut self) -> &'a [u8] {
        let n = usize::from(self.byte());
        self.take(n)
    }

    /// A length that is often at one of the places where the encoding of lengths changes.
    pub(crate) fn length(&mut self) -> usize {
        match self.byte() {
            250 => 125,
            251 => 126,
            252 => 0xffff,
            253 => 0x1_0000,
            254 => 4096 + usize::from(self.byte()),
            255 => usize::from(self.short()),
            short => usize::from(short),
        }
    }

    pub(crate) fn role(&mut self) -> Role {
        if self.byte() & 1 == 0 { Role::Server } else { Role::Client }
    }

    /// Both small, or both the defaults.
    pub(crate) fn limits(&mut self) -> Limits {
        match (self.byte(), self.byte()) {
            (0, 0) => Limits::default(),
            (frame, message) => {
                Limits::default().max_frame_size(usize::from(frame) * 4).max_message_size(usize::from(message) * 8)
            }
        }
    }

    pub(crate) fn rest(self) -> &'a [u8] {
        self.bytes
    }
}

/// Cuts `bytes` into pieces of the given sizes, over and over; a size of 0 is an empty piece, no sizes is one piece.
pub(crate) fn cut<'a>(bytes: &'a [u8], sizes: &[u8]) -> Vec<&'a [u8]> {
    if sizes.iter().all(|size| *size == 0) {
        return vec![bytes];
    }
    let mut pieces = Vec::new();
    let mut rest = bytes;
    for size in sizes.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (piece, behind) = rest.split_at(usize::from(*size).min(rest.len()));
        pieces.push(piece);
        rest = behind;
    }
    pieces
}
