//! The opening handshake ([RFC 6455 §4](https://www.rfc-editor.org/rfc/rfc6455#section-4)), both sides.
//!
//! Over the [`http`] crate's types for those who have an HTTP implementation ([`check`], [`verify_response`]), and over
//! bytes for those who have none ([`parse_request`], [`write_response`], [`write_request`], [`parse_response`]).
//!
//! The version of [`http`] is a part of this crate's interface: it changes only with a release that may break.
//!
//! Over HTTP/2 and HTTP/3 a stream becomes a WebSocket by an extended `CONNECT`: [`check_connect`].
//!
//! It decides whether the handshake is valid, never whether it is welcome: paths, origins, credentials and the choice
//! of a subprotocol are the caller's.
//!
//! ```
//! use mandovi_websocket::handshake;
//!
//! let key = handshake::key([7; 16]); // 16 random bytes, new for every connection
//! let mut request = Vec::new();
//! handshake::write_request(&mut request, "example.org", "/chat", &key, &["chat.v1"], &http::HeaderMap::new())?;
//!
//! let (head, _) = handshake::parse_request(&request, 8192)?.expect("the head is complete");
//! let accepted = handshake::check(head.method(), head.version(), head.headers())?;
//! assert_eq!(accepted.protocols, ["chat.v1"]);
//! let mut response = Vec::new();
//! handshake::write_response(&mut response, &accepted, Some("chat.v1"), &http::HeaderMap::new());
//!
//! let (head, _) = handshake::parse_response(&response, 8192)?.expect("the head is complete");
//! let protocol = handshake::verify_response(head.status(), head.headers(), &key, &["chat.v1"])?;
//! assert_eq!(protocol.as_deref(), Some("chat.v1"));
//! # Ok::<(), handshake::HandshakeError>(())
//! ```

mod bytes;
mod connect;
mod error;
pub(crate) mod extensions;

pub use bytes::{parse_request, parse_response, write_refusal, write_request, write_response};
pub use connect::check_connect;
pub use error::HandshakeError;

use base64::Engine as _;
use base64::alphabet::STANDARD as ALPHABET;
use base64::engine::GeneralPurposeConfig;
use base64::engine::general_purpose::{GeneralPurpose, STANDARD};
use http::header::{
    CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version};
use sha1::{Digest, Sha1};

/// [§1.3](https://www.rfc-editor.org/rfc/rfc6455#section-1.3)
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// Padding is needed, but the unused bits of the last digit may be anything: nonces are not compared.
const LENIENT_BITS: GeneralPurpose =
    GeneralPurpose::new(&ALPHABET, GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true));

/// A valid request for a WebSocket, as [`check`] or [`check_connect`] found it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Accepted {
    /// The value of `Sec-WebSocket-Accept` for the response to an upgrade; an extended `CONNECT` has none.
    pub accept: Option<HeaderValue>,
    /// The subprotocols that the client offers, the preferred first. Empty: it offers none, and the response must not
    /// name one.
    pub protocols: Vec<String>,
    #[cfg(feature = "deflate")]
    offers: Vec<crate::deflate::Offer>,
    #[cfg(feature = "deflate")]
    agreement: Option<crate::deflate::Agreement>,
}

impl Accepted {
    /// Picks the first of the client's offers of permessage-deflate
    /// ([RFC 7692 §5.1](https://www.rfc-editor.org/rfc/rfc7692#section-5.1)), and names it in
    /// [`response_headers`](Self::response_headers) from now on. `None`: there is none, and messages go as they are.
    ///
    /// Give the agreement to [`Connection::with_deflate`](crate::Connection::with_deflate), or to
    /// [`Decoder::inflate`](crate::Decoder::inflate) and a [`Compressor`](crate::deflate::Compressor).
    ///
    /// Offers with anything that the RFC does not know are passed over.
    #[cfg(feature = "deflate")]
    #[cfg_attr(docsrs, doc(cfg(feature = "deflate")))]
    #[must_use = "the client will compress: the connection must know the agreement"]
    pub fn negotiate(&mut self, compression: &crate::deflate::Compression) -> Option<crate::deflate::Agreement> {
        self.agreement = self.offers.first().map(|offer| offer.accept(compression));
        self.agreement
    }

    /// The status of the response: 101 to an upgrade ([§4.2.2](https://www.rfc-editor.org/rfc/rfc6455#section-4.2.2)), 200
    /// to an extended `CONNECT` ([RFC 8441 §5](https://www.rfc-editor.org/rfc/rfc8441#section-5)).
    pub const fn status(&self) -> StatusCode {
        if self.accept.is_some() { StatusCode::SWITCHING_PROTOCOLS } else { StatusCode::OK }
    }

    /// The headers of that response. `protocol` is the one that was chosen out of [`protocols`](Self::protocols); any other
    /// is left out, because the client would have to fail the connection.
    pub fn response_headers(&self, protocol: Option<&str>) -> HeaderMap {
        let mut headers = HeaderMap::with_capacity(4);
        if let Some(accept) = &self.accept {
            headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
            headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
            headers.insert(SEC_WEBSOCKET_ACCEPT, accept.clone());
        }
        let protocol = protocol.filter(|chosen| self.protocols.iter().any(|offered| offered == chosen));
        if let Some(value) = protocol.and_then(|chosen| HeaderValue::from_str(chosen).ok()) {
            headers.insert(SEC_WEBSOCKET_PROTOCOL, value);
        }
        #[cfg(feature = "deflate")]
        if let Some(agreement) = &self.agreement {
            headers.insert(http::header::SEC_WEBSOCKET_EXTENSIONS, agreement.to_header());
        }
        headers
    }
}

/// The `Sec-WebSocket-Accept` that belongs to a `Sec-WebSocket-Key`
/// ([§4.2.2](https://www.rfc-editor.org/rfc/rfc6455#section-4.2.2), step 5.4).
///
/// ```
/// use mandovi_websocket::handshake::accept_key;
///
/// assert_eq!(accept_key("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
/// ```
pub fn accept_key(key: &str) -> String {
    STANDARD.encode(Sha1::new().chain_update(key.as_bytes()).chain_update(GUID).finalize())
}

/// The `Sec-WebSocket-Key` of a nonce: 16 bytes, random, new for every connection
/// ([§4.1](https://www.rfc-editor.org/rfc/rfc6455#section-4.1)).
pub fn key(nonce: [u8; 16]) -> String {
    STANDARD.encode(nonce)
}

/// Server: whether a request is a valid opening handshake.
///
/// `Host` is left to the HTTP implementation (or [`parse_request`]). For HTTP/2 and later there is [`check_connect`].
///
/// # Errors
///
/// In this order: method, upgrade, version, key, subprotocols, extensions. Answer with the error's
/// [`status`](HandshakeError::status) and [`headers`](HandshakeError::headers).
pub fn check(method: &Method, version: Version, headers: &HeaderMap) -> Result<Accepted, HandshakeError> {
    if method != Method::GET {
        return Err(HandshakeError::MethodNotGet);
    }
    if version < Version::HTTP_11
        || !has_token(headers, &CONNECTION, "upgrade")
        || !has_token(headers, &UPGRADE, "websocket")
    {
        return Err(HandshakeError::NotAnUpgrade);
    }
    if only(headers, &SEC_WEBSOCKET_VERSION) != Some("13") {
        return Err(HandshakeError::UnsupportedVersion);
    }
    let key = only(headers, &SEC_WEBSOCKET_KEY).filter(|key| is_key(key)).ok_or(HandshakeError::BadKey)?;
    let accept = HeaderValue::try_from(accept_key(key)).map_err(|_| HandshakeError::BadKey)?;
    accepted(Some(accept), headers)
}

/// The rest of a request, which is judged alike whatever carries it.
fn accepted(accept: Option<HeaderValue>, headers: &HeaderMap) -> Result<Accepted, HandshakeError> {
    let protocols = offered_protocols(headers)?;
    // Judged whether or not we want one (RFC 6455 §9.1).
    let extensions = extensions::parse(headers)?;
    #[cfg(not(feature = "deflate"))]
    let _ = extensions;
    Ok(Accepted {
        accept,
        protocols,
        #[cfg(feature = "deflate")]
        offers: crate::deflate::Offer::all(&extensions),
        #[cfg(feature = "deflate")]
        agreement: None,
    })
}

/// Client: the headers that make a request an upgrade, with a `key` from [`key`](key()). `Host` and
/// `Sec-WebSocket-Protocol` ([`offer_protocols`]) are not among them, nor is an offer of compression.
///
/// # Panics
///
/// If `key` holds characters that no header may have, which base64 does not.
pub fn request_headers(key: &str) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(8);
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
    headers.insert(SEC_WEBSOCKET_KEY, HeaderValue::from_str(key).expect("base64 is a valid header value"));
    headers
}

/// Client: the `Sec-WebSocket-Protocol` header that offers `protocols`, the preferred first; `None` for no offer.
///
/// # Errors
///
/// [`HandshakeError::BadProtocols`] if one is not a token or stands twice.
pub fn offer_protocols(protocols: &[&str]) -> Result<Option<HeaderValue>, HandshakeError> {
    if protocols.is_empty() {
        return Ok(None);
    }
    let mut value = String::new();
    for (at, protocol) in protocols.iter().enumerate() {
        if !is_token(protocol) || protocols[..at].contains(protocol) {
            return Err(HandshakeError::BadProtocols);
        }
        if at > 0 {
            value.push_str(", ");
        }
        value.push_str(protocol);
    }
    HeaderValue::try_from(value).map(Some).map_err(|_| HandshakeError::BadProtocols)
}

/// Client: whether the response completes the handshake that was begun with `key` and the offer of `protocols`
/// ([§4.1](https://www.rfc-editor.org/rfc/rfc6455#section-4.1), the numbered list at the end). Gives the subprotocol
/// that the server chose.
///
/// # Errors
///
/// [`HandshakeError::Refused`] for any other status than 101, else what is wrong with the 101; the connection must
/// then be dropped.
pub fn verify_response(
    status: StatusCode,
    headers: &HeaderMap,
    key: &str,
    protocols: &[&str],
) -> Result<Option<String>, HandshakeError> {
    let protocol = verify_upgrade(status, headers, key, protocols)?;
    if !extensions::parse(headers).map_err(|_| HandshakeError::BadAgreement)?.is_empty() {
        return Err(HandshakeError::UnofferedExtension);
    }
    Ok(protocol)
}

/// Client: as [`verify_response`], after a request with [`Compression::offer`](crate::deflate::Compression::offer). Gives also
/// what was agreed on it, or `None` if the server declined.
///
/// # Errors
///
/// As [`verify_response`]; [`HandshakeError::BadAgreement`] when the server did not grant what was asked for.
#[cfg(feature = "deflate")]
#[cfg_attr(docsrs, doc(cfg(feature = "deflate")))]
pub fn verify_response_with(
    status: StatusCode,
    headers: &HeaderMap,
    key: &str,
    protocols: &[&str],
    compression: &crate::deflate::Compression,
) -> Result<Verified, HandshakeError> {
    let protocol = verify_upgrade(status, headers, key, protocols)?;
    Ok(Verified { protocol, deflate: compression.verify(headers)? })
}

/// What a server's answer comes to, as [`verify_response_with`] found it.
#[cfg(feature = "deflate")]
#[cfg_attr(docsrs, doc(cfg(feature = "deflate")))]
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verified {
    /// The subprotocol that the server chose.
    pub protocol: Option<String>,
    /// The compression that was agreed; `None` if the server declined.
    pub deflate: Option<crate::deflate::Agreement>,
}

fn verify_upgrade(
    status: StatusCode,
    headers: &HeaderMap,
    key: &str,
    protocols: &[&str],
) -> Result<Option<String>, HandshakeError> {
    if status != StatusCode::SWITCHING_PROTOCOLS {
        return Err(HandshakeError::Refused(status));
    }
    if !only(headers, &UPGRADE).is_some_and(|value| value.eq_ignore_ascii_case("websocket")) {
        return Err(HandshakeError::BadUpgrade);
    }
    if !has_token(headers, &CONNECTION, "upgrade") {
        return Err(HandshakeError::BadConnection);
    }
    if only(headers, &SEC_WEBSOCKET_ACCEPT) != Some(accept_key(key).as_str()) {
        return Err(HandshakeError::BadAccept);
    }
    if !headers.contains_key(SEC_WEBSOCKET_PROTOCOL) {
        return Ok(None);
    }
    only(headers, &SEC_WEBSOCKET_PROTOCOL)
        .filter(|chosen| protocols.contains(chosen))
        .map(|chosen| Some(chosen.to_owned()))
        .ok_or(HandshakeError::UnofferedProtocol)
}

/// The value of a header that stands exactly once, without the whitespace around it.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    if values.next().is_some() {
        return None;
    }
    value.to_str().ok().map(str::trim)
}

/// Whether `token` stands in the comma-separated lists of all headers of that name, in any case.
fn has_token(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|item| item.trim().eq_ignore_ascii_case(token))
}

/// Padding is required, so 16 bytes are always 24 characters.
fn is_key(key: &str) -> bool {
    let mut nonce = [0; 18];
    LENIENT_BITS.decode_slice(key, &mut nonce) == Ok(16)
}

/// [RFC 9110 §5.6.2](https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2)
fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// The client's list over all its `Sec-WebSocket-Protocol` headers; empty elements are skipped, as in every HTTP list.
fn offered_protocols(headers: &HeaderMap) -> Result<Vec<String>, HandshakeError> {
    let mut protocols: Vec<String> = Vec::new();
    for value in headers.get_all(SEC_WEBSOCKET_PROTOCOL) {
        let value = value.to_str().map_err(|_| HandshakeError::BadProtocols)?;
        for protocol in value.split(',').map(str::trim).filter(|protocol| !protocol.is_empty()) {
            if !is_token(protocol) || protocols.iter().any(|before| before == protocol) {
                return Err(HandshakeError::BadProtocols);
            }
            protocols.push(protocol.to_owned());
        }
    }
    Ok(protocols)
}

#[cfg(test)]
mod tests;
