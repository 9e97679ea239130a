//! The server's side of the opening handshake over bytes: any request is judged alike however it arrives, within its
//! limit, with a documented status; and a request that we write ourselves is always one that we accept.

use http::{HeaderMap, HeaderName, HeaderValue, Request, header};
use mandovi_websocket::handshake::{self, HandshakeError};

use crate::source::Source;

/// The input: which of both ways, the limit, then a request's bytes or what to write one from.
pub fn run(data: &[u8]) {
    let mut source = Source::new(data);
    if source.byte() & 1 == 0 {
        let limit = match source.byte() {
            0 => 8192,
            small => usize::from(small) * 4,
        };
        any_bytes(source.rest(), limit);
    } else {
        written(source);
    }
}

fn any_bytes(bytes: &[u8], limit: usize) {
    let whole = handshake::parse_request(bytes, limit);
    assert_same_at_every_cut(bytes, &whole, |bytes| handshake::parse_request(bytes, limit));
    let (head, length) = match whole {
        Ok(Some(parsed)) => parsed,
        Ok(None) => {
            assert!(bytes.len() < limit, "a head at the limit is waited for");
            // As large as the limit is too large, where the end is still to come.
            assert_eq!(handshake::parse_request(bytes, bytes.len()).unwrap_err(), HandshakeError::HeadTooLarge);
            return;
        }
        Err(error) => {
            assert!(matches!(error.status().as_u16(), 400 | 431), "{error:?}");
            return assert_refusal(&error);
        }
    };
    assert!(length <= limit && bytes[..length].ends_with(b"\n"));
    assert_eq!(head.headers().get_all(header::HOST).iter().count(), 1);
    let accepted = match handshake::check(head.method(), head.version(), head.headers()) {
        Ok(accepted) => accepted,
        Err(error) => {
            assert!(matches!(error.status().as_u16(), 400 | 405 | 426), "{error:?}");
            return assert_refusal(&error);
        }
    };
    let key = head.headers()[header::SEC_WEBSOCKET_KEY].to_str().unwrap().trim();
    assert_eq!(accepted.accept.as_ref().unwrap(), &handshake::accept_key(key));
    for protocol in accepted.protocols.iter().map(|protocol| Some(&**protocol)).chain([None]) {
        let mut response = Vec::new();
        handshake::write_response(&mut response, &accepted, protocol, &HeaderMap::new());
        let (answer, end) = handshake::parse_response(&response, response.len()).unwrap().unwrap();
        assert_eq!(end, response.len());
        let chosen =
            handshake::verify_response(answer.status(), answer.headers(), key, &borrowed(&accepted.protocols)).unwrap();
        assert_eq!(chosen.as_deref(), protocol);
    }
    again(&head, key, &accepted);
}

/// What was accepted, written by our own client, is accepted again and means the same.
fn again(head: &Request<()>, key: &str, accepted: &handshake::Accepted) {
    let Ok(host) = head.headers()[header::HOST].to_str() else {
        return;
    };
    let target = head.uri().path_and_query().map_or("", |target| target.as_str());
    let mut extra = head.headers().clone();
    for name in [
        header::HOST,
        header::CONNECTION,
        header::UPGRADE,
        header::SEC_WEBSOCKET_KEY,
        header::SEC_WEBSOCKET_VERSION,
        header::SEC_WEBSOCKET_PROTOCOL,
    ] {
        extra.remove(name);
    }
    let mut wire = Vec::new();
    if handshake::write_request(&mut wire, host, target, key, &borrowed(&accepted.protocols), &extra).is_err() {
        assert!(wire.is_empty());
        return;
    }
    let (head, length) = handshake::parse_request(&wire, wire.len()).unwrap().unwrap();
    assert_eq!(length, wire.len());
    assert_eq!(head.headers()[header::HOST], host);
    assert_eq!(head.uri().path_and_query().unwrap().as_str(), target);
    assert_eq!(&handshake::check(head.method(), head.version(), head.headers()).unwrap(), accepted);
}

/// A request of ours from any words: either it is refused and nothing is written, or it says exactly those words.
fn written(mut source: Source<'_>) {
    let nonce: [u8; 16] = std::array::from_fn(|_| source.byte());
    let mut word = || String::from_utf8_lossy(source.run()).into_owned();
    let (host, target) = (word(), word());
    let protocols: Vec<String> = word().split('|').filter(|word| !word.is_empty()).map(str::to_owned).collect();
    let (name, value) = (word(), word());
    let mut extra = HeaderMap::new();
    if let (Ok(name), Ok(value)) = (HeaderName::try_from(format!("x-{name}")), HeaderValue::try_from(value)) {
        extra.insert(name, value);
    }
    let key = handshake::key(nonce);
    let mut wire = b"before".to_vec();
    let written = handshake::write_request(&mut wire, &host, &target, &key, &borrowed(&protocols), &extra);
    assert!(wire.starts_with(b"before"));
    let wire = &wire[6..];
    if let Err(error) = written {
        assert!(matches!(error, HandshakeError::Malformed | HandshakeError::BadProtocols), "{error:?}");
        assert!(wire.is_empty(), "a refused request was begun");
        return;
    }
    let parsed = handshake::parse_request(wire, wire.len());
    let (head, length) = parsed.unwrap_or_else(|error| panic!("we refuse what we write: {error}")).unwrap();
    assert_eq!(length, wire.len());
    assert_eq!(handshake::parse_request(wire, wire.len() - 1).unwrap_err(), HandshakeError::HeadTooLarge);
    assert_eq!(head.headers()[header::HOST], host);
    assert_eq!(head.uri().to_string(), target);
    let accepted = handshake::check(head.method(), head.version(), head.headers()).unwrap();
    assert_eq!(accepted.protocols, protocols);
    assert_eq!(accepted.accept.as_ref().unwrap(), &handshake::accept_key(&key));
    for (name, value) in &extra {
        assert_eq!(head.headers()[name].as_bytes(), value.as_bytes().trim_ascii());
    }
}

/// A head is complete, or wrong, from some byte on: before it every beginning is waited for, from it on all are judged alike.
pub(crate) fn assert_same_at_every_cut<T, E>(
    bytes: &[u8],
    whole: &Result<Option<(T, usize)>, E>,
    parse: impl Fn(&[u8]) -> Result<Option<(T, usize)>, E>,
) where
    T: std::fmt::Debug,
    E: std::fmt::Debug + PartialEq,
{
    // Every cut of a short head; of a long one those around its end and some between.
    let step = bytes.len() / 300 + 1;
    let mut decided = false;
    for end in (0..=bytes.len()).filter(|end| end % step == 0 || end + 40 > bytes.len()) {
        match (parse(&bytes[..end]), whole) {
            (Ok(None), _) => assert!(!decided, "what was decided is open again at {end}"),
            (Ok(Some((head, length))), Ok(Some((expected, expected_length)))) => {
                decided = true;
                assert_eq!(length, *expected_length);
                assert!(end >= length);
                assert_eq!(format!("{head:?}"), format!("{expected:?}"));
            }
            (Err(error), Err(expected)) => {
                decided = true;
                assert_eq!(error, *expected, "at {end} of {}", bytes.len());
            }
            (other, _) => panic!("{other:?} at {end}, but {whole:?} as a whole"),
        }
    }
    assert_eq!(decided, !matches!(whole, Ok(None)));
}

/// The answer is a response that says the error's status, and its length.
pub(crate) fn assert_refusal(error: &HandshakeError) {
    let mut out = Vec::new();
    handshake::write_refusal(&mut out, error);
    let (head, length) = handshake::parse_response(&out, out.len()).unwrap().unwrap();
    assert_eq!(head.status(), error.status());
    assert_eq!(head.headers()[header::CONTENT_LENGTH], (out.len() - length).to_string());
    for (name, value) in &error.headers() {
        assert!(head.headers().get_all(name).iter().any(|written| written == value));
    }
    let verified = handshake::verify_response(head.status(), head.headers(), "", &[]);
    assert_eq!(verified, Err(HandshakeError::Refused(error.status())));
}

fn borrowed(protocols: &[String]) -> Vec<&str> {
    protocols.iter().map(String::as_str).collect()
}
