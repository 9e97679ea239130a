//! §5 and §7.1 over the whole handshake; the details of the parameters are tested beside their code.

use http::header::{SEC_WEBSOCKET_EXTENSIONS, SEC_WEBSOCKET_PROTOCOL};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Version};
use mandovi_websocket::deflate::Compression;
use mandovi_websocket::handshake::{self, HandshakeError};

fn request(extensions: &'static str) -> HeaderMap {
    let mut headers = handshake::request_headers(&handshake::key([1; 16]));
    headers.insert(SEC_WEBSOCKET_EXTENSIONS, HeaderValue::from_static(extensions));
    headers
}

#[test]
fn s5_1_a_server_that_does_not_negotiate_names_no_extension() {
    let accepted = handshake::check(&Method::GET, Version::HTTP_11, &request("permessage-deflate")).unwrap();
    assert!(!accepted.response_headers(None).contains_key(SEC_WEBSOCKET_EXTENSIONS));
}

#[test]
fn s5_1_a_request_without_a_good_offer_is_accepted_without_compression() {
    for extensions in ["", "x-other", "permessage-deflate; foo", "permessage-deflate; server_max_window_bits=7"] {
        let mut accepted = handshake::check(&Method::GET, Version::HTTP_11, &request(extensions)).unwrap();
        assert_eq!(accepted.negotiate(&Compression::new()), None, "{extensions}");
        assert!(!accepted.response_headers(None).contains_key(SEC_WEBSOCKET_EXTENSIONS));
    }
}

#[test]
fn s9_1_of_rfc6455_a_malformed_list_is_400() {
    let error = handshake::check(&Method::GET, Version::HTTP_11, &request("permessage-deflate; =")).unwrap_err();
    assert_eq!(error, HandshakeError::BadExtensions);
    assert_eq!(error.status(), StatusCode::BAD_REQUEST);
}

#[test]
fn s5_3_the_agreement_stands_in_the_response_beside_the_subprotocol() {
    let mut headers = request("permessage-deflate; client_max_window_bits");
    headers.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static("chat"));
    let mut accepted = handshake::check(&Method::GET, Version::HTTP_11, &headers).unwrap();
    accepted.negotiate(&Compression::new().peer_window_bits(10)).unwrap();
    let mut wire = Vec::new();
    handshake::write_response(&mut wire, &accepted, Some("chat"), &HeaderMap::new());
    let wire = String::from_utf8(wire).unwrap();
    let line = "sec-websocket-extensions: permessage-deflate; server_no_context_takeover; \
                client_no_context_takeover; client_max_window_bits=10\r\n";
    assert!(wire.contains(line) && wire.contains("sec-websocket-protocol: chat\r\n"), "{wire}");
}

#[test]
fn s5_1_a_client_that_offered_nothing_fails_an_extension() {
    let key = handshake::key([1; 16]);
    let mut accepted = handshake::check(&Method::GET, Version::HTTP_11, &request("permessage-deflate")).unwrap();
    accepted.negotiate(&Compression::new()).unwrap();
    let headers = accepted.response_headers(None);
    let status = StatusCode::SWITCHING_PROTOCOLS;
    let none: &[&str] = &[];
    assert_eq!(handshake::verify_response(status, &headers, &key, none), Err(HandshakeError::UnofferedExtension));
    let offered = Compression::new();
    assert!(handshake::verify_response_with(status, &headers, &key, none, &offered).unwrap().deflate.is_some());
}
