//! The crate's one unsafe line: text that is known to be UTF-8, lent without checking it again.

use std::ops::Range;

use super::{Assembler, Frames};

impl Frames {
    /// The payload of an unfragmented text frame, at a place found by `Frames::locate` and nobody else.
    ///
    /// Valid, because only a decoder makes `Frames`, and a text frame with FIN is among them only after the decoder
    /// found its whole payload (inflated, if it was compressed) to be UTF-8. Nobody can have written those bytes since: the
    /// decoder lends for writing only what lies behind all that it has scanned, a batch only what lies behind its frames, and
    /// `Frames` owns its storage and never writes to it.
    #[inline]
    pub(super) fn validated_text(&self, payload: Range<usize>) -> &str {
        known_utf8(&self.storage[payload])
    }
}

impl Assembler {
    /// The joined text that `Assembler::finish` has checked; the buffer does not change before the next `release`.
    pub(super) fn validated_text(&self) -> &str {
        known_utf8(&self.joined)
    }
}

#[inline]
#[expect(unsafe_code, reason = "a second pass over each text would cost what the first one did")]
fn known_utf8(bytes: &[u8]) -> &str {
    debug_assert!(std::str::from_utf8(bytes).is_ok());
    // SAFETY: both callers, right above, say why their bytes are valid UTF-8.
    unsafe { std::str::from_utf8_unchecked(bytes) }
}
