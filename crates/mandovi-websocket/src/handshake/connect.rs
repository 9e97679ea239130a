//! The opening handshake over HTTP/2 ([RFC 8441](https://www.rfc-editor.org/rfc/rfc8441)) and HTTP/3
//! ([RFC 9220](https://www.rfc-editor.org/rfc/rfc9220)): one stream, opened by an extended `CONNECT`, instead of a whole TCP
//! connection.

use http::header::{CONNECTION, SEC_WEBSOCKET_VERSION, UPGRADE};
use http::{HeaderMap, Method};

use super::{Accepted, HandshakeError, accepted, only};

/// Server: whether a request of HTTP/2 or HTTP/3 is a valid opening handshake: an extended `CONNECT` whose `:protocol` is
/// `websocket`.
///
/// The pseudo-headers that such a request must have besides ([§4](https://www.rfc-editor.org/rfc/rfc8441#section-4): `:scheme`,
/// `:path`, `:authority`) are left to the HTTP implementation, and so is announcing `SETTINGS_ENABLE_CONNECT_PROTOCOL`. There
/// is no key to answer: `Sec-WebSocket-Key` and `Sec-WebSocket-Accept` are not looked at
/// ([§5](https://www.rfc-editor.org/rfc/rfc8441#section-5)). Frames are those of RFC 6455, masks included.
///
/// ```
/// use http::{HeaderMap, HeaderValue, Method};
/// use mandovi_websocket::handshake;
///
/// let mut headers = HeaderMap::new();
/// headers.insert("sec-websocket-version", HeaderValue::from_static("13"));
/// let accepted = handshake::check_connect(&Method::CONNECT, Some("websocket"), &headers)?;
/// assert_eq!(accepted.status(), 200);
/// assert!(accepted.response_headers(None).is_empty());
/// # Ok::<(), handshake::HandshakeError>(())
/// ```
///
/// # Errors
///
/// In this order: method, protocol, headers of HTTP/1.1, version, subprotocols, extensions. Answer with the error's
/// [`status`](HandshakeError::status) and [`headers`](HandshakeError::headers).
pub fn check_connect(method: &Method, protocol: Option<&str>, headers: &HeaderMap) -> Result<Accepted, HandshakeError> {
    let protocol = protocol.filter(|_| method == Method::CONNECT).ok_or(HandshakeError::NotAConnect)?;
    // RFC 9110 §7.8, which lists the names: in any case.
    if !protocol.eq_ignore_ascii_case("websocket") {
        return Err(HandshakeError::UnknownProtocol);
    }
    if headers.contains_key(CONNECTION) || headers.contains_key(UPGRADE) {
        return Err(HandshakeError::ConnectionHeader);
    }
    if only(headers, &SEC_WEBSOCKET_VERSION) != Some("13") {
        return Err(HandshakeError::ConnectVersion);
    }
    accepted(None, headers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    const WEBSOCKET: Option<&str> = Some("websocket");

    fn headers(fields: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    fn connect(more: &[(&'static str, &'static str)]) -> Result<Accepted, HandshakeError> {
        let fields: Vec<_> = [("sec-websocket-version", "13")].iter().chain(more).copied().collect();
        check_connect(&Method::CONNECT, WEBSOCKET, &headers(&fields))
    }

    #[test]
    fn rfc8441_s5_1_the_example() {
        let accepted = connect(&[
            ("sec-websocket-protocol", "chat, superchat"),
            ("sec-websocket-extensions", "permessage-deflate"),
            ("origin", "http://www.example.com"),
        ])
        .unwrap();
        assert_eq!(
            (accepted.status().as_u16(), accepted.protocols.as_slice()),
            (200, &["chat".into(), "superchat".into()][..])
        );
        let headers = accepted.response_headers(Some("chat"));
        assert_eq!(headers.len(), 1, "neither Upgrade nor Connection nor Sec-WebSocket-Accept: {headers:?}");
        assert_eq!(headers["sec-websocket-protocol"], "chat");
        assert!(accepted.response_headers(Some("other")).is_empty());
    }

    #[test]
    fn rfc8441_s4_it_is_a_connect_with_a_protocol() {
        let version = headers(&[("sec-websocket-version", "13")]);
        for (method, protocol) in [
            (Method::GET, WEBSOCKET),
            (Method::GET, None),
            (Method::POST, WEBSOCKET),
            // A plain tunnel.
            (Method::CONNECT, None),
        ] {
            let error = check_connect(&method, protocol, &version).unwrap_err();
            assert_eq!(error, HandshakeError::NotAConnect, "{method} {protocol:?}");
            assert_eq!(error.status(), 400);
            assert_eq!(error.headers()["sec-websocket-version"], "13");
        }
    }

    #[test]
    fn rfc9220_s3_another_protocol_is_not_implemented() {
        let version = headers(&[("sec-websocket-version", "13")]);
        for protocol in ["connect-udp", "", "websocket ", "websockets"] {
            let error = check_connect(&Method::CONNECT, Some(protocol), &version).unwrap_err();
            assert_eq!((error, error.status().as_u16()), (HandshakeError::UnknownProtocol, 501), "{protocol:?}");
            assert!(error.headers().is_empty());
        }
        assert!(check_connect(&Method::CONNECT, Some("WebSocket"), &version).is_ok());
    }

    #[test]
    fn rfc8441_s5_headers_of_http_1_1_must_not_be_there() {
        for field in [("connection", "upgrade"), ("connection", "keep-alive"), ("upgrade", "websocket")] {
            let error = connect(&[field]).unwrap_err();
            assert_eq!((error, error.status().as_u16()), (HandshakeError::ConnectionHeader, 400), "{field:?}");
        }
    }

    #[test]
    fn rfc8441_s5_the_key_is_not_looked_at() {
        for key in ["dGhlIHNhbXBsZSBub25jZQ==", "no key"] {
            let accepted = connect(&[("sec-websocket-key", key), ("sec-websocket-accept", "x")]).unwrap();
            assert_eq!(accepted.accept, None);
            assert!(accepted.response_headers(None).is_empty());
        }
    }

    #[test]
    fn rfc6455_s4_2_1_the_version_must_be_13_and_is_told() {
        for fields in [
            &[][..],
            &[("sec-websocket-version", "8")],
            &[("sec-websocket-version", "13, 8")],
            &[("sec-websocket-version", "13"), ("sec-websocket-version", "13")],
        ] {
            let error = check_connect(&Method::CONNECT, WEBSOCKET, &headers(fields)).unwrap_err();
            assert_eq!((error, error.status().as_u16()), (HandshakeError::ConnectVersion, 400), "{fields:?}");
            let told = error.headers();
            assert_eq!((told.len(), &told["sec-websocket-version"]), (1, &HeaderValue::from_static("13")));
        }
    }

    #[test]
    fn rfc6455_s4_2_1_subprotocols_are_different_tokens() {
        for offer in ["a, a", "a b", "\""] {
            let error = connect(&[("sec-websocket-protocol", offer)]).unwrap_err();
            assert_eq!(error, HandshakeError::BadProtocols, "{offer:?}");
        }
    }
}
