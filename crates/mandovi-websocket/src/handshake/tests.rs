use super::*;
use http::header::SEC_WEBSOCKET_EXTENSIONS;
use http::header::{CONTENT_LENGTH, HOST, TRANSFER_ENCODING};

const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
const NONE: &[&str] = &[];

/// The headers of a valid request, then those given; a name of theirs replaces ours, an empty list removes it.
fn request(changes: &[(HeaderName, &[&str])]) -> Result<Accepted, HandshakeError> {
    check(&Method::GET, Version::HTTP_11, &changed(request_headers(KEY), changes))
}

fn response(changes: &[(HeaderName, &[&str])], protocols: &[&str]) -> Result<Option<String>, HandshakeError> {
    let accepted = request(&[]).unwrap();
    let headers = changed(accepted.response_headers(None), changes);
    verify_response(StatusCode::SWITCHING_PROTOCOLS, &headers, KEY, protocols)
}

fn changed(mut headers: HeaderMap, changes: &[(HeaderName, &[&str])]) -> HeaderMap {
    for (name, values) in changes {
        headers.remove(name);
        for value in *values {
            headers.append(name, HeaderValue::from_str(value).unwrap());
        }
    }
    headers
}

#[test]
fn s1_3_the_accept_key_of_the_rfc() {
    assert_eq!(accept_key(KEY), ACCEPT);
    assert_eq!(key(*b"the sample nonce"), KEY);
    let accepted = request(&[]).unwrap();
    assert_eq!(accepted.accept.as_ref().unwrap(), ACCEPT);
    assert_eq!(accepted.status(), 101);
}

#[test]
fn s4_1_the_method_must_be_get() {
    for method in [Method::POST, Method::HEAD, Method::CONNECT] {
        let error = check(&method, Version::HTTP_11, &request_headers(KEY)).unwrap_err();
        assert_eq!(error, HandshakeError::MethodNotGet);
        assert_eq!(error.status(), 405);
        assert_eq!(error.headers()["allow"], "GET");
    }
}

#[test]
fn s4_1_http_1_0_cannot_upgrade() {
    let error = check(&Method::GET, Version::HTTP_10, &request_headers(KEY)).unwrap_err();
    assert_eq!(error, HandshakeError::NotAnUpgrade);
}

#[test]
fn s4_2_1_connection_must_contain_upgrade_in_any_list_and_case() {
    for good in [&["Upgrade"][..], &["keep-alive, UPGRADE"], &["keep-alive", "upgrade"], &["a,b , upgrade ,c"]] {
        assert!(request(&[(CONNECTION, good)]).is_ok(), "{good:?}");
    }
    for bad in [&[][..], &["close"], &["upgraded"], &["up grade"], &["x-upgrade, keep-alive"]] {
        let error = request(&[(CONNECTION, bad)]).unwrap_err();
        assert_eq!(error, HandshakeError::NotAnUpgrade, "{bad:?}");
        assert_eq!(error.status(), 426);
    }
}

#[test]
fn s4_2_1_upgrade_must_contain_websocket() {
    for good in [&["WebSocket"][..], &["h2c, websocket"], &["h2c", "WEBSOCKET"]] {
        assert!(request(&[(UPGRADE, good)]).is_ok(), "{good:?}");
    }
    for bad in [&[][..], &["h2c"], &["websockets"], &["websocket/13"]] {
        assert_eq!(request(&[(UPGRADE, bad)]), Err(HandshakeError::NotAnUpgrade), "{bad:?}");
    }
}

#[test]
fn s4_4_the_version_must_be_13_exactly_once() {
    for bad in [&[][..], &["12"], &["8"], &["13, 8"], &["13", "13"], &["013"], &[""]] {
        let error = request(&[(SEC_WEBSOCKET_VERSION, bad)]).unwrap_err();
        assert_eq!(error, HandshakeError::UnsupportedVersion, "{bad:?}");
        assert_eq!(error.status(), 426);
        assert_eq!(error.headers()["sec-websocket-version"], "13");
        assert_eq!(error.headers()["upgrade"], "websocket");
    }
}

#[test]
fn s4_2_1_the_key_must_be_16_bytes_in_base64_exactly_once() {
    assert!(request(&[(SEC_WEBSOCKET_KEY, &["AQIDBAUGBwgJCgsMDQ4PEC=="])]).is_ok(), "unused bits may be set");
    for bad in [
        &[][..],
        &[""],
        &["dGhlIHNhbXBsZSBub25jZQ"], // without padding
        &["dGhlIHNhbXBsZSBub25jZQ="],
        &["dGhlIHNhbXBsZSBub25j"],     // 15 bytes
        &["dGhlIHNhbXBsZSBub25jZWUx"], // 18 bytes
        &["dGhlIHNhbXBsZSBub25jZWU="], // 17 bytes
        &["dGhlIHNhbXBsZSBub25jZ!=="],
        &["this is not base64 data!"],
        &[KEY, KEY],
    ] {
        let error = request(&[(SEC_WEBSOCKET_KEY, bad)]).unwrap_err();
        assert_eq!(error, HandshakeError::BadKey, "{bad:?}");
        assert_eq!(error.status(), 400);
    }
}

#[test]
fn s4_1_subprotocols_are_different_tokens() {
    let accepted = request(&[(SEC_WEBSOCKET_PROTOCOL, &["a, b", "c.d,,E"])]).unwrap();
    assert_eq!(accepted.protocols, ["a", "b", "c.d", "E"]);
    assert!(request(&[]).unwrap().protocols.is_empty());
    for bad in [&["a, a"][..], &["a", "a"], &["a b"], &["a/b"], &["a;q=1"], &["\"a\""], &["(a)"]] {
        let error = request(&[(SEC_WEBSOCKET_PROTOCOL, bad)]).unwrap_err();
        assert_eq!(error, HandshakeError::BadProtocols, "{bad:?}");
        assert_eq!(error.status(), 400);
    }
    assert_eq!(offer_protocols(&["a", "b"]).unwrap().unwrap(), "a, b");
    assert_eq!(offer_protocols(NONE), Ok(None));
    for bad in [&["a", "a"][..], &[""], &["a,b"], &["é"], &["a\r\nx: y"]] {
        assert_eq!(offer_protocols(bad), Err(HandshakeError::BadProtocols));
    }
}

#[test]
fn s4_2_2_only_an_offered_protocol_is_answered() {
    let accepted = request(&[(SEC_WEBSOCKET_PROTOCOL, &["a, b"])]).unwrap();
    assert_eq!(accepted.response_headers(Some("b"))["sec-websocket-protocol"], "b");
    for protocol in [None, Some("c"), Some("A")] {
        assert!(!accepted.response_headers(protocol).contains_key(SEC_WEBSOCKET_PROTOCOL));
    }
}

#[test]
fn s4_1_a_response_is_verified() {
    assert_eq!(response(&[], NONE), Ok(None));
    assert_eq!(response(&[(SEC_WEBSOCKET_PROTOCOL, &["b"])], &["a", "b"]), Ok(Some("b".to_owned())));
    assert_eq!(response(&[(SEC_WEBSOCKET_EXTENSIONS, &[""])], NONE), Ok(None));
    assert_eq!(response(&[(UPGRADE, &["WebSocket"]), (CONNECTION, &["x, UPGRADE"])], NONE), Ok(None));
    let bad: [(HeaderName, &[&str], HandshakeError); 14] = [
        (UPGRADE, &[], HandshakeError::BadUpgrade),
        (UPGRADE, &["h2c"], HandshakeError::BadUpgrade),
        (UPGRADE, &["websocket, h2c"], HandshakeError::BadUpgrade),
        (CONNECTION, &[], HandshakeError::BadConnection),
        (CONNECTION, &["close"], HandshakeError::BadConnection),
        (SEC_WEBSOCKET_ACCEPT, &[], HandshakeError::BadAccept),
        (SEC_WEBSOCKET_ACCEPT, &["AAAALMBiTxaQ9kYGzzhZRbK+xOo="], HandshakeError::BadAccept),
        (SEC_WEBSOCKET_ACCEPT, &["S3PPLMBITXAQ9KYGZZHZRBK+XOO="], HandshakeError::BadAccept),
        (SEC_WEBSOCKET_ACCEPT, &[ACCEPT, ACCEPT], HandshakeError::BadAccept),
        (SEC_WEBSOCKET_EXTENSIONS, &["permessage-deflate"], HandshakeError::UnofferedExtension),
        (SEC_WEBSOCKET_PROTOCOL, &["c"], HandshakeError::UnofferedProtocol),
        (SEC_WEBSOCKET_PROTOCOL, &["A"], HandshakeError::UnofferedProtocol),
        (SEC_WEBSOCKET_PROTOCOL, &["a, b"], HandshakeError::UnofferedProtocol),
        (SEC_WEBSOCKET_PROTOCOL, &["a", "b"], HandshakeError::UnofferedProtocol),
    ];
    for (name, values, error) in bad {
        assert_eq!(response(&[(name.clone(), values)], &["a", "b"]), Err(error), "{name}: {values:?}");
        assert_eq!(error.status(), 502);
    }
    let refused = verify_response(StatusCode::FORBIDDEN, &HeaderMap::new(), KEY, NONE).unwrap_err();
    assert_eq!(refused, HandshakeError::Refused(StatusCode::FORBIDDEN));
    assert_eq!(refused.status(), 403);
}

fn written(changes: &[(HeaderName, &[&str])]) -> Vec<u8> {
    let mut out = Vec::new();
    write_request(&mut out, "example.org", "/", KEY, NONE, &changed(HeaderMap::new(), changes)).unwrap();
    out
}

#[test]
fn a_request_over_bytes_is_complete_or_waited_for_at_every_cut() {
    let mut bytes = written(&[]);
    let head = bytes.len();
    bytes.extend_from_slice(b"\x81\x80frames");
    for cut in 0..=bytes.len() {
        let parsed = parse_request(&bytes[..cut], 8192).unwrap();
        assert_eq!(parsed.map(|(_, length)| length), (cut >= head).then_some(head), "cut {cut}");
    }
}

#[test]
fn s4_1_a_request_over_bytes_needs_one_host() {
    let without = b"GET / HTTP/1.1\r\nupgrade: websocket\r\n\r\n";
    assert_eq!(parse_request(without, 8192).unwrap_err(), HandshakeError::BadHost);
    let error = parse_request(&written(&[(HOST, &["other.org"])]), 8192).unwrap_err();
    assert_eq!(error, HandshakeError::BadHost);
    assert_eq!(error.status(), 400);
}

#[test]
fn a_request_over_bytes_has_no_body() {
    assert!(parse_request(&written(&[(CONTENT_LENGTH, &["0"])]), 8192).is_ok());
    for (name, value) in [(CONTENT_LENGTH, "5"), (TRANSFER_ENCODING, "chunked")] {
        let error = parse_request(&written(&[(name, &[value])]), 8192).unwrap_err();
        assert_eq!(error, HandshakeError::UnexpectedBody);
    }
}

#[test]
fn a_head_at_the_limit_is_taken_and_one_over_it_is_refused_however_it_arrives() {
    let mut request = written(&[]);
    let head = request.len();
    request.extend_from_slice(b"frames behind the head do not count");
    assert_eq!(parse_request(&request, head).unwrap().unwrap().1, head);
    assert_eq!(parse_request(&request, head - 1).unwrap_err(), HandshakeError::HeadTooLarge);
    assert!(parse_request(&request[..head - 2], head - 1).unwrap().is_none());
    assert_eq!(parse_request(&request[..head - 1], head - 1).unwrap_err().status(), 431);
    let endless = [b"HTTP/1.1 101 x\r\n".to_vec(), b"a: b\r\n".repeat(100)].concat();
    assert_eq!(parse_response(&endless, 8192).unwrap_err(), HandshakeError::HeadTooLarge);
    assert_eq!(parse_response(&endless[..100], 100).unwrap_err(), HandshakeError::HeadTooLarge);
}

#[test]
fn bytes_that_are_not_http_1_are_refused() {
    for bad in [&b"\x16\x03\x01\x02\x00"[..], b"PRI * HTTP/2.0\r\n\r\n", b"GET / HTTP/1.1\r\nbad header\r\n\r\n"] {
        assert_eq!(parse_request(bad, 8192).unwrap_err(), HandshakeError::Malformed, "{bad:?}");
    }
    assert_eq!(parse_response(b"SSH-2.0-x\r\n", 8192).unwrap_err(), HandshakeError::Malformed);
    assert_eq!(parse_response(b"HTTP/1.1 000 x\r\n\r\n", 8192).unwrap_err(), HandshakeError::Malformed);
}

#[test]
fn a_request_that_would_inject_a_header_is_not_written() {
    let mut out = Vec::new();
    for (host, target) in
        [("a\r\nx: y", "/"), ("a b", "/"), ("", "/"), ("a", "/ HTTP/1.1\r\n"), ("a", "chat"), ("a", ""), ("a", "/é")]
    {
        let written = write_request(&mut out, host, target, KEY, NONE, &HeaderMap::new());
        assert_eq!(written, Err(HandshakeError::Malformed), "{host:?} {target:?}");
    }
    assert!(out.is_empty());
}

#[test]
fn a_target_that_the_other_end_would_refuse_or_cut_is_not_written() {
    let mut out = Vec::new();
    for target in ["/ch`t", "/a<b>", "/a#fragment", "/a?b#c"] {
        let written = write_request(&mut out, "a", target, KEY, NONE, &HeaderMap::new());
        assert_eq!(written, Err(HandshakeError::Malformed), "{target:?}");
    }
    assert!(out.is_empty());
    for target in ["/", "/%60?x=%23&y", "/a|b{c}\"d", "/*"] {
        out.clear();
        write_request(&mut out, "a", target, KEY, NONE, &HeaderMap::new()).unwrap();
        assert_eq!(parse_request(&out, 8192).unwrap().unwrap().0.uri(), target);
    }
}

#[test]
fn a_refusal_says_what_would_be_accepted() {
    let mut out = Vec::new();
    write_refusal(&mut out, &HandshakeError::UnsupportedVersion);
    let (head, length) = parse_response(&out, 8192).unwrap().unwrap();
    assert_eq!(head.status(), 426);
    assert_eq!(head.headers()["sec-websocket-version"], "13");
    assert!(has_token(head.headers(), &CONNECTION, "close") && has_token(head.headers(), &CONNECTION, "upgrade"));
    assert_eq!(head.headers()["content-length"], (out.len() - length).to_string());
    assert_eq!(&out[length..], b"Sec-WebSocket-Version must be 13\n");
}
