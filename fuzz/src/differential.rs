//! The same bytes to our decoder, to `tungstenite` and to `tokio-websockets`: the same messages, pings and pongs, the same
//! close frame, or a violation that all refuse with the same code.
//!
//! Where they differ it is written down, as narrowly as it can be said, in `tungstenite_may` and
//! `tokio_websockets_may`. Beside that, all look at violations at different times: one as soon as a byte is wrong, the
//! other when a frame is whole. So who still waits where another refused is given as many zeros as finish any frame
//! within the limits, and must then refuse as well.

mod theirs;

use mandovi_websocket::{Limits, ProtocolError, Role};

use crate::model::Seen;
use crate::source::Source;
use crate::{drive, model};

/// What an implementation makes of some bytes: what it delivers, and how it ends.
#[derive(Debug, PartialEq, Eq)]
struct Verdict {
    told: Vec<Told>,
    end: End,
}

/// What is delivered, as bytes: a foreign text need not be UTF-8.
#[derive(Debug, PartialEq, Eq)]
enum Told {
    Text(Vec<u8>),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
}

#[derive(Debug, PartialEq, Eq)]
enum End {
    /// It waits for more bytes.
    Waits,
    /// The peer closed; 1005 without a code.
    Closed(u16, String),
    /// The peer broke a rule: the close code of the answer.
    Refused(u16),
}

/// The input: role, limit, sizes of pieces (their length in front), the bytes.
pub fn run(data: &[u8]) {
    let mut source = Source::new(data);
    let role = source.role();
    // From 125 on, because both others bound control frames by it as well.
    let limit = 125 + usize::from(source.byte()) * 4;
    let limits = Limits::default().max_frame_size(limit).max_message_size(limit);
    let sizes = source.run();
    let bytes = source.rest();

    compare(role, limits, bytes, |bytes| theirs::tungstenite(role, limit, bytes, sizes), tungstenite_may);
    compare(role, limits, bytes, |bytes| theirs::tokio_websockets(role, limit, bytes, sizes), tokio_websockets_may);
}

fn compare(
    role: Role,
    limits: Limits,
    bytes: &[u8],
    read: impl Fn(&[u8]) -> Verdict,
    may_differ: fn(ProtocolError, &Verdict, &Verdict) -> bool,
) {
    let padded = [bytes, &vec![0; drive::enough(limits)]].concat();
    let (mut ours, mut error) = ours(role, limits, bytes);
    let mut theirs = read(bytes);
    match (&ours.end, &theirs.end) {
        (End::Refused(_), End::Waits) => theirs = read(&padded),
        (End::Waits, End::Refused(_)) => (ours, error) = self::ours(role, limits, &padded),
        _ => {}
    }
    if ours != theirs && !error.is_some_and(|error| may_differ(error, &ours, &theirs)) && !is_1014(&ours, &theirs) {
        panic!("ours: {ours:?} {error:?}\ntheirs: {theirs:?}");
    }
}

fn ours(role: Role, limits: Limits, bytes: &[u8]) -> (Verdict, Option<ProtocolError>) {
    let seen = drive::whole(role, limits, None, bytes);
    assert_eq!(seen, model::read(role, limits, bytes));
    let mut verdict = Verdict { told: Vec::new(), end: End::Waits };
    let mut error = None;
    for seen in seen {
        match seen {
            Seen::Text(text) => verdict.told.push(Told::Text(text.into_bytes())),
            Seen::Binary(bytes) => verdict.told.push(Told::Binary(bytes)),
            Seen::Ping(payload) => verdict.told.push(Told::Ping(payload)),
            Seen::Pong(payload) => verdict.told.push(Told::Pong(payload)),
            Seen::Close(close) => verdict.end = End::Closed(close.code.as_u16(), close.reason),
            Seen::Error(violation) => {
                verdict.end = End::Refused(violation.close_code().as_u16());
                error = Some(violation);
            }
        }
    }
    (verdict, error)
}

/// Close code 1014 was registered after RFC 6455; to `tungstenite` it does not exist.
fn is_1014(ours: &Verdict, theirs: &Verdict) -> bool {
    ours.told == theirs.told && matches!(ours.end, End::Closed(1014, _)) && theirs.end == End::Refused(1002)
}

/// Where `tungstenite` may differ from our `error`.
fn tungstenite_may(error: ProtocolError, ours: &Verdict, theirs: &Verdict) -> bool {
    // It takes lengths that are longer than they need be (RFC 6455 §5.2 says MUST). What follows then is not compared.
    if error == ProtocolError::NonMinimalLength {
        return theirs.told.starts_with(&ours.told);
    }
    // Also of control frames, where we look no further than at the byte that says "longer than 125".
    if error == ProtocolError::ControlTooLong && theirs.told.starts_with(&ours.told) {
        match theirs.told.get(ours.told.len()) {
            Some(Told::Ping(payload) | Told::Pong(payload)) if payload.len() <= 125 => return true,
            // A close frame, good or with text that is not UTF-8.
            None if matches!(theirs.end, End::Closed(..) | End::Refused(1007)) => return true,
            _ => {}
        }
    }
    let End::Refused(code) = theirs.end else {
        return false;
    };
    ours.told == theirs.told
        && match error {
            // The limit is the first thing that it looks at, before masks, reserved bits and order.
            ProtocolError::ReservedBits
            | ProtocolError::UnmaskedClientFrame
            | ProtocolError::MaskedServerFrame
            | ProtocolError::LengthOverflow
            | ProtocolError::FragmentedControl
            | ProtocolError::ControlTooLong
            | ProtocolError::UnexpectedContinuation
            | ProtocolError::ExpectedContinuation => code == 1009,
            // Of a close frame with two mistakes, it tells the other.
            ProtocolError::InvalidCloseCode(_) => code == 1007,
            _ => false,
        }
}

/// Where `tokio-websockets` may differ from our `error`.
fn tokio_websockets_may(error: ProtocolError, ours: &Verdict, theirs: &Verdict) -> bool {
    match error {
        // To it, a length over 63 bits is only too long.
        ProtocolError::LengthOverflow => ours.told == theirs.told && theirs.end == End::Refused(1009),
        // It validates a fragment before it asks whether the message became too long.
        ProtocolError::MessageTooBig { .. } => ours.told == theirs.told && theirs.end == End::Refused(1007),
        // It does not look at an empty last fragment, so it delivers a text that ends inside a character.
        ProtocolError::InvalidUtf8 => match theirs.told.strip_prefix(&ours.told[..]) {
            Some([Told::Text(text), ..]) => std::str::from_utf8(text).is_err_and(|error| error.error_len().is_none()),
            _ => false,
        },
        _ => false,
    }
}
