//! The model that the decoder is held against: RFC 6455 as plainly as it can be written, over the whole input, slowly.
//!
//! It shares nothing with the decoder: it reads headers by itself (and holds [`Header::parse`] against that), unmasks byte
//! by byte, joins with `concat`, asks the standard library about UTF-8 and inflates with `miniz_oxide` ([`inflate`]).

mod inflate;

use mandovi_websocket::frame::Header;
use mandovi_websocket::{CloseCode, CloseFrame, Event, Limits, MessageRef, Opcode, ProtocolError, Role};

pub(crate) use inflate::Inflate;

/// What is told of a peer's bytes, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    Text(String),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(CloseFrame),
    Error(ProtocolError),
}

impl Seen {
    /// A text is checked here: it came out of an unchecked conversion.
    pub(crate) fn message(message: MessageRef<'_>) -> Self {
        match message {
            MessageRef::Text(text) => {
                Self::Text(std::str::from_utf8(text.as_bytes()).expect("a text message is UTF-8").to_owned())
            }
            MessageRef::Binary(bytes) => Self::Binary(bytes.to_vec()),
        }
    }

    pub(crate) fn event(event: Event<'_>) -> Self {
        match event {
            Event::Ping(payload) => Self::Ping(payload.to_vec()),
            Event::Pong(payload) => Self::Pong(payload.to_vec()),
            Event::Close(close) => Self::Close(close),
        }
    }

    pub(crate) const fn is_end(&self) -> bool {
        matches!(self, Self::Close(_) | Self::Error(_))
    }

    pub(crate) const fn is_message(&self) -> bool {
        matches!(self, Self::Text(_) | Self::Binary(_))
    }
}

/// The unfinished message: its kind and what came of it, as it came.
struct Open {
    is_text: bool,
    is_compressed: bool,
    payload: Vec<u8>,
}

/// What `role`'s end is told of `bytes`.
pub(crate) fn read(role: Role, limits: Limits, bytes: &[u8]) -> Vec<Seen> {
    read_with(role, limits, None, bytes).0
}

/// The same where compression was agreed, and what is not read: an unfinished frame, or what follows the end. (Of an
/// unfinished frame of a compressed message nothing is told.)
pub(crate) fn read_with(role: Role, limits: Limits, mut inflate: Option<Inflate>, bytes: &[u8]) -> (Vec<Seen>, &[u8]) {
    let mut seen = Vec::new();
    let mut open = None;
    let mut at = 0;
    loop {
        match frame(role, limits, &mut inflate, &bytes[at..], &mut open) {
            Ok(None) => return (seen, &bytes[at..]),
            Ok(Some((length, told))) => {
                at += length;
                seen.extend(told);
            }
            Err(error) => {
                seen.push(Seen::Error(error));
                return (seen, &bytes[at..]);
            }
        }
        if seen.last().is_some_and(Seen::is_end) {
            return (seen, &bytes[at..]);
        }
    }
}

/// One frame: its length, and what it completes. `None`: it is not whole, and nothing is wrong with it so far.
#[allow(clippy::type_complexity, reason = "said above")]
fn frame(
    role: Role,
    limits: Limits,
    inflate: &mut Option<Inflate>,
    bytes: &[u8],
    open: &mut Option<Open>,
) -> Result<Option<(usize, Option<Seen>)>, ProtocolError> {
    let Some((header, header_len)) = header(role, bytes, open.is_some(), inflate.is_some())? else {
        return Ok(None);
    };
    let arrived = &bytes[header_len..];
    let length = usize::try_from(header.payload_len).unwrap();
    let is_whole = arrived.len() >= length;
    let mut payload = arrived[..length.min(arrived.len())].to_vec();
    if let Some(key) = header.mask {
        for (at, byte) in payload.iter_mut().enumerate() {
            *byte ^= key[at % 4];
        }
    }
    if header.opcode.is_control() {
        if !is_whole {
            return Ok(None);
        }
        let told = match header.opcode {
            Opcode::Ping => Seen::Ping(payload),
            Opcode::Pong => Seen::Pong(payload),
            _ => Seen::Close(close(&payload)?),
        };
        return Ok(Some((header_len + length, Some(told))));
    }

    let (is_text, is_compressed, before) = match open {
        Some(open) => (open.is_text, open.is_compressed, open.payload.clone()),
        None => (header.opcode == Opcode::Text, header.rsv1, Vec::new()),
    };
    // What is compressed may be a little larger on the wire.
    let on_the_wire = |limit: usize| if is_compressed { limit + limit / 8 + 64 } else { limit };
    if length > on_the_wire(limits.max_frame_size) {
        return Err(ProtocolError::FrameTooBig { limit: limits.max_frame_size });
    }
    if before.len() + length > on_the_wire(limits.max_message_size) {
        return Err(ProtocolError::MessageTooBig { limit: limits.max_message_size });
    }
    let payload = [before, payload].concat();
    let is_last = is_whole && header.fin;
    let message = match inflate {
        Some(_) if is_compressed && !is_whole => return Ok(None),
        Some(inflate) if is_compressed => inflate.message(&payload, is_last, is_text, limits.max_message_size)?,
        _ => payload.clone(),
    };
    if is_text {
        check_text(&message, is_last)?;
    }
    if !is_whole {
        return Ok(None);
    }
    if !header.fin {
        *open = Some(Open { is_text, is_compressed, payload });
        return Ok(Some((header_len + length, None)));
    }
    *open = None;
    let told = if is_text { Seen::Text(String::from_utf8(message).unwrap()) } else { Seen::Binary(message) };
    Ok(Some((header_len + length, Some(told))))
}

/// So far, or as a whole.
fn check_text(text: &[u8], is_whole: bool) -> Result<(), ProtocolError> {
    match std::str::from_utf8(text) {
        Err(error) if error.error_len().is_some() || is_whole => Err(ProtocolError::InvalidUtf8),
        _ => Ok(()),
    }
}

/// The header, its bytes judged in the order of arrival.
fn header(
    role: Role,
    bytes: &[u8],
    is_open: bool,
    may_compress: bool,
) -> Result<Option<(Header, usize)>, ProtocolError> {
    let plain = any_header(bytes, |_| Ok(()), |_| Ok(()));
    assert_eq!(Header::parse(bytes), plain, "{:x?}", &bytes[..bytes.len().min(14)]);
    let of_first = |first: u8| match first {
        first if first & 0x40 != 0 && !(may_compress && matches!(first & 0x0f, 1 | 2)) => {
            Err(ProtocolError::ReservedBits)
        }
        first if first & 0x0f == 0 && !is_open => Err(ProtocolError::UnexpectedContinuation),
        first if matches!(first & 0x0f, 1 | 2) && is_open => Err(ProtocolError::ExpectedContinuation),
        _ => Ok(()),
    };
    let of_second = |second: u8| match (role, second & 0x80 != 0) {
        (Role::Server, false) => Err(ProtocolError::UnmaskedClientFrame),
        (Role::Client, true) => Err(ProtocolError::MaskedServerFrame),
        _ => Ok(()),
    };
    any_header(bytes, of_first, of_second)
}

/// A header by RFC 6455 §5.2, with more rules for its first two bytes.
fn any_header(
    bytes: &[u8],
    of_first: impl Fn(u8) -> Result<(), ProtocolError>,
    of_second: impl Fn(u8) -> Result<(), ProtocolError>,
) -> Result<Option<(Header, usize)>, ProtocolError> {
    let Some(&first) = bytes.first() else {
        return Ok(None);
    };
    if first & 0b0011_0000 != 0 {
        return Err(ProtocolError::ReservedBits);
    }
    let opcode = match first & 0x0f {
        0 => Opcode::Continuation,
        1 => Opcode::Text,
        2 => Opcode::Binary,
        8 => Opcode::Close,
        9 => Opcode::Ping,
        10 => Opcode::Pong,
        other => return Err(ProtocolError::ReservedOpcode(other)),
    };
    let fin = first >= 0x80;
    let is_control = first & 0x08 != 0;
    if is_control && !fin {
        return Err(ProtocolError::FragmentedControl);
    }
    of_first(first)?;
    let Some(&second) = bytes.get(1) else {
        return Ok(None);
    };
    of_second(second)?;
    let short = u64::from(second % 128);
    if is_control && short > 125 {
        return Err(ProtocolError::ControlTooLong);
    }
    let (more, least) = match short {
        126 => (2, 126),
        127 => (8, 65_536),
        _ => (0, 0),
    };
    let Some(length) = bytes.get(2..2 + more) else {
        return Ok(None);
    };
    let payload_len = if more == 0 { short } else { length.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)) };
    if payload_len > u64::MAX / 2 {
        return Err(ProtocolError::LengthOverflow);
    }
    if payload_len < least {
        return Err(ProtocolError::NonMinimalLength);
    }
    let at = 2 + more;
    let rsv1 = first & 0x40 != 0;
    if second < 0x80 {
        return Ok(Some((Header { fin, rsv1, opcode, mask: None, payload_len }, at)));
    }
    let Some(&[a, b, c, d]) = bytes.get(at..at + 4) else {
        return Ok(None);
    };
    Ok(Some((Header { fin, rsv1, opcode, mask: Some([a, b, c, d]), payload_len }, at + 4)))
}

fn close(payload: &[u8]) -> Result<CloseFrame, ProtocolError> {
    if payload.is_empty() {
        return Ok(CloseFrame { code: CloseCode::NO_STATUS, reason: String::new() });
    }
    let Some((code, reason)) = payload.split_first_chunk::<2>() else {
        return Err(ProtocolError::TruncatedCloseCode);
    };
    let code = u16::from_be_bytes(*code);
    if !matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999) {
        return Err(ProtocolError::InvalidCloseCode(code));
    }
    let reason = String::from_utf8(reason.to_vec()).map_err(|_| ProtocolError::InvalidCloseReason)?;
    Ok(CloseFrame { code: CloseCode::new(code).unwrap(), reason })
}
