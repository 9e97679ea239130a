//! UTF-8 in pieces ([RFC 6455 §8.1](https://www.rfc-editor.org/rfc/rfc6455#section-8.1)).
//!
//! A text message may be cut anywhere, by fragments or by reads, also inside a character. [`Utf8`] checks each piece
//! once and keeps at most three bytes between them. It reports the first byte that cannot belong to UTF-8, as soon as
//! it is seen: it never waits for the end of a character that is already wrong.

use crate::mask::NON_ASCII;

/// Texts up to here are tested for ASCII in place; longer ones go to the vectorised validator at once.
const SHORT: usize = 128;

/// The piece ends in, or is, something that is not UTF-8.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Invalid;

/// Whether `bytes` are valid UTF-8.
#[inline]
pub(crate) fn is_valid(bytes: &[u8]) -> bool {
    (bytes.len() <= SHORT && is_ascii(bytes)) || simdutf8::basic::from_utf8(bytes).is_ok()
}

#[inline]
fn is_ascii(bytes: &[u8]) -> bool {
    let (words, rest) = bytes.as_chunks::<8>();
    let mut seen = 0;
    for word in words {
        seen |= u64::from_ne_bytes(*word);
    }
    for byte in rest {
        seen |= u64::from(*byte);
    }
    seen & NON_ASCII == 0
}

/// What an unfinished text has left over: the beginning of a character.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Utf8 {
    started: [u8; 4],
    len: u8,
}

impl Utf8 {
    pub(crate) const fn new() -> Self {
        Self { started: [0; 4], len: 0 }
    }

    /// Whether the text may end here.
    #[inline]
    pub(crate) fn is_complete(&self) -> bool {
        self.len == 0
    }

    /// Takes the next piece.
    pub(crate) fn feed(&mut self, mut bytes: &[u8]) -> Result<(), Invalid> {
        while self.len > 0 {
            let Some((next, rest)) = bytes.split_first() else {
                return Ok(());
            };
            self.started[usize::from(self.len)] = *next;
            self.len += 1;
            bytes = rest;
            match std::str::from_utf8(&self.started[..usize::from(self.len)]) {
                Ok(_) => self.len = 0,
                Err(error) if error.error_len().is_none() => {}
                Err(_) => return Err(Invalid),
            }
        }
        let (whole, started) = bytes.split_at(bytes.len() - started_at_the_end(bytes));
        if !is_valid(whole) {
            return Err(Invalid);
        }
        if !started.is_empty() {
            match std::str::from_utf8(started) {
                // An incomplete character reports no length; anything else is wrong already.
                Err(error) if error.error_len().is_none() => {}
                _ => return Err(Invalid),
            }
            self.started[..started.len()].copy_from_slice(started);
            self.len = started.len() as u8;
        }
        Ok(())
    }
}

/// How many bytes at the end belong to a character that needs more of them: 0 to 3.
fn started_at_the_end(bytes: &[u8]) -> usize {
    for back in 1..=bytes.len().min(3) {
        let needs = match bytes[bytes.len() - back] {
            0x80..=0xbf => continue, // inside a character: look further back for its first byte
            0xc0..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xff => 4,
            _ => 1,
        };
        return if needs > back { back } else { 0 };
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds one byte at a time; the number of bytes taken before an error, and whether the text may end.
    fn one_by_one(bytes: &[u8]) -> (usize, bool) {
        let mut utf8 = Utf8::default();
        for (at, byte) in bytes.iter().enumerate() {
            if utf8.feed(&[*byte]).is_err() {
                return (at, false);
            }
        }
        (bytes.len(), utf8.is_complete())
    }

    #[test]
    fn s8_1_the_first_wrong_byte_is_reported() {
        for (bytes, taken) in [
            (&b"ab\xff"[..], 2),
            (b"\x80", 0),
            (b"\xc3\x28", 1),
            (b"\xc0\xaf", 0),         // overlong
            (b"\xe0\x80\x80", 1),     // overlong
            (b"\xed\xa0\x80", 1),     // surrogate
            (b"\xf0\x80\x80\x80", 1), // overlong
            (b"\xf4\x90\x80\x80", 1), // above U+10FFFF
            (b"\xf5", 0),
            (b"\xe2\x82\x41", 2),
        ] {
            assert_eq!(one_by_one(bytes), (taken, false), "{bytes:x?}");
            let mut whole = Utf8::default();
            assert_eq!(whole.feed(bytes), Err(Invalid), "{bytes:x?}");
            let mut up_to = Utf8::default();
            assert_eq!(up_to.feed(&bytes[..taken]), Ok(()), "{bytes:x?}");
        }
    }

    #[test]
    fn s8_1_every_cut_of_a_valid_text_is_taken() {
        let text = "κόσμε ⚀ 𐍈 \u{10ffff}\u{ffff}\u{7ff} plain".repeat(4);
        let bytes = text.as_bytes();
        assert_eq!(one_by_one(bytes), (bytes.len(), true));
        for cut in 0..=bytes.len() {
            let mut utf8 = Utf8::default();
            utf8.feed(&bytes[..cut]).unwrap();
            assert_eq!(utf8.is_complete(), text.is_char_boundary(cut), "cut {cut}");
            utf8.feed(&[]).unwrap();
            utf8.feed(&bytes[cut..]).unwrap();
            assert!(utf8.is_complete());
        }
    }

    #[test]
    fn s8_1_a_text_that_ends_inside_a_character_is_incomplete() {
        for bytes in [&b"a\xc3"[..], b"\xe2\x82", b"\xf0\x90\x8d"] {
            assert_eq!(one_by_one(bytes), (bytes.len(), false));
            assert!(!is_valid(bytes));
        }
    }

    #[test]
    fn every_two_byte_input_agrees_with_the_standard_library() {
        for first in 0..=255u8 {
            for second in 0..=255u8 {
                let bytes = [first, second];
                let mut utf8 = Utf8::default();
                let taken = utf8.feed(&bytes).is_ok() && utf8.is_complete();
                assert_eq!(taken, std::str::from_utf8(&bytes).is_ok(), "{bytes:x?}");
                assert_eq!(is_valid(&bytes), taken, "{bytes:x?}");
            }
        }
    }
}
