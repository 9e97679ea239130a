//! How streams end, for documents: the words beside the codes.
//!
//! What a client does about a code is decided by `mandovi::class`; a test there holds this list against it.

use mandovi_model::ErrorClass;

/// A way in which a stream ends, beside the errors that its method declares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CloseCode {
    /// The code of the close frame; 1006 where there was none.
    pub code: u16,
    /// `complete`, or what a client should do: `recoverable`, `exhausted`, `unauthenticated`, `fatal`.
    pub class: &'static str,
    /// The reason, where it is always the same.
    pub reason: Option<&'static str>,
    /// What it means.
    pub description: &'static str,
}

const fn code(code: u16, class: &'static str, reason: Option<&'static str>, description: &'static str) -> CloseCode {
    CloseCode { code, class, reason, description }
}

/// The codes that every stream may end with, in their order.
pub const CLOSE_CODES: &[CloseCode] = &[
    code(1000, "complete", Some("server closing connection"), "The end of the server's stream."),
    code(1001, "recoverable", Some("server shutting down"), "The server stops, and had no more time."),
    code(1002, "fatal", None, "The peer broke the WebSocket protocol."),
    code(1006, "recoverable", None, "The connection ended without a close frame: no code travels."),
    code(1007, "fatal", None, "A message broke the contract; the reason says how, in at most 123 bytes."),
    code(1008, "fatal", None, "A policy of the server."),
    code(1009, "fatal", None, "A message is larger than the peer takes."),
    code(1011, "recoverable", None, "A failure of the server. Nothing more is told."),
    code(1012, "recoverable", None, "The server stops or restarts; the reason says when to come back."),
    code(1013, "exhausted", None, "The client took nothing for too long."),
    code(4401, "unauthenticated", Some(r#"{"name":"token_expired"}"#), "The credential has expired."),
];

/// What a client should do about a declared error, by the words of [`CLOSE_CODES`]: what its design says, else what its status does.
///
/// Not for users; a test of the runtime, which decides, holds it against that.
#[doc(hidden)]
pub const fn class_of(status: u16, retry_after: bool, class: ErrorClass) -> &'static str {
    if class.fatal {
        return "fatal";
    } else if class.unauthenticated {
        return "unauthenticated";
    } else if class.exhausted {
        return "exhausted";
    } else if class.recoverable {
        return "recoverable";
    }
    match status {
        401 => "unauthenticated",
        429 => "exhausted",
        503 if retry_after => "exhausted",
        501 | 505 if !(class.temporary || class.timeout || class.fault) => "fatal",
        408 | 500..=599 => "recoverable",
        _ if class.temporary || class.timeout || class.fault => "recoverable",
        _ => "fatal",
    }
}
