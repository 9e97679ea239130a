//! §5.5.1 and §7: close frames, codes, and what a violation is answered with.

use mandovi_websocket::{CloseCode, CloseFrame, Opcode, ProtocolError};

use crate::common::{Peer, Seen, text};

fn close(code: CloseCode, reason: &str) -> Seen {
    Seen::Close(CloseFrame { code, reason: reason.to_owned() })
}

fn with_code(code: u16) -> Peer {
    Peer::client().frame(Opcode::Close, true, &code.to_be_bytes())
}

#[test]
fn s5_5_1_a_close_carries_code_and_reason() {
    let peer = Peer::client().frame(Opcode::Close, true, b"\x03\xe8that is all \xe2\x9c\x93");
    assert_eq!(peer.read(), [close(CloseCode::NORMAL, "that is all ✓")]);
    let longest = [&1001u16.to_be_bytes()[..], &[b'r'; 123]].concat();
    let peer = Peer::server().frame(Opcode::Close, true, &longest);
    assert_eq!(peer.read(), [close(CloseCode::GOING_AWAY, &"r".repeat(123))]);
}

#[test]
fn s7_1_5_an_empty_close_has_no_status() {
    assert_eq!(Peer::client().frame(Opcode::Close, true, b"").read(), [close(CloseCode::NO_STATUS, "")]);
}

#[test]
fn s5_5_1_a_close_of_one_byte_is_refused() {
    assert_eq!(Peer::client().frame(Opcode::Close, true, b"\x03").error(), ProtocolError::TruncatedCloseCode);
}

#[test]
fn s5_5_1_a_reason_must_be_utf8() {
    let peer = Peer::client().frame(Opcode::Close, true, b"\x03\xe8\xce\xba\xff");
    assert_eq!(peer.error(), ProtocolError::InvalidCloseReason);
    assert_eq!(peer.error().close_code(), CloseCode::INVALID_PAYLOAD);
}

#[test]
fn s5_5_1_nothing_is_read_after_a_close() {
    let peer = Peer::client().text("a").frame(Opcode::Close, true, b"\x03\xe8").text("b").raw(&[0xff]);
    assert_eq!(peer.read(), [text("a"), close(CloseCode::NORMAL, "")]);
}

#[test]
fn s5_5_1_a_close_may_stand_inside_a_fragmented_message() {
    let peer = Peer::client().frame(Opcode::Text, false, b"a").frame(Opcode::Close, true, b"\x03\xe8");
    assert_eq!(peer.read(), [close(CloseCode::NORMAL, "")]);
}

#[test]
fn s7_4_codes_that_may_be_received() {
    for code in (1000..=1003).chain(1007..=1014).chain([3000, 3999, 4000, 4429, 4999]) {
        assert_eq!(with_code(code).read(), [close(CloseCode::new(code).unwrap(), "")]);
    }
}

#[test]
fn s7_4_codes_that_must_not_be_received() {
    for code in [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535] {
        assert_eq!(with_code(code).error(), ProtocolError::InvalidCloseCode(code));
    }
}

#[test]
fn s7_1_7_violations_are_answered_with_1002() {
    assert_eq!(Peer::client().raw(&[0xff]).error().close_code(), CloseCode::PROTOCOL_ERROR);
    assert_eq!(with_code(1005).error().close_code(), CloseCode::PROTOCOL_ERROR);
}
