//! The opening handshake over bytes, for a transport without an HTTP implementation.
//!
//! Heads only. The bytes behind a head belong to the caller: after an upgrade they are frames.

use http::header::{CONTENT_LENGTH, HOST, SEC_WEBSOCKET_PROTOCOL, TRANSFER_ENCODING};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri, Version};

use super::{Accepted, HandshakeError, offer_protocols, request_headers};

/// Most header fields in a head.
const MAX_HEADERS: usize = 64;

/// Server: reads a request's head from the beginning of `bytes`: the head and its length, or `None` if it is not complete.
///
/// `limit` is the most bytes that the head may have; 8 KiB is usual. Pass the result to [`check`](super::check).
///
/// # Errors
///
/// [`HeadTooLarge`](HandshakeError::HeadTooLarge), [`Malformed`](HandshakeError::Malformed), not exactly one `Host`
/// ([RFC 9112 §3.2](https://www.rfc-editor.org/rfc/rfc9112#section-3.2)), or a body.
pub fn parse_request(bytes: &[u8], limit: usize) -> Result<Option<(Request<()>, usize)>, HandshakeError> {
    let mut fields = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut head = httparse::Request::new(&mut fields);
    let Some(length) = complete(head.parse(within(bytes, limit)), bytes, limit)? else {
        return Ok(None);
    };
    let (method, path) = head.method.zip(head.path).ok_or(HandshakeError::Malformed)?;
    let mut request = Request::new(());
    *request.method_mut() = Method::from_bytes(method.as_bytes()).map_err(|_| HandshakeError::Malformed)?;
    *request.uri_mut() = path.parse::<Uri>().map_err(|_| HandshakeError::Malformed)?;
    *request.version_mut() = version(head.version)?;
    *request.headers_mut() = headers(head.headers)?;
    if request.headers().get_all(HOST).iter().count() != 1 {
        return Err(HandshakeError::BadHost);
    }
    let has_body = request.headers().contains_key(TRANSFER_ENCODING)
        || request.headers().get_all(CONTENT_LENGTH).iter().any(|value| value.as_bytes() != b"0");
    if has_body {
        return Err(HandshakeError::UnexpectedBody);
    }
    Ok(Some((request, length)))
}

/// Client: reads a response's head from the beginning of `bytes`: the head and its length, or `None` if it is not complete.
///
/// `limit` is the most bytes that the head may have; 8 KiB is usual. Pass the result to
/// [`verify_response`](super::verify_response). After a refusal, what follows the head is the response's body.
///
/// # Errors
///
/// [`HeadTooLarge`](HandshakeError::HeadTooLarge) or [`Malformed`](HandshakeError::Malformed).
pub fn parse_response(bytes: &[u8], limit: usize) -> Result<Option<(Response<()>, usize)>, HandshakeError> {
    let mut fields = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut head = httparse::Response::new(&mut fields);
    let Some(length) = complete(head.parse(within(bytes, limit)), bytes, limit)? else {
        return Ok(None);
    };
    let code = head.code.ok_or(HandshakeError::Malformed)?;
    let mut response = Response::new(());
    *response.status_mut() = StatusCode::from_u16(code).map_err(|_| HandshakeError::Malformed)?;
    *response.version_mut() = version(head.version)?;
    *response.headers_mut() = headers(head.headers)?;
    Ok(Some((response, length)))
}

/// Server: appends the 101 response to `out`. `protocol` as in [`Accepted::response_headers`]; `extra` headers follow.
pub fn write_response(out: &mut Vec<u8>, accepted: &Accepted, protocol: Option<&str>, extra: &HeaderMap) {
    out.extend_from_slice(b"HTTP/1.1 101 Switching Protocols\r\n");
    write_headers(out, &accepted.response_headers(protocol));
    write_headers(out, extra);
    out.extend_from_slice(b"\r\n");
}

/// Server: appends the response that refuses a handshake, with the error's text as its body, to `out`. Then end the
/// connection.
///
/// For reasons of one's own (an unknown path, a foreign origin) there is [`Refused`](HandshakeError::Refused):
///
/// ```
/// use mandovi_websocket::handshake::{self, HandshakeError};
///
/// let mut out = Vec::new();
/// handshake::write_refusal(&mut out, &HandshakeError::Refused(http::StatusCode::NOT_FOUND));
/// assert!(out.starts_with(b"HTTP/1.1 404 Not Found\r\n"));
/// ```
pub fn write_refusal(out: &mut Vec<u8>, error: &HandshakeError) {
    let status = error.status();
    let body = format!("{error}\n");
    let reason = status.canonical_reason().unwrap_or("Refused");
    out.extend_from_slice(format!("HTTP/1.1 {} {reason}\r\n", status.as_u16()).as_bytes());
    let mut headers = error.headers();
    headers.append(http::header::CONNECTION, HeaderValue::from_static("close"));
    headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
    write_headers(out, &headers);
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(body.as_bytes());
}

/// Client: appends the request for an upgrade to `out`.
///
/// `host` is the `Host` header (with the port if it is not the scheme's own), `target` the path and query, `key` from
/// [`key`](super::key()), `protocols` the offer, the preferred first. `extra` headers follow (origin, credentials, cookies).
///
/// # Errors
///
/// [`Malformed`](HandshakeError::Malformed) if `host` or `target` cannot stand in a request,
/// [`BadProtocols`](HandshakeError::BadProtocols) if the offer cannot. Nothing is written then.
///
/// # Panics
///
/// If `key` holds characters that no header may have, which base64 does not.
pub fn write_request(
    out: &mut Vec<u8>,
    host: &str,
    target: &str,
    key: &str,
    protocols: &[&str],
    extra: &HeaderMap,
) -> Result<(), HandshakeError> {
    let is_visible = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
    // No fragment, and no character that a URI has only encoded: `parse_request` would refuse, or cut, such a target.
    let is_target = target.parse::<PathAndQuery>().is_ok_and(|parsed| parsed.as_str() == target);
    if !is_visible(host) || !is_visible(target) || !target.starts_with('/') || !is_target {
        return Err(HandshakeError::Malformed);
    }
    let mut headers = request_headers(key);
    if let Some(offer) = offer_protocols(protocols)? {
        headers.insert(SEC_WEBSOCKET_PROTOCOL, offer);
    }
    out.extend_from_slice(format!("GET {target} HTTP/1.1\r\nhost: {host}\r\n").as_bytes());
    write_headers(out, &headers);
    write_headers(out, extra);
    out.extend_from_slice(b"\r\n");
    Ok(())
}

/// Not more than `limit` bytes are ever parsed, so a head over the limit is never taken, however it arrives.
fn within(bytes: &[u8], limit: usize) -> &[u8] {
    &bytes[..bytes.len().min(limit)]
}

fn complete(parsed: httparse::Result<usize>, bytes: &[u8], limit: usize) -> Result<Option<usize>, HandshakeError> {
    match parsed {
        Ok(httparse::Status::Complete(length)) => Ok(Some(length)),
        Ok(httparse::Status::Partial) if bytes.len() < limit => Ok(None),
        Ok(httparse::Status::Partial) | Err(httparse::Error::TooManyHeaders) => Err(HandshakeError::HeadTooLarge),
        Err(_) => Err(HandshakeError::Malformed),
    }
}

fn version(minor: Option<u8>) -> Result<Version, HandshakeError> {
    match minor {
        Some(0) => Ok(Version::HTTP_10),
        Some(1) => Ok(Version::HTTP_11),
        _ => Err(HandshakeError::Malformed),
    }
}

fn headers(fields: &[httparse::Header<'_>]) -> Result<HeaderMap, HandshakeError> {
    let mut headers = HeaderMap::with_capacity(fields.len());
    for field in fields {
        let name = HeaderName::from_bytes(field.name.as_bytes()).map_err(|_| HandshakeError::Malformed)?;
        let value = HeaderValue::from_bytes(field.value).map_err(|_| HandshakeError::Malformed)?;
        headers.append(name, value);
    }
    Ok(headers)
}

fn write_headers(out: &mut Vec<u8>, headers: &HeaderMap) {
    for (name, value) in headers {
        out.extend_from_slice(name.as_str().as_bytes());
        out.extend_from_slice(b": ");
        out.extend_from_slice(value.as_bytes());
        out.extend_from_slice(b"\r\n");
    }
}
