//! §5: headers, masking, fragments, control frames.

use mandovi_websocket::{Opcode, ProtocolError};

use crate::common::{KEY, Peer, Seen, text};

#[test]
fn s5_1_an_unmasked_frame_from_a_client_is_refused() {
    assert_eq!(Peer::client().raw(b"\x81\x05hello").error(), ProtocolError::UnmaskedClientFrame);
    assert_eq!(Peer::client().raw(b"\x89\x00").error(), ProtocolError::UnmaskedClientFrame);
}

#[test]
fn s5_1_a_masked_frame_from_a_server_is_refused() {
    let masked = Peer::client().text("hello");
    assert_eq!(Peer::server().raw(&masked.bytes).error(), ProtocolError::MaskedServerFrame);
}

#[test]
fn s5_2_rsv_bits_without_extension_are_refused() {
    for rsv in [0x40, 0x20, 0x10, 0x70] {
        for opcode in [0x1, 0x2, 0x8, 0x9, 0xa] {
            assert_eq!(Peer::client().raw(&[0x80 | rsv | opcode]).error(), ProtocolError::ReservedBits);
        }
    }
}

#[test]
fn s5_2_rsv_bits_on_a_continuation_are_refused() {
    let peer = Peer::client().frame(Opcode::Text, false, b"a").raw(&[0xc0, 0x80]).raw(&KEY);
    assert_eq!(peer.error(), ProtocolError::ReservedBits);
}

#[test]
fn s5_2_reserved_opcodes_are_refused() {
    for opcode in [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] {
        assert_eq!(Peer::client().raw(&[0x80 | opcode]).error(), ProtocolError::ReservedOpcode(opcode));
        assert_eq!(Peer::server().raw(&[0x80 | opcode]).error(), ProtocolError::ReservedOpcode(opcode));
    }
}

#[test]
fn s5_2_lengths_must_be_minimal() {
    for header in [
        &[0x82, 126, 0, 0][..],
        &[0x82, 126, 0, 125],
        &[0x82, 127, 0, 0, 0, 0, 0, 0, 0, 1],
        &[0x82, 127, 0, 0, 0, 0, 0, 0, 0xff, 0xff],
    ] {
        assert_eq!(Peer::server().raw(header).error(), ProtocolError::NonMinimalLength, "{header:?}");
        let masked = [&[header[0], header[1] | 0x80], &header[2..]].concat();
        assert_eq!(Peer::client().raw(&masked).error(), ProtocolError::NonMinimalLength, "{header:?}");
    }
}

#[test]
fn s5_2_a_length_over_63_bits_is_refused() {
    let peer = Peer::server().raw(&[0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(peer.error(), ProtocolError::LengthOverflow);
}

#[test]
fn s5_2_every_width_of_the_length_is_read() {
    for length in [0, 1, 125, 126, 127, 65_535, 65_536] {
        let payload = vec![b'x'; length];
        for peer in [Peer::client(), Peer::server()] {
            let peer = peer.frame(Opcode::Binary, true, &payload);
            assert_eq!(peer.read(), [Seen::Binary(payload.clone())], "{length}");
        }
    }
}

#[test]
fn s5_3_a_zero_key_is_a_mask() {
    assert_eq!(Peer::client().raw(b"\x81\x82\0\0\0\0hi").read(), [text("hi")]);
}

#[test]
fn s5_4_fragments_are_joined() {
    let peer = Peer::client()
        .frame(Opcode::Text, false, b"one ")
        .frame(Opcode::Continuation, false, b"")
        .frame(Opcode::Continuation, false, b"two ")
        .frame(Opcode::Continuation, true, b"three")
        .frame(Opcode::Binary, false, b"")
        .frame(Opcode::Continuation, true, b"")
        .text("four");
    assert_eq!(peer.read(), [text("one two three"), Seen::Binary(vec![]), text("four")]);
}

#[test]
fn s5_4_control_frames_may_stand_between_fragments() {
    let peer = Peer::client()
        .frame(Opcode::Text, false, b"he")
        .frame(Opcode::Ping, true, b"p")
        .frame(Opcode::Continuation, false, b"ll")
        .frame(Opcode::Pong, true, b"q")
        .frame(Opcode::Continuation, true, b"o");
    assert_eq!(peer.read(), [Seen::Ping(b"p".to_vec()), Seen::Pong(b"q".to_vec()), text("hello")]);
}

#[test]
fn s5_4_a_continuation_without_a_message_is_refused() {
    assert_eq!(Peer::client().frame(Opcode::Continuation, true, b"x").error(), ProtocolError::UnexpectedContinuation);
    assert_eq!(Peer::client().frame(Opcode::Continuation, false, b"").error(), ProtocolError::UnexpectedContinuation);
    let after_a_whole_message = Peer::client()
        .frame(Opcode::Text, false, b"a")
        .frame(Opcode::Continuation, true, b"b")
        .frame(Opcode::Continuation, true, b"c");
    assert_eq!(after_a_whole_message.read(), [text("ab"), Seen::Error(ProtocolError::UnexpectedContinuation)]);
}

#[test]
fn s5_4_a_new_message_inside_a_fragmented_one_is_refused() {
    for opcode in [Opcode::Text, Opcode::Binary] {
        for fin in [false, true] {
            let peer = Peer::client().frame(Opcode::Binary, false, b"a").frame(opcode, fin, b"b");
            assert_eq!(peer.error(), ProtocolError::ExpectedContinuation);
        }
    }
}

#[test]
fn s5_4_an_unfinished_message_is_not_delivered() {
    let peer = Peer::client().text("a").frame(Opcode::Text, false, b"b").frame(Opcode::Ping, true, b"");
    assert_eq!(peer.read(), [text("a"), Seen::Ping(vec![])]);
}

#[test]
fn s5_5_fragmented_control_frames_are_refused() {
    for opcode in [0x8, 0x9, 0xa] {
        assert_eq!(Peer::client().raw(&[opcode]).error(), ProtocolError::FragmentedControl);
    }
}

#[test]
fn s5_5_control_frames_take_125_bytes_and_not_126() {
    let payload = [7; 125];
    let peer = Peer::client().frame(Opcode::Ping, true, &payload).frame(Opcode::Pong, true, &payload);
    assert_eq!(peer.read(), [Seen::Ping(payload.to_vec()), Seen::Pong(payload.to_vec())]);
    for opcode in [0x88, 0x89, 0x8a] {
        for length in [126, 127] {
            // Told by the second byte; the longer length is not waited for.
            assert_eq!(Peer::client().raw(&[opcode, 0x80 | length]).error(), ProtocolError::ControlTooLong);
        }
    }
}

#[test]
fn s5_5_2_a_ping_is_told_with_its_payload_unmasked() {
    assert_eq!(Peer::client().frame(Opcode::Ping, true, b"\0\xffping").read(), [Seen::Ping(b"\0\xffping".to_vec())]);
}

#[test]
fn s5_5_3_unsolicited_pongs_are_taken() {
    assert_eq!(Peer::server().frame(Opcode::Pong, true, b"").text("x").read(), [Seen::Pong(vec![]), text("x")]);
}

#[test]
fn s5_6_text_and_binary_are_told_apart() {
    let peer = Peer::server().text("a").frame(Opcode::Binary, true, b"\xff").text("");
    assert_eq!(peer.read(), [text("a"), Seen::Binary(vec![0xff]), text("")]);
}

#[test]
fn s5_7_examples_of_the_rfc_are_read() {
    assert_eq!(Peer::server().raw(b"\x81\x05Hello").read(), [text("Hello")]);
    let masked = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
    assert_eq!(Peer::client().raw(&masked).read(), [text("Hello")]);
    assert_eq!(Peer::server().raw(b"\x01\x03Hel\x80\x02lo").read(), [text("Hello")]);
    assert_eq!(Peer::server().raw(b"\x89\x05Hello").read(), [Seen::Ping(b"Hello".to_vec())]);
    let pong = [0x8a, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
    assert_eq!(Peer::client().raw(&pong).read(), [Seen::Pong(b"Hello".to_vec())]);
}

#[test]
fn s6_2_nothing_is_read_after_a_violation_and_what_came_before_is_kept() {
    let peer = Peer::client().text("kept").raw(&[0xff]).text("never read");
    assert_eq!(peer.read(), [text("kept"), Seen::Error(ProtocolError::ReservedBits)]);
}
