//! The client's side of the opening handshake over bytes: any response is judged alike however it arrives, within its limit;
//! only a 101 that answers our key and our offer is taken; and what our own server writes is taken.

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version, header};
use mandovi_websocket::handshake::{self, HandshakeError};

use crate::request::{assert_refusal, assert_same_at_every_cut};
use crate::source::Source;

/// The offer of every handshake here, so that inputs can answer it.
const OFFER: [&str; 2] = ["chat.v1", "chat.v2"];

/// The input: which of both ways, the limit, then a response's bytes or what to write one from. The key is that of RFC 6455
/// §1.3.
pub fn run(data: &[u8]) {
    let key = handshake::key(*b"the sample nonce");
    let mut source = Source::new(data);
    if source.byte() & 1 == 0 {
        let limit = match source.byte() {
            0 => 8192,
            small => usize::from(small) * 4,
        };
        any_bytes(source.rest(), limit, &key);
    } else {
        written(source, &key);
    }
}

fn any_bytes(bytes: &[u8], limit: usize, key: &str) {
    let whole = handshake::parse_response(bytes, limit);
    assert_same_at_every_cut(bytes, &whole, |bytes| handshake::parse_response(bytes, limit));
    let (head, length) = match whole {
        Ok(Some(parsed)) => parsed,
        Ok(None) => {
            assert!(bytes.len() < limit, "a head at the limit is waited for");
            // As large as the limit is too large, where the end is still to come.
            assert_eq!(handshake::parse_response(bytes, bytes.len()).unwrap_err(), HandshakeError::HeadTooLarge);
            return;
        }
        Err(error) => {
            assert!(matches!(error, HandshakeError::Malformed | HandshakeError::HeadTooLarge), "{error:?}");
            return;
        }
    };
    assert!(length <= limit && bytes[..length].ends_with(b"\n"));
    match handshake::verify_response(head.status(), head.headers(), key, &OFFER) {
        Ok(protocol) => {
            assert_eq!(head.status(), StatusCode::SWITCHING_PROTOCOLS);
            assert_eq!(head.headers()[header::SEC_WEBSOCKET_ACCEPT].to_str().unwrap(), handshake::accept_key(key));
            assert!(protocol.is_none_or(|protocol| OFFER.contains(&&*protocol)));
        }
        Err(HandshakeError::Refused(status)) => {
            assert_eq!(status, head.status());
            assert_ne!(status, StatusCode::SWITCHING_PROTOCOLS);
            assert_refusal(&HandshakeError::Refused(status));
        }
        Err(error) => {
            assert_eq!(head.status(), StatusCode::SWITCHING_PROTOCOLS);
            assert_eq!(error.status(), StatusCode::BAD_GATEWAY);
        }
    }
}

/// A response of ours, with any protocol and any header of the caller's.
fn written(mut source: Source<'_>, key: &str) {
    let mut word = || String::from_utf8_lossy(source.run()).into_owned();
    let (protocol, name, value) = (word(), word(), word());
    let mut request = handshake::request_headers(key);
    request.insert(header::SEC_WEBSOCKET_PROTOCOL, handshake::offer_protocols(&OFFER).unwrap().unwrap());
    let accepted = handshake::check(&Method::GET, Version::HTTP_11, &request).unwrap();
    let mut extra = HeaderMap::new();
    if let (Ok(name), Ok(value)) = (HeaderName::try_from(format!("x-{name}")), HeaderValue::try_from(value)) {
        extra.insert(name, value);
    }
    let mut wire = Vec::new();
    handshake::write_response(&mut wire, &accepted, Some(&protocol), &extra);
    let (head, length) = handshake::parse_response(&wire, wire.len()).unwrap().unwrap();
    assert_eq!(length, wire.len());
    assert_eq!(handshake::parse_response(&wire, wire.len() - 1).unwrap_err(), HandshakeError::HeadTooLarge);
    let chosen = handshake::verify_response(head.status(), head.headers(), key, &OFFER).unwrap();
    assert_eq!(chosen.as_deref(), OFFER.contains(&&*protocol).then_some(&*protocol));
    for (name, value) in &extra {
        assert_eq!(head.headers()[name].as_bytes(), value.as_bytes().trim_ascii());
    }
}
