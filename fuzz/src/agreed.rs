//! What two ends with any settings come to.

use http::header::SEC_WEBSOCKET_EXTENSIONS;
use http::{Method, StatusCode, Version};
use mandovi_websocket::deflate::{Agreement, Compression};
use mandovi_websocket::handshake;

use crate::source::Source;

/// Any settings, from three bytes.
pub(crate) fn settings(source: &mut Source<'_>) -> Compression {
    let (flags, windows, threshold) = (source.byte(), source.byte(), source.byte());
    Compression::new()
        .level(1 + flags % 9)
        .own_takeover(flags & 0x80 != 0)
        .peer_takeover(flags & 0x40 != 0)
        .own_window_bits(9 + (windows & 0x0f) % 7)
        .peer_window_bits(9 + (windows >> 4) % 7)
        .threshold(usize::from(threshold))
}

/// The agreement as the client knows it, and as the server does. Between two of ours there always is one.
pub(crate) fn agree(client: &Compression, server: &Compression) -> (Agreement, Agreement) {
    let key = handshake::key(*b"the sample nonce");
    let mut request = handshake::request_headers(&key);
    request.insert(SEC_WEBSOCKET_EXTENSIONS, client.offer());
    let mut accepted = handshake::check(&Method::GET, Version::HTTP_11, &request).unwrap();
    let at_server = accepted.negotiate(server).expect("our offer is acceptable");
    let response = accepted.response_headers(None);
    let status = StatusCode::SWITCHING_PROTOCOLS;
    let verified = handshake::verify_response_with(status, &response, &key, &[], client);
    let at_client = verified.expect("our answer is acceptable").deflate;
    (at_client.expect("our answer was accepted"), at_server)
}
