//! What a peer can do wrong. Every violation knows the close code to answer with.

use std::fmt;

use crate::CloseCode;

/// A rule of RFC 6455, or one of our [`Limits`](crate::Limits), that the peer broke.
///
/// The connection cannot go on: send a close frame with [`close_code`](Self::close_code) and end it
/// ([§7.1.7](https://www.rfc-editor.org/rfc/rfc6455#section-7.1.7)). About how to end it so that the peer sees that frame, see
/// [`Connection::next_message`](crate::Connection::next_message).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ProtocolError {
    /// A reserved bit is set that no negotiated extension defines for this frame
    /// ([§5.2](https://www.rfc-editor.org/rfc/rfc6455#section-5.2)).
    ReservedBits,
    /// The opcode is one of the reserved ones, 3 to 7 or 11 to 15
    /// ([§5.2](https://www.rfc-editor.org/rfc/rfc6455#section-5.2)).
    ReservedOpcode(u8),
    /// A client sent a frame without a mask ([§5.1](https://www.rfc-editor.org/rfc/rfc6455#section-5.1)).
    UnmaskedClientFrame,
    /// A server sent a masked frame ([§5.1](https://www.rfc-editor.org/rfc/rfc6455#section-5.1)).
    MaskedServerFrame,
    /// The payload length uses more bytes than it needs
    /// ([§5.2](https://www.rfc-editor.org/rfc/rfc6455#section-5.2)).
    NonMinimalLength,
    /// The most significant bit of the 64-bit length is set
    /// ([§5.2](https://www.rfc-editor.org/rfc/rfc6455#section-5.2)).
    LengthOverflow,
    /// A control frame is fragmented ([§5.5](https://www.rfc-editor.org/rfc/rfc6455#section-5.5)).
    FragmentedControl,
    /// A control frame's payload is longer than 125 bytes
    /// ([§5.5](https://www.rfc-editor.org/rfc/rfc6455#section-5.5)).
    ControlTooLong,
    /// A continuation frame where no message is unfinished
    /// ([§5.4](https://www.rfc-editor.org/rfc/rfc6455#section-5.4)).
    UnexpectedContinuation,
    /// A new message began while another is unfinished
    /// ([§5.4](https://www.rfc-editor.org/rfc/rfc6455#section-5.4)).
    ExpectedContinuation,
    /// A text message is not UTF-8 ([§8.1](https://www.rfc-editor.org/rfc/rfc6455#section-8.1)).
    InvalidUtf8,
    /// A compressed message cannot be inflated
    /// ([RFC 7692 §7.2.2](https://www.rfc-editor.org/rfc/rfc7692#section-7.2.2)).
    CorruptDeflate,
    /// A close frame's payload is one byte, too short for a status code
    /// ([§5.5.1](https://www.rfc-editor.org/rfc/rfc6455#section-5.5.1)).
    TruncatedCloseCode,
    /// A close frame carries a status code that must not be sent
    /// ([§7.4](https://www.rfc-editor.org/rfc/rfc6455#section-7.4)).
    InvalidCloseCode(u16),
    /// A close frame's reason is not UTF-8 ([§5.5.1](https://www.rfc-editor.org/rfc/rfc6455#section-5.5.1)).
    InvalidCloseReason,
    /// A frame announces more than [`Limits::max_frame_size`](crate::Limits::max_frame_size) bytes
    /// ([§10.4](https://www.rfc-editor.org/rfc/rfc6455#section-10.4)).
    FrameTooBig {
        /// The limit, in bytes.
        limit: usize,
    },
    /// A message grows over [`Limits::max_message_size`](crate::Limits::max_message_size) bytes, inflated or not
    /// ([§10.4](https://www.rfc-editor.org/rfc/rfc6455#section-10.4)).
    MessageTooBig {
        /// The limit, in bytes.
        limit: usize,
    },
}

impl ProtocolError {
    /// The code for the close frame that answers this violation: 1007 for bytes that are not UTF-8 or cannot be inflated,
    /// 1009 for a limit, 1002 for the rest ([§7.4.1](https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1)).
    pub const fn close_code(&self) -> CloseCode {
        match self {
            Self::InvalidUtf8 | Self::InvalidCloseReason | Self::CorruptDeflate => CloseCode::INVALID_PAYLOAD,
            Self::FrameTooBig { .. } | Self::MessageTooBig { .. } => CloseCode::MESSAGE_TOO_BIG,
            _ => CloseCode::PROTOCOL_ERROR,
        }
    }
}

impl fmt::Display for ProtocolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ReservedBits => f.write_str("a reserved bit is set that no extension defines here (RFC 6455 §5.2)"),
            Self::ReservedOpcode(opcode) => {
                write!(f, "opcode {opcode} is reserved (RFC 6455 §5.2)")
            }
            Self::UnmaskedClientFrame => f.write_str("a client's frame is not masked (RFC 6455 §5.1)"),
            Self::MaskedServerFrame => f.write_str("a server's frame is masked (RFC 6455 §5.1)"),
            Self::NonMinimalLength => f.write_str("the payload length is not minimally encoded (RFC 6455 §5.2)"),
            Self::LengthOverflow => f.write_str("the payload length does not fit 63 bits (RFC 6455 §5.2)"),
            Self::FragmentedControl => f.write_str("a control frame is fragmented (RFC 6455 §5.5)"),
            Self::ControlTooLong => f.write_str("a control frame is longer than 125 bytes (RFC 6455 §5.5)"),
            Self::UnexpectedContinuation => f.write_str("a continuation frame without a message (RFC 6455 §5.4)"),
            Self::ExpectedContinuation => f.write_str("a new message inside a fragmented one (RFC 6455 §5.4)"),
            Self::InvalidUtf8 => f.write_str("a text message is not UTF-8 (RFC 6455 §8.1)"),
            Self::CorruptDeflate => f.write_str("a compressed message cannot be inflated (RFC 7692 §7.2.2)"),
            Self::TruncatedCloseCode => f.write_str("a close frame of one byte (RFC 6455 §5.5.1)"),
            Self::InvalidCloseCode(code) => {
                write!(f, "close code {code} must not be sent (RFC 6455 §7.4)")
            }
            Self::InvalidCloseReason => f.write_str("a close reason is not UTF-8 (RFC 6455 §5.5.1)"),
            Self::FrameTooBig { limit } => {
                write!(f, "a frame is over {limit} bytes (RFC 6455 §10.4)")
            }
            Self::MessageTooBig { limit } => {
                write!(f, "a message is over {limit} bytes (RFC 6455 §10.4)")
            }
        }
    }
}

impl std::error::Error for ProtocolError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s7_4_1_every_violation_has_its_close_code() {
        for (error, code) in [
            (ProtocolError::ReservedBits, 1002),
            (ProtocolError::InvalidCloseCode(1005), 1002),
            (ProtocolError::InvalidUtf8, 1007),
            (ProtocolError::InvalidCloseReason, 1007),
            (ProtocolError::CorruptDeflate, 1007),
            (ProtocolError::FrameTooBig { limit: 1 }, 1009),
            (ProtocolError::MessageTooBig { limit: 1 }, 1009),
        ] {
            assert_eq!(error.close_code().as_u16(), code, "{error}");
            assert!(error.to_string().contains("(RFC "), "{error}");
        }
    }
}
