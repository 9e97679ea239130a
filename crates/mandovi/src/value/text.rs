//! Text, the commonest message of all: a codec of its own, because a general one costs more than the socket does.
//!
//! Most texts hold nothing that JSON escapes. Those are found by looking at eight bytes at a time and are copied whole;
//! whatever else there is goes to `serde_json`, which stays the judge of what is JSON.

use std::{borrow::Cow, sync::Arc};

use mandovi_model::{Schema, Types};
use mandovi_websocket::MessageRef;

use super::{Invalid, MapKey, NotNull, Scalar, Value, ViewId, decode};
use crate::parameter::{Expected, Parameter};

impl Value for String {
    const SCALAR: Option<Scalar> = Some(Scalar::Text);

    fn schema(_: &mut Types) -> Schema {
        Schema::string()
    }

    #[inline]
    fn encode_view(&self, _: ViewId, out: &mut Vec<u8>) -> Result<(), Invalid> {
        encode_str(self, out);
        Ok(())
    }

    #[inline]
    fn from_json(json: MessageRef<'_>) -> Result<Self, Invalid> {
        let text = match json {
            MessageRef::Text(text) => Some(text),
            MessageRef::Binary(bytes) => std::str::from_utf8(bytes).ok(),
        };
        match text.and_then(plain_text) {
            Some(plain) => Ok(plain.to_owned()),
            None => decode(json),
        }
    }
}

impl NotNull for String {}
impl MapKey for String {}

macro_rules! other_texts {
    ($($text:ty),*) => {$(
        impl Value for $text {
            const SCALAR: Option<Scalar> = Some(Scalar::Text);

            fn schema(_: &mut Types) -> Schema {
                Schema::string()
            }

            #[inline]
            fn encode_view(&self, _: ViewId, out: &mut Vec<u8>) -> Result<(), Invalid> {
                encode_str(self, out);
                Ok(())
            }

            #[inline]
            fn from_json(json: MessageRef<'_>) -> Result<Self, Invalid> {
                String::from_json(json).map(Self::from)
            }
        }

        impl NotNull for $text {}
        impl MapKey for $text {}

        impl Parameter for $text {
            fn parse(text: &str) -> Result<Self, Expected> {
                String::parse(text).map(Self::from)
            }

            fn render(&self) -> String {
                self.as_ref().to_owned()
            }

            fn schema(types: &mut Types) -> Schema {
                <Self as Value>::schema(types)
            }
        }
    )*};
}

other_texts!(Box<str>, Arc<str>, Cow<'static, str>);

/// Appends a text as JSON.
#[inline]
pub(crate) fn encode_str(text: &str, out: &mut Vec<u8>) {
    let bytes = text.as_bytes();
    out.reserve(bytes.len() + 2);
    out.push(b'"');
    let clean = clean_prefix(bytes);
    out.extend_from_slice(&bytes[..clean]);
    if clean < bytes.len() {
        escape(&bytes[clean..], out);
    }
    out.push(b'"');
}

/// Appends bytes of which the first needs an escape.
#[cold]
fn escape(mut bytes: &[u8], out: &mut Vec<u8>) {
    while let Some((&special, rest)) = bytes.split_first() {
        out.push(b'\\');
        match special {
            b'"' | b'\\' => out.push(special),
            b'\n' => out.push(b'n'),
            b'\r' => out.push(b'r'),
            b'\t' => out.push(b't'),
            0x08 => out.push(b'b'),
            0x0C => out.push(b'f'),
            control => {
                const DIGITS: &[u8; 16] = b"0123456789abcdef";
                out.extend_from_slice(b"u00");
                out.push(DIGITS[usize::from(control >> 4)]);
                out.push(DIGITS[usize::from(control & 0xF)]);
            }
        }
        let clean = clean_prefix(rest);
        out.extend_from_slice(&rest[..clean]);
        bytes = &rest[clean..];
    }
}

/// The content of a JSON text that holds no escape; `None` leaves the judgement to `serde_json`.
#[inline]
fn plain_text(json: &str) -> Option<&str> {
    let bytes = json.as_bytes();
    let trimmed = match (bytes.first(), bytes.last()) {
        (Some(b'"'), Some(b'"')) => json,
        _ => json.trim_matches([' ', '\n', '\r', '\t']),
    };
    let inner = trimmed.strip_prefix('"')?.strip_suffix('"')?;
    (clean_prefix(inner.as_bytes()) == inner.len()).then_some(inner)
}

/// How many bytes there are before the first that JSON escapes: a quote, a backslash or a control character.
#[inline]
fn clean_prefix(bytes: &[u8]) -> usize {
    let (chunks, rest) = bytes.as_chunks::<16>();
    for (index, chunk) in chunks.iter().enumerate() {
        if has_special(chunk) {
            return index * 16 + clean_prefix_by_words(chunk);
        }
    }
    // The rest, with what stands before it and is known to be clean.
    match bytes.last_chunk::<16>() {
        Some(last) if !has_special(last) => bytes.len(),
        _ => bytes.len() - rest.len() + clean_prefix_by_words(rest),
    }
}

/// Without an early exit, so that the compiler looks at all sixteen at once.
#[inline(always)]
fn has_special(chunk: &[u8; 16]) -> bool {
    let mut special = 0;
    for &byte in chunk {
        special |= u8::from(byte < 0x20) | u8::from(byte == b'"') | u8::from(byte == b'\\');
    }
    special != 0
}

#[inline]
const fn is_special(byte: u8) -> bool {
    (byte < 0x20) | (byte == b'"') | (byte == b'\\')
}

#[inline]
fn clean_prefix_by_words(bytes: &[u8]) -> usize {
    let (words, tail) = bytes.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let special = special_bytes(u64::from_le_bytes(*word));
        if special != 0 {
            return index * 8 + (special.trailing_zeros() / 8) as usize;
        }
    }
    let start = words.len() * 8;
    start + tail.iter().position(|&byte| is_special(byte)).unwrap_or(tail.len())
}

/// The high bit of every byte that JSON escapes. The lowest bit set is exact; one above it may be a false alarm, because a
/// borrow runs upwards only.
#[inline]
const fn special_bytes(word: u64) -> u64 {
    const ONES: u64 = u64::from_le_bytes([0x01; 8]);
    const HIGH: u64 = u64::from_le_bytes([0x80; 8]);
    let quote = word ^ (ONES * b'"' as u64);
    let backslash = word ^ (ONES * b'\\' as u64);
    let below_space = word.wrapping_sub(ONES * 0x20) & !word;
    let is_quote = quote.wrapping_sub(ONES) & !quote;
    let is_backslash = backslash.wrapping_sub(ONES) & !backslash;
    (below_space | is_quote | is_backslash) & HIGH
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(text: &str) -> String {
        let mut out = Vec::new();
        encode_str(text, &mut out);
        String::from_utf8(out).expect("JSON is UTF-8")
    }

    #[test]
    fn every_byte_at_every_place_encodes_as_serde_json_does() {
        for length in 0..20 {
            for place in 0..length {
                for byte in 0..128u8 {
                    let mut text = vec![b'x'; length];
                    text[place] = byte;
                    let text = String::from_utf8(text).expect("ASCII");
                    assert_eq!(encoded(&text), serde_json::to_string(&text).expect("text"));
                }
            }
        }
        for text in ["\"\\\u{0}\u{1f}\u{7f}é漢😀\u{2028}<>&", "éééééééé\"", "\u{80}\u{a2}\u{dc}\u{3a2}"] {
            assert_eq!(encoded(text), serde_json::to_string(text).expect("text"));
        }
    }

    #[test]
    fn decoding_agrees_with_serde_json() {
        for json in [
            "\"\"",
            "\"plain\"",
            " \t\r\n\"spaces around\"\n",
            "\"escaped \\\" \\u00e9 \\n\"",
            "\"é漢😀\"",
            "\"",
            "\"a",
            "a\"",
            "\"a\" \"b\"",
            "\"a\"x",
            "\"tab\there\"",
            "\"nul\u{0}\"",
            "\"ends with backslash\\\"",
            "\u{a0}\"not JSON's whitespace\"",
            "null",
            "1",
            "",
        ] {
            let ours = String::from_json(MessageRef::Text(json)).ok();
            let theirs = serde_json::from_str::<String>(json).ok();
            assert_eq!(ours, theirs, "{json}");
            assert_eq!(String::from_json(MessageRef::Binary(json.as_bytes())).ok(), theirs, "{json}");
        }
        assert!(String::from_json(MessageRef::Binary(b"\"\xff\"")).is_err());
    }

    #[test]
    fn a_clean_prefix_ends_at_the_first_special_byte() {
        for length in 0..40 {
            for place in 0..length {
                for special in [0, 0x1f, b'"', b'\\'] {
                    let mut bytes = vec![0xC3; length];
                    bytes[place] = special;
                    assert_eq!(clean_prefix(&bytes), place);
                }
            }
            assert_eq!(clean_prefix(&vec![b' '; length]), length);
            assert_eq!(clean_prefix(&vec![0x7F; length]), length);
        }
    }
}
