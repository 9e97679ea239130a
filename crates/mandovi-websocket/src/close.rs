//! How a connection ends: codes, the close frame, and who has said goodbye
//! ([RFC 6455 §7](https://www.rfc-editor.org/rfc/rfc6455#section-7)).

use std::fmt;

use crate::ProtocolError;

/// A close status code ([RFC 6455 §7.4](https://www.rfc-editor.org/rfc/rfc6455#section-7.4)), named as in the
/// [IANA registry](https://www.iana.org/assignments/websocket/websocket.xhtml#close-code-number).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CloseCode(u16);

impl CloseCode {
    /// 1000: the purpose of the connection is fulfilled.
    pub const NORMAL: Self = Self(1000);
    /// 1001: a server goes down, or a page is left.
    pub const GOING_AWAY: Self = Self(1001);
    /// 1002: the peer broke the protocol.
    pub const PROTOCOL_ERROR: Self = Self(1002);
    /// 1003: a kind of message that cannot be accepted here.
    pub const UNSUPPORTED_DATA: Self = Self(1003);
    /// 1005: a close frame without a code was received. Never sent as a number.
    pub const NO_STATUS: Self = Self(1005);
    /// 1006: the connection ended without a close frame. Never sent.
    pub const ABNORMAL: Self = Self(1006);
    /// 1007: a message's content is not what its type says, such as text that is not UTF-8.
    pub const INVALID_PAYLOAD: Self = Self(1007);
    /// 1008: a message violates a policy.
    pub const POLICY_VIOLATION: Self = Self(1008);
    /// 1009: a message is too big.
    pub const MESSAGE_TOO_BIG: Self = Self(1009);
    /// 1010: the client needs an extension that the server did not accept.
    pub const MANDATORY_EXTENSION: Self = Self(1010);
    /// 1011: the sender met an error of its own.
    pub const INTERNAL_ERROR: Self = Self(1011);
    /// 1012: the service restarts.
    pub const SERVICE_RESTART: Self = Self(1012);
    /// 1013: overloaded; try again later.
    pub const TRY_AGAIN_LATER: Self = Self(1013);
    /// 1014: a gateway got an invalid response from upstream.
    pub const BAD_GATEWAY: Self = Self(1014);
    /// 1015: the TLS handshake failed. Never sent.
    pub const TLS: Self = Self(1015);

    /// The code, if it may stand in a close frame: 1000 to 1003, 1007 to 1014, 3000 to 4999
    /// ([§7.4.2](https://www.rfc-editor.org/rfc/rfc6455#section-7.4.2)).
    pub const fn new(code: u16) -> Option<Self> {
        match code {
            1000..=1003 | 1007..=1014 | 3000..=4999 => Some(Self(code)),
            _ => None,
        }
    }

    /// The number.
    pub const fn as_u16(self) -> u16 {
        self.0
    }

    /// Whether the code may stand in a close frame; not so for [`NO_STATUS`](Self::NO_STATUS),
    /// [`ABNORMAL`](Self::ABNORMAL) and [`TLS`](Self::TLS), which only describe what happened.
    pub const fn is_sendable(self) -> bool {
        Self::new(self.0).is_some()
    }

    const fn name(self) -> &'static str {
        match self.0 {
            1000 => "normal closure",
            1001 => "going away",
            1002 => "protocol error",
            1003 => "unsupported data",
            1005 => "no status received",
            1006 => "abnormal closure",
            1007 => "invalid frame payload data",
            1008 => "policy violation",
            1009 => "message too big",
            1010 => "mandatory extension",
            1011 => "internal error",
            1012 => "service restart",
            1013 => "try again later",
            1014 => "bad gateway",
            1015 => "TLS handshake",
            3000..=3999 => "registered",
            _ => "private use",
        }
    }
}

/// `1001 going away`
impl fmt::Display for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0, self.name())
    }
}

impl fmt::Debug for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<CloseCode> for u16 {
    fn from(code: CloseCode) -> Self {
        code.0
    }
}

/// A close frame as it was received ([§5.5.1](https://www.rfc-editor.org/rfc/rfc6455#section-5.5.1)).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CloseFrame {
    /// Why the peer closes; [`CloseCode::NO_STATUS`] where its frame was empty.
    pub code: CloseCode,
    /// More about why, for people; at most 123 bytes, often empty.
    pub reason: String,
}

impl CloseFrame {
    /// Reads the unmasked payload of a close frame.
    pub(crate) fn parse(payload: &[u8]) -> Result<Self, ProtocolError> {
        let (code, reason) = match payload {
            [] => {
                return Ok(Self { code: CloseCode::NO_STATUS, reason: String::new() });
            }
            [_] => return Err(ProtocolError::TruncatedCloseCode),
            [high, low, reason @ ..] => (u16::from_be_bytes([*high, *low]), reason),
        };
        let code = CloseCode::new(code).ok_or(ProtocolError::InvalidCloseCode(code))?;
        let reason = std::str::from_utf8(reason).map_err(|_| ProtocolError::InvalidCloseReason)?;
        Ok(Self { code, reason: reason.to_owned() })
    }
}

/// `1001 going away: maintenance`
impl fmt::Display for CloseFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.code, f)?;
        if self.reason.is_empty() { Ok(()) } else { write!(f, ": {}", self.reason) }
    }
}

/// The close handshake ([§7.1](https://www.rfc-editor.org/rfc/rfc6455#section-7.1)): who has sent a close frame.
///
/// ```text
///                  ┌──────┐
///       send_close │ Open │ recv_close
///         ┌────────┤      ├────────┐
///         ▼        └──────┘        ▼
///    ┌────────┐               ┌──────────┐
///    │  Sent  │               │ Received │  (owes the echo)
///    └────┬───┘               └────┬─────┘
///         │ recv_close             │ send_close
///         │       ┌────────┐       │
///         └──────▶│ Closed │◀──────┘
///                 └────────┘
/// ```
///
/// After `send_close` nothing more may be sent, after `recv_close` nothing more arrives. In `Closed` the server ends
/// the transport first, the client waits for that for a while ([§7.1.1]). Time is the caller's.
///
/// [§7.1.1]: https://www.rfc-editor.org/rfc/rfc6455#section-7.1.1
///
/// ```
/// use mandovi_websocket::{CloseCode, CloseFrame, CloseState};
///
/// let mut close = CloseState::new();
/// let frame = CloseFrame { code: CloseCode::GOING_AWAY, reason: String::new() };
/// let echo = close.recv_close(&frame).expect("we have not closed yet, so we owe an answer");
/// assert_eq!(echo, CloseCode::GOING_AWAY);
/// assert!(close.send_close(echo)); // and write the frame
/// assert!(close.is_complete());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct CloseState {
    sent: Option<CloseCode>,
    received: Option<CloseCode>,
}

impl CloseState {
    /// An open connection.
    pub const fn new() -> Self {
        Self { sent: None, received: None }
    }

    /// We are about to send a close frame. `true`: write it now; `false`: one was sent before, send nothing more.
    #[must_use = "a second close frame must not be written"]
    pub const fn send_close(&mut self, code: CloseCode) -> bool {
        if self.sent.is_some() {
            return false;
        }
        self.sent = Some(code);
        true
    }

    /// A close frame arrived. Gives the code to echo, or `None` if ours was sent before and no answer is owed.
    ///
    /// The echo counts as sent only with [`send_close`](Self::send_close). Its code may be
    /// [`CloseCode::NO_STATUS`], which [`frame::write_close`](crate::frame::write_close) writes as an empty frame.
    #[must_use = "the peer waits for the echo"]
    pub fn recv_close(&mut self, frame: &CloseFrame) -> Option<CloseCode> {
        self.received.get_or_insert(frame.code);
        if self.sent.is_some() { None } else { Some(frame.code) }
    }

    /// Whether a close frame was sent: nothing more may be.
    pub const fn is_sent(&self) -> bool {
        self.sent.is_some()
    }

    /// Whether a close frame was received: nothing more will be.
    pub const fn is_received(&self) -> bool {
        self.received.is_some()
    }

    /// Whether both have: the transport may end cleanly.
    pub const fn is_complete(&self) -> bool {
        self.is_sent() && self.is_received()
    }

    /// The code that we sent, if any.
    pub const fn sent(&self) -> Option<CloseCode> {
        self.sent
    }

    /// The code that the peer sent, if any.
    pub const fn received(&self) -> Option<CloseCode> {
        self.received
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(code: CloseCode) -> CloseFrame {
        CloseFrame { code, reason: String::new() }
    }

    #[test]
    fn s7_4_2_only_codes_of_the_registry_and_3000_to_4999_exist() {
        for code in 0..=u16::MAX {
            let valid = matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999);
            assert_eq!(CloseCode::new(code).is_some(), valid, "{code}");
        }
        for code in [CloseCode::NO_STATUS, CloseCode::ABNORMAL, CloseCode::TLS] {
            assert!(!code.is_sendable());
        }
    }

    #[test]
    fn s5_5_1_payloads() {
        assert_eq!(CloseFrame::parse(b""), Ok(frame(CloseCode::NO_STATUS)));
        assert_eq!(CloseFrame::parse(b"\x03"), Err(ProtocolError::TruncatedCloseCode));
        assert_eq!(CloseFrame::parse(b"\x03\xe8"), Ok(frame(CloseCode::NORMAL)));
        let bye = CloseFrame::parse(b"\x03\xe9bye").unwrap();
        assert_eq!(bye.to_string(), "1001 going away: bye");
        assert_eq!(CloseFrame::parse(b"\x03\xe8\xff"), Err(ProtocolError::InvalidCloseReason));
        assert_eq!(CloseFrame::parse(b"\x03\xed"), Err(ProtocolError::InvalidCloseCode(1005)));
    }

    #[test]
    fn s7_1_closing_first() {
        let mut close = CloseState::new();
        assert!(close.send_close(CloseCode::NORMAL));
        assert!(close.is_sent() && !close.is_received() && !close.is_complete());
        assert!(!close.send_close(CloseCode::GOING_AWAY));
        assert_eq!(close.sent(), Some(CloseCode::NORMAL));
        assert_eq!(close.recv_close(&frame(CloseCode::NORMAL)), None);
        assert!(close.is_complete());
    }

    #[test]
    fn s5_5_1_answering_echoes_the_code() {
        let mut close = CloseState::new();
        assert_eq!(close.recv_close(&frame(CloseCode::NO_STATUS)), Some(CloseCode::NO_STATUS));
        assert!(close.is_received() && !close.is_complete());
        assert!(close.send_close(CloseCode::NO_STATUS));
        assert!(close.is_complete());
        assert_eq!(close.received(), Some(CloseCode::NO_STATUS));
    }
}
