//! Our own messages.

use std::fmt;

use zlib_rs::DeflateFlush;

use super::Agreement;
use super::contexts::{self, Place};
use super::history::History;
use crate::frame::{self, Header};
use crate::mask;
use crate::{MessageKind, Role};

/// What every flush ends with, and what the receiver adds again
/// ([RFC 7692 §7.2.1](https://www.rfc-editor.org/rfc/rfc7692#section-7.2.1)).
pub(super) const FLUSH_TAIL: [u8; 4] = [0x00, 0x00, 0xff, 0xff];

/// Writes messages as frames, compressed as it was agreed. One per connection.
///
/// Without takeover it holds no memory, and messages may be sent in any order, those of a clone too. With takeover every message
/// must be sent, in the order in which it was written.
///
/// ```
/// use mandovi_websocket::deflate::{Compression, Compressor};
/// use mandovi_websocket::{MessageKind, Role, handshake};
/// # let mut headers = handshake::request_headers(&handshake::key([7; 16]));
/// # headers.insert(http::header::SEC_WEBSOCKET_EXTENSIONS, Compression::new().offer());
/// # let mut accepted = handshake::check(&http::Method::GET, http::Version::HTTP_11, &headers)?;
/// # let agreement = accepted.negotiate(&Compression::new()).unwrap();
///
/// let mut compressor = Compressor::new(Role::Server, &agreement);
/// let mut wire = Vec::new();
/// compressor.write(&mut wire, MessageKind::Text, None, &[b'x'; 1000]);
/// assert!(wire.len() < 20);
/// # Ok::<(), handshake::HandshakeError>(())
/// ```
pub struct Compressor {
    level: u8,
    window_bits: u8,
    threshold: usize,
    /// Boxed: few connections have any.
    takeover: Option<Box<Takeover>>,
}

struct Takeover {
    history: History,
    place: Place,
}

impl Compressor {
    /// A compressor for our messages, where `role` is ours.
    pub fn new(role: Role, agreement: &Agreement) -> Self {
        let bits = agreement.window_bits(role);
        Self {
            level: agreement.level,
            // See the module about 8.
            window_bits: bits.max(9),
            threshold: agreement.threshold,
            takeover: agreement
                .takeover(role)
                .then(|| Box::new(Takeover { history: History::new(bits), place: Place::new() })),
        }
    }

    /// Whether messages refer to earlier ones, so that their order matters.
    pub const fn has_takeover(&self) -> bool {
        self.takeover.is_some()
    }

    /// Whether a message of so many bytes is worth it: [`Compression::threshold`](super::Compression::threshold).
    #[inline]
    pub const fn wants(&self, payload_len: usize) -> bool {
        payload_len >= self.threshold
    }

    /// Bytes of memory that this connection holds for its history.
    pub fn history_len(&self) -> usize {
        self.takeover.as_ref().map_or(0, |takeover| takeover.history.len())
    }

    /// Appends a message to `out`, as one frame: compressed if it is [wanted](Self::wants) and, without takeover, if that makes
    /// it smaller; else plain.
    ///
    /// `mask` as in [`frame::write`].
    pub fn write(&mut self, out: &mut Vec<u8>, kind: MessageKind, mask: Option<[u8; 4]>, payload: &[u8]) {
        let start = out.len();
        if self.wants(payload.len()) && self.write_compressed(out, kind, mask, payload) {
            return;
        }
        out.truncate(start);
        frame::write(out, kind.opcode(), true, mask, payload);
    }

    /// Says whether it is worth sending so.
    fn write_compressed(
        &mut self,
        out: &mut Vec<u8>,
        kind: MessageKind,
        mask: Option<[u8; 4]>,
        payload: &[u8],
    ) -> bool {
        // The header goes in front when the length is known.
        let hole = Header { fin: true, rsv1: true, opcode: kind.opcode(), mask, payload_len: payload.len() as u64 };
        let header_at = out.len();
        let start = header_at + hole.encoded_len();
        out.resize(start, 0);
        self.compress(out, payload);
        let compressed = out.len() - start;
        match self.takeover.as_deref_mut() {
            None if compressed >= payload.len() => return false,
            Some(Takeover { history, place }) if !payload.is_empty() => {
                history.push(payload);
                place.advance();
            }
            _ => {}
        }
        let header = Header { payload_len: compressed as u64, ..hole };
        let mut bytes = [0; frame::MAX_HEADER_LEN];
        let len = header.encode(&mut bytes);
        let at = header_at + len;
        if at != start {
            // Its length needs fewer bytes than the message's own did (or more, if that did not compress).
            let end = out.len();
            out.resize(end.max(at + compressed), 0);
            out.copy_within(start..end, at);
            out.truncate(at + compressed);
        }
        out[header_at..at].copy_from_slice(&bytes[..len]);
        if let Some(key) = mask {
            mask::apply_blindly(&mut out[at..], key, 0);
        }
        true
    }

    /// Appends the compressed payload, without the tail of its flush.
    fn compress(&self, out: &mut Vec<u8>, payload: &[u8]) {
        if payload.is_empty() {
            // RFC 7692 §7.2.3.6. zlib writes nothing at all for a flush behind a flush.
            return out.push(0x00);
        }
        let start = out.len();
        let place = self.takeover.as_ref().map(|takeover| takeover.place);
        contexts::with_deflating(self.level, self.window_bits, place, |context, goes_on| {
            if let Some(takeover) = self.takeover.as_deref().filter(|_| !goes_on) {
                for piece in takeover.history.pieces() {
                    context.set_dictionary(piece).expect("a raw stream takes a dictionary at its beginning");
                }
            }
            // The same on the wire; but behind a full flush nothing is referred to, and the context need not be reset.
            let flush = if place.is_some() { DeflateFlush::SyncFlush } else { DeflateFlush::FullFlush };
            let mut rest = payload;
            loop {
                // Room for the worst case: once is enough for all but gigantic messages.
                let end = out.len();
                out.resize(end + rest.len() + rest.len() / 7 + 64, 0);
                let (taken, made) = (context.total_in(), context.total_out());
                context.compress(rest, &mut out[end..], flush).expect("the stream is not finished");
                rest = &rest[(context.total_in() - taken) as usize..];
                let made = (context.total_out() - made) as usize;
                let full = end + made == out.len();
                out.truncate(end + made);
                if rest.is_empty() && !full {
                    break;
                }
            }
        });
        debug_assert!(out[start..].ends_with(&FLUSH_TAIL));
        out.truncate(out.len() - FLUSH_TAIL.len());
    }
}

impl Clone for Compressor {
    /// A clone has a history of its own from here on.
    fn clone(&self) -> Self {
        let takeover = |takeover: &Takeover| Takeover { history: takeover.history.clone(), place: Place::new() };
        Self { takeover: self.takeover.as_deref().map(takeover).map(Box::new), ..*self }
    }
}

impl fmt::Debug for Compressor {
    /// Without the history, which is what was said.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Compressor")
            .field("level", &self.level)
            .field("window_bits", &self.window_bits)
            .field("threshold", &self.threshold)
            .field("takeover", &self.has_takeover())
            .finish_non_exhaustive()
    }
}
