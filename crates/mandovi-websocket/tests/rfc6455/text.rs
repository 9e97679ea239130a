//! §8.1: text is UTF-8, checked at the first wrong byte, also inside unfinished frames and across fragments.

use mandovi_websocket::{CloseCode, Limits, Opcode, ProtocolError, Role};

use crate::common::{Peer, Reader, Seen, text};

const WRONG: Seen = Seen::Error(ProtocolError::InvalidUtf8);

#[test]
fn s8_1_text_of_all_lengths_and_widths_is_taken() {
    for unit in ["a", "é", "€", "𐍈", "aé€𐍈"] {
        for count in [1, 7, 31, 32, 64, 130, 1000] {
            let string = unit.repeat(count);
            assert_eq!(Peer::client().text(&string).read(), [text(&string)]);
            assert_eq!(Peer::server().text(&string).read(), [text(&string)]);
        }
    }
}

#[test]
fn s8_1_invalid_utf8_is_answered_with_1007() {
    let peer = Peer::client().frame(Opcode::Text, true, b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80");
    assert_eq!(peer.read(), [WRONG]);
    assert_eq!(peer.error().close_code(), CloseCode::INVALID_PAYLOAD);
}

#[test]
fn s8_1_a_wrong_byte_at_any_place_of_any_length_is_found() {
    for length in [1, 8, 9, 63, 64, 125, 126, 127, 128, 129, 200, 1000] {
        for at in [0, length / 2, length - 1] {
            let mut payload = vec![b'x'; length];
            payload[at] = 0xff;
            for peer in [Peer::client(), Peer::server()] {
                assert_eq!(peer.frame(Opcode::Text, true, &payload).read(), [WRONG], "{at} of {length}");
            }
        }
    }
}

#[test]
fn s8_1_binary_may_hold_anything() {
    let payload: Vec<u8> = (0..=255).collect();
    assert_eq!(Peer::client().frame(Opcode::Binary, true, &payload).read(), [Seen::Binary(payload)]);
    let peer = Peer::client().frame(Opcode::Binary, false, b"\xff").frame(Opcode::Continuation, true, b"\xc3");
    assert_eq!(peer.read(), [Seen::Binary(vec![0xff, 0xc3])]);
}

#[test]
fn s8_1_a_message_must_not_end_inside_a_character() {
    assert_eq!(Peer::client().frame(Opcode::Text, true, b"abc\xe2\x82").read(), [WRONG]);
    let peer = Peer::client().frame(Opcode::Text, false, b"abc\xe2").frame(Opcode::Continuation, true, b"\x82");
    assert_eq!(peer.read(), [WRONG]);
    let peer = Peer::client().frame(Opcode::Text, false, b"abc\xe2").frame(Opcode::Continuation, true, b"");
    assert_eq!(peer.read(), [WRONG]);
}

#[test]
fn s5_6_a_character_may_be_cut_by_fragments() {
    let string = "aé€𐍈";
    for cut in 0..=string.len() {
        let (first, second) = string.as_bytes().split_at(cut);
        let peer = Peer::client().frame(Opcode::Text, false, first).frame(Opcode::Continuation, true, second);
        assert_eq!(peer.read(), [text(string)]);
    }
    let mut peer = Peer::server().frame(Opcode::Text, false, b"");
    for byte in string.as_bytes() {
        peer = peer.frame(Opcode::Continuation, false, &[*byte]).frame(Opcode::Ping, true, b"");
    }
    let mut seen = peer.frame(Opcode::Continuation, true, b"").text("after").read();
    seen.retain(|seen| !matches!(seen, Seen::Ping(_)));
    assert_eq!(seen, [text(string), text("after")]);
}

#[test]
fn s8_1_a_wrong_byte_in_a_fragment_that_is_not_the_last_is_told_at_once() {
    assert_eq!(Peer::client().frame(Opcode::Text, false, b"ok\xf4\x90").read(), [WRONG]);
    let peer = Peer::client().frame(Opcode::Text, false, b"\xf4").frame(Opcode::Continuation, false, b"\x90");
    assert_eq!(peer.read(), [WRONG]);
}

/// The strict reading of the Autobahn test suite's cases 6.4.3 and 6.4.4: octet by octet, inside one frame.
#[test]
fn s8_1_a_wrong_byte_in_an_unfinished_frame_is_told_at_once() {
    let payload = b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xf4\x90\x80\x80edited";
    let wrong = 12; // the byte after f4
    let peer = Peer::client().frame(Opcode::Text, true, payload);
    let header = 6;
    let mut reader = Reader::new(Role::Server, Limits::default());
    for (at, byte) in peer.bytes.iter().enumerate() {
        reader.feed(&[*byte]);
        assert_eq!(reader.seen.is_empty(), at < header + wrong, "byte {at}");
    }
    assert_eq!(reader.seen, [WRONG]);
}
