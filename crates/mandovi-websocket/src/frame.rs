//! Frames on the wire ([RFC 6455 §5.2](https://www.rfc-editor.org/rfc/rfc6455#section-5.2)): the header, and writing.
//!
//! Reading is the [`Decoder`](crate::Decoder)'s; it takes the rules of single header bytes from here. Nothing here
//! knows a role or a connection's state.

use crate::{CloseCode, ProtocolError, mask};

/// Most bytes that a header takes: 2, an 8-byte length, a 4-byte masking key.
pub const MAX_HEADER_LEN: usize = 14;

/// Most bytes in a control frame's payload ([§5.5](https://www.rfc-editor.org/rfc/rfc6455#section-5.5)).
pub const MAX_CONTROL_LEN: usize = 125;

const FIN: u8 = 0x80;
const RSV1: u8 = 0x40;
const RSV2_RSV3: u8 = 0x30;
const MASK: u8 = 0x80;

/// What a frame is ([§11.8](https://www.rfc-editor.org/rfc/rfc6455#section-11.8)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Opcode {
    /// Goes on with the fragmented message that was begun.
    Continuation = 0x0,
    /// A text message, or its first fragment.
    Text = 0x1,
    /// A binary message, or its first fragment.
    Binary = 0x2,
    /// Control: ends the connection.
    Close = 0x8,
    /// Control: asks for a pong with the same payload.
    Ping = 0x9,
    /// Control: answers a ping, or says "I am here" unasked.
    Pong = 0xa,
}

impl Opcode {
    /// The four bits on the wire.
    #[inline]
    pub const fn as_u8(self) -> u8 {
        self as u8
    }

    /// Whether frames of this kind may stand between a message's fragments.
    #[inline]
    pub const fn is_control(self) -> bool {
        matches!(self, Self::Close | Self::Ping | Self::Pong)
    }

    #[inline]
    const fn from_bits(bits: u8) -> Result<Self, ProtocolError> {
        Ok(match bits {
            0x0 => Self::Continuation,
            0x1 => Self::Text,
            0x2 => Self::Binary,
            0x8 => Self::Close,
            0x9 => Self::Ping,
            0xa => Self::Pong,
            reserved => return Err(ProtocolError::ReservedOpcode(reserved)),
        })
    }
}

/// A frame's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Header {
    /// Whether this is the last fragment of its message (or the only one).
    pub fin: bool,
    /// Reserved bit 1: free for an extension (permessage-deflate: the message is compressed). RSV2 and RSV3 have no
    /// known use and are refused by [`parse`](Self::parse).
    pub rsv1: bool,
    /// What the frame is.
    pub opcode: Opcode,
    /// The masking key, present on every frame from a client.
    pub mask: Option<[u8; 4]>,
    /// Size of the payload in bytes, below 2^63.
    pub payload_len: u64,
}

impl Header {
    /// Reads a header from the beginning of `bytes`: the header and its own length, or `None` if there are too few bytes.
    ///
    /// # Errors
    ///
    /// What is wrong whoever sent it, told as soon as the byte is there: RSV2 or RSV3, a reserved opcode, a fragmented or
    /// too long control frame, a length that is not minimal or over 63 bits. Masking, order and limits are the
    /// [`Decoder`](crate::Decoder)'s.
    pub fn parse(bytes: &[u8]) -> Result<Option<(Self, usize)>, ProtocolError> {
        let Some(first) = bytes.first() else {
            return Ok(None);
        };
        let first = FirstByte::parse(*first)?;
        let Some(second) = bytes.get(1) else {
            return Ok(None);
        };
        first.check_control_len(*second)?;
        let Some((payload_len, at)) = parse_len(bytes)? else {
            return Ok(None);
        };
        let (mask, at) = if is_masked(*second) {
            let Some(key) = bytes[at..].first_chunk::<4>() else {
                return Ok(None);
            };
            (Some(*key), at + 4)
        } else {
            (None, at)
        };
        let FirstByte { fin, rsv1, opcode } = first;
        Ok(Some((Self { fin, rsv1, opcode, mask, payload_len }, at)))
    }

    /// Appends the header to `out`, its length minimally encoded.
    #[inline]
    pub fn write(&self, out: &mut Vec<u8>) {
        let mut bytes = [0; MAX_HEADER_LEN];
        let len = self.encode(&mut bytes);
        out.extend_from_slice(&bytes[..len]);
    }

    /// Writes the header to the beginning of `bytes`, and says how long it is.
    #[inline]
    pub(crate) fn encode(&self, bytes: &mut [u8; MAX_HEADER_LEN]) -> usize {
        bytes[0] = (u8::from(self.fin) << 7) | (u8::from(self.rsv1) << 6) | self.opcode.as_u8();
        let mut end = if self.payload_len <= 125 {
            bytes[1] = self.payload_len as u8;
            2
        } else if let Ok(short) = u16::try_from(self.payload_len) {
            bytes[1] = 126;
            bytes[2..4].copy_from_slice(&short.to_be_bytes());
            4
        } else {
            bytes[1] = 127;
            bytes[2..10].copy_from_slice(&self.payload_len.to_be_bytes());
            10
        };
        if let Some(key) = self.mask {
            bytes[1] |= MASK;
            bytes[end..end + 4].copy_from_slice(&key);
            end += 4;
        }
        end
    }

    /// How many bytes [`write`](Self::write) appends: 2 to 14.
    #[inline]
    pub const fn encoded_len(&self) -> usize {
        let length = match self.payload_len {
            0..=125 => 2,
            126..=0xffff => 4,
            _ => 10,
        };
        length + if self.mask.is_some() { 4 } else { 0 }
    }
}

/// The rules of a header's first byte.
#[derive(Clone, Copy)]
pub(crate) struct FirstByte {
    pub(crate) fin: bool,
    pub(crate) rsv1: bool,
    pub(crate) opcode: Opcode,
}

impl FirstByte {
    #[inline]
    pub(crate) const fn parse(byte: u8) -> Result<Self, ProtocolError> {
        if byte & RSV2_RSV3 != 0 {
            return Err(ProtocolError::ReservedBits);
        }
        let opcode = match Opcode::from_bits(byte & 0x0f) {
            Ok(opcode) => opcode,
            Err(error) => return Err(error),
        };
        let fin = byte & FIN != 0;
        if opcode.is_control() && !fin {
            return Err(ProtocolError::FragmentedControl);
        }
        Ok(Self { fin, rsv1: byte & RSV1 != 0, opcode })
    }

    /// A control frame's length is told by the second byte alone.
    #[inline]
    pub(crate) const fn check_control_len(self, second: u8) -> Result<(), ProtocolError> {
        if self.opcode.is_control() && (second & !MASK) as usize > MAX_CONTROL_LEN {
            return Err(ProtocolError::ControlTooLong);
        }
        Ok(())
    }
}

#[inline]
pub(crate) const fn is_masked(second: u8) -> bool {
    second & MASK != 0
}

/// The payload length of the header that `bytes` (at least two) begin with, and where it ends; `None`: too few bytes.
#[inline]
pub(crate) fn parse_len(bytes: &[u8]) -> Result<Option<(u64, usize)>, ProtocolError> {
    match bytes[1] & !MASK {
        126 => {
            let Some(length) = bytes[2..].first_chunk::<2>() else {
                return Ok(None);
            };
            let length = u16::from_be_bytes(*length);
            if length < 126 {
                return Err(ProtocolError::NonMinimalLength);
            }
            Ok(Some((u64::from(length), 4)))
        }
        127 => {
            let Some(length) = bytes[2..].first_chunk::<8>() else {
                return Ok(None);
            };
            let length = u64::from_be_bytes(*length);
            if length >> 63 != 0 {
                return Err(ProtocolError::LengthOverflow);
            }
            if length <= 0xffff {
                return Err(ProtocolError::NonMinimalLength);
            }
            Ok(Some((length, 10)))
        }
        short => Ok(Some((u64::from(short), 2))),
    }
}

/// Appends a whole frame to `out`; the payload is masked on the way when `mask` is given.
///
/// A client passes a fresh, unpredictable key for every frame
/// ([§5.3](https://www.rfc-editor.org/rfc/rfc6455#section-5.3)), a server `None`.
///
/// Text payloads are not checked: they are the caller's `&str`.
///
/// # Panics
///
/// In debug builds, for a control frame without `fin` or with more than 125 bytes: such a frame must not exist.
#[inline]
pub fn write(out: &mut Vec<u8>, opcode: Opcode, fin: bool, mask: Option<[u8; 4]>, payload: &[u8]) {
    debug_assert!(!opcode.is_control() || (fin && payload.len() <= MAX_CONTROL_LEN), "not a control frame");
    if mask.is_none() && payload.len() < 126 {
        // By far the commonest, and small enough to become part of the caller: a server's small message.
        out.extend_from_slice(&[first_byte(opcode, fin), payload.len() as u8]);
        out.extend_from_slice(payload);
    } else {
        write_other(out, opcode, fin, mask, payload);
    }
}

fn write_other(out: &mut Vec<u8>, opcode: Opcode, fin: bool, mask: Option<[u8; 4]>, payload: &[u8]) {
    match (mask, payload.len()) {
        (Some(key), length @ ..126) => {
            // A header of a size that the compiler knows.
            let [a, b, c, d] = key;
            out.extend_from_slice(&[first_byte(opcode, fin), MASK | length as u8, a, b, c, d]);
            append_masked(out, key, payload);
        }
        (mask, length) => {
            out.reserve(MAX_HEADER_LEN + length);
            Header { fin, rsv1: false, opcode, mask, payload_len: length as u64 }.write(out);
            match mask {
                Some(key) => append_masked(out, key, payload),
                None => out.extend_from_slice(payload),
            }
        }
    }
}

#[inline]
const fn first_byte(opcode: Opcode, fin: bool) -> u8 {
    (if fin { FIN } else { 0 }) | opcode.as_u8()
}

#[inline]
fn append_masked(out: &mut Vec<u8>, key: [u8; 4], payload: &[u8]) {
    let start = out.len();
    out.extend_from_slice(payload);
    mask::apply_blindly(&mut out[start..], key, 0);
}

/// Appends a close frame to `out`. The reason is cut at a character's boundary to 123 bytes.
///
/// A code that must not be sent ([`CloseCode::is_sendable`]) gives an empty close frame, without the reason: that is
/// how [`CloseCode::NO_STATUS`] is echoed.
pub fn write_close(out: &mut Vec<u8>, mask: Option<[u8; 4]>, code: CloseCode, reason: &str) {
    if !code.is_sendable() {
        return write(out, Opcode::Close, true, mask, &[]);
    }
    let mut end = reason.len().min(MAX_CONTROL_LEN - 2);
    while !reason.is_char_boundary(end) {
        end -= 1;
    }
    let reason = &reason.as_bytes()[..end];
    let mut payload = [0; MAX_CONTROL_LEN];
    payload[..2].copy_from_slice(&code.as_u16().to_be_bytes());
    payload[2..2 + reason.len()].copy_from_slice(reason);
    write(out, Opcode::Close, true, mask, &payload[..2 + reason.len()]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(payload_len: u64, mask: Option<[u8; 4]>) -> Header {
        Header { fin: true, rsv1: false, opcode: Opcode::Binary, mask, payload_len }
    }

    #[test]
    fn s5_2_headers_round_trip_at_every_boundary_of_the_length() {
        for payload_len in [0, 1, 125, 126, 127, 0xfffe, 0xffff, 0x1_0000, u64::MAX >> 1] {
            for mask in [None, Some([1, 2, 3, 4])] {
                let header = header(payload_len, mask);
                let mut bytes = Vec::new();
                header.write(&mut bytes);
                assert_eq!(bytes.len(), header.encoded_len());
                assert_eq!(Header::parse(&bytes), Ok(Some((header, bytes.len()))));
                for cut in 0..bytes.len() {
                    assert_eq!(Header::parse(&bytes[..cut]), Ok(None));
                }
            }
        }
    }

    #[test]
    fn s5_2_rsv1_is_told_rsv2_and_rsv3_are_refused() {
        let (header, _) = Header::parse(&[0xc2, 0]).unwrap().unwrap();
        assert!(header.rsv1);
        for first in [0xa2, 0x92] {
            assert_eq!(Header::parse(&[first]), Err(ProtocolError::ReservedBits));
        }
    }

    #[test]
    fn s5_7_examples_of_the_rfc_are_written() {
        let mut out = Vec::new();
        write(&mut out, Opcode::Text, true, None, b"Hello");
        assert_eq!(out, b"\x81\x05Hello");
        out.clear();
        write(&mut out, Opcode::Text, true, Some([0x37, 0xfa, 0x21, 0x3d]), b"Hello");
        assert_eq!(out, [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58]);
        out.clear();
        write(&mut out, Opcode::Binary, true, None, &[0; 256]);
        assert_eq!(out[..4], [0x82, 0x7e, 0x01, 0x00]);
        out.clear();
        write(&mut out, Opcode::Binary, true, None, &[0; 65536]);
        assert_eq!(out[..10], [0x82, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0]);
    }

    #[test]
    fn s5_5_1_a_close_reason_is_cut_between_characters() {
        let mut out = Vec::new();
        write_close(&mut out, None, CloseCode::NORMAL, &"x".repeat(123));
        assert_eq!(out.len(), 2 + 125);
        out.clear();
        write_close(&mut out, None, CloseCode::NORMAL, &"é".repeat(100));
        assert_eq!(out[1], 2 + 122);
        assert!(std::str::from_utf8(&out[4..]).is_ok());
    }

    #[test]
    fn s7_4_1_codes_that_must_not_be_sent_become_an_empty_close() {
        for code in [CloseCode::NO_STATUS, CloseCode::ABNORMAL, CloseCode::TLS] {
            let mut out = Vec::new();
            write_close(&mut out, None, code, "reason");
            assert_eq!(out, [0x88, 0]);
        }
    }
}
