//! Why an opening handshake fails, and what to answer.

use std::fmt;

use http::header::{ALLOW, CONNECTION, SEC_WEBSOCKET_VERSION, UPGRADE};
use http::{HeaderMap, HeaderValue, StatusCode};

/// An opening handshake that must not succeed
/// ([RFC 6455 §4](https://www.rfc-editor.org/rfc/rfc6455#section-4)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HandshakeError {
    /// Request: the method is not `GET` (405).
    MethodNotGet,
    /// Request: it does not ask for an upgrade to `websocket`, or is HTTP/1.0, where one has to be ignored (426).
    NotAnUpgrade,
    /// Request: not exactly one `Sec-WebSocket-Version`, with the value 13 (426).
    UnsupportedVersion,
    /// Request: not exactly one `Sec-WebSocket-Key`, with the base64 of 16 bytes (400).
    BadKey,
    /// Request or our own offer: a subprotocol is not a token, or stands twice (400).
    BadProtocols,
    /// Request: its list of extensions is malformed (400).
    BadExtensions,
    /// Request: not exactly one `Host` (400).
    BadHost,
    /// Request: it announces a body, which an upgrade must not have (400).
    UnexpectedBody,
    /// Request or response: not HTTP/1 at all; or ours cannot be written, because host or target contain spaces or
    /// control characters (400).
    Malformed,
    /// Request or response: its head is over the limit (431).
    HeadTooLarge,
    /// Extended `CONNECT`: the method is not `CONNECT`, or there is no `:protocol` (400).
    NotAConnect,
    /// Extended `CONNECT`: the `:protocol` is not `websocket` (501, as
    /// [RFC 9220 §3](https://www.rfc-editor.org/rfc/rfc9220#section-3) says).
    UnknownProtocol,
    /// Extended `CONNECT`: a `Connection` or an `Upgrade`, which only HTTP/1.1 has (400).
    ConnectionHeader,
    /// Extended `CONNECT`: not exactly one `Sec-WebSocket-Version`, with the value 13. 400 instead of 426, which must name an
    /// `Upgrade` ([RFC 9110 §15.5.22](https://www.rfc-editor.org/rfc/rfc9110#section-15.5.22)) where HTTP/2 has none
    /// ([RFC 9113 §8.2.2](https://www.rfc-editor.org/rfc/rfc9113#section-8.2.2)).
    ConnectVersion,
    /// Response: the server refused with this status. A server may make one of its own, for [`write_refusal`](super::write_refusal).
    Refused(StatusCode),
    /// Response: `Upgrade` is not `websocket`.
    BadUpgrade,
    /// Response: `Connection` has no `upgrade`.
    BadConnection,
    /// Response: `Sec-WebSocket-Accept` does not belong to our key.
    BadAccept,
    /// Response: a subprotocol that was not offered.
    UnofferedProtocol,
    /// Response: an extension that was not offered.
    UnofferedExtension,
    /// Response: its list of extensions is malformed, or parameters of permessage-deflate do not fit the offer.
    BadAgreement,
}

impl HandshakeError {
    /// The status that a server answers with. For a failure of the response: the status of the refusal, or 502, which is
    /// what a gateway would make of a server that answers wrongly.
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::MethodNotGet => StatusCode::METHOD_NOT_ALLOWED,
            Self::NotAnUpgrade | Self::UnsupportedVersion => StatusCode::UPGRADE_REQUIRED,
            Self::BadKey
            | Self::BadProtocols
            | Self::BadExtensions
            | Self::BadHost
            | Self::UnexpectedBody
            | Self::Malformed
            | Self::NotAConnect
            | Self::ConnectionHeader
            | Self::ConnectVersion => StatusCode::BAD_REQUEST,
            Self::UnknownProtocol => StatusCode::NOT_IMPLEMENTED,
            Self::HeadTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::Refused(status) => *status,
            Self::BadUpgrade
            | Self::BadConnection
            | Self::BadAccept
            | Self::UnofferedProtocol
            | Self::UnofferedExtension
            | Self::BadAgreement => StatusCode::BAD_GATEWAY,
        }
    }

    /// Headers that belong to the status: what we would accept instead. A 426 names `Upgrade`
    /// ([RFC 9110 §15.5.22](https://www.rfc-editor.org/rfc/rfc9110#section-15.5.22)) and the version
    /// ([RFC 6455 §4.4](https://www.rfc-editor.org/rfc/rfc6455#section-4.4)), a 405 the method. Without an upgrade the version
    /// is all that is left to say.
    pub fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        match self {
            Self::MethodNotGet => {
                headers.insert(ALLOW, HeaderValue::from_static("GET"));
            }
            Self::NotAnUpgrade | Self::UnsupportedVersion => {
                headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
                headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
                headers.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
            }
            Self::NotAConnect | Self::ConnectVersion => {
                headers.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
            }
            _ => {}
        }
        headers
    }
}

impl fmt::Display for HandshakeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::MethodNotGet => "the method of a WebSocket request must be GET",
            Self::NotAnUpgrade => "the request does not ask for an upgrade to websocket",
            Self::UnsupportedVersion | Self::ConnectVersion => "Sec-WebSocket-Version must be 13",
            Self::BadKey => "Sec-WebSocket-Key must be the base64 of 16 bytes",
            Self::BadProtocols => "Sec-WebSocket-Protocol must list different tokens",
            Self::BadExtensions => "Sec-WebSocket-Extensions is malformed",
            Self::BadHost => "the request must have one Host",
            Self::UnexpectedBody => "a WebSocket request must not have a body",
            Self::Malformed => "not a valid HTTP/1 head",
            Self::HeadTooLarge => "the HTTP head is too large",
            Self::NotAConnect => "over HTTP/2 a WebSocket is opened by an extended CONNECT (RFC 8441)",
            Self::UnknownProtocol => "the :protocol must be websocket",
            Self::ConnectionHeader => "an extended CONNECT must have neither Connection nor Upgrade",
            Self::Refused(status) => return write!(f, "the server refused with {status}"),
            Self::BadUpgrade => "the server did not upgrade to websocket",
            Self::BadConnection => "the server's Connection header has no upgrade",
            Self::BadAccept => "the server's Sec-WebSocket-Accept does not belong to our key",
            Self::UnofferedProtocol => "the server chose a subprotocol that was not offered",
            Self::BadAgreement => "the server's Sec-WebSocket-Extensions is malformed or does not fit the offer",
            Self::UnofferedExtension => "the server chose an extension that was not offered",
        })
    }
}

impl std::error::Error for HandshakeError {}
