//! §7.2: the payload.

use mandovi_websocket::{Limits, Opcode, ProtocolError};

use crate::common::{PLAIN, Seen, TAKEOVER, compressed, deflated, read, read_all, server, text, write};

/// §7.2.3.1
const HELLO: [u8; 7] = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];

#[test]
fn s7_2_3_1_a_message_in_one_frame() {
    assert_eq!(read_all(&server(PLAIN), &compressed(Opcode::Text, &HELLO)), [text("Hello")]);
}

#[test]
fn s7_2_3_1_a_message_in_two_frames() {
    for cut in 0..=HELLO.len() {
        let mut wire = Vec::new();
        write(&mut wire, Opcode::Text, false, true, &HELLO[..cut]);
        write(&mut wire, Opcode::Continuation, true, false, &HELLO[cut..]);
        assert_eq!(read_all(&server(PLAIN), &wire), [text("Hello")], "cut {cut}");
    }
}

#[test]
fn s7_2_3_2_the_window_is_taken_over() {
    let mut wire = compressed(Opcode::Text, &HELLO);
    wire.extend(compressed(Opcode::Text, &[0xf2, 0x00, 0x11, 0x00, 0x00]));
    wire.extend(compressed(Opcode::Text, &[0xf2, 0x00, 0x11, 0x00, 0x00]));
    assert_eq!(read_all(&server(TAKEOVER), &wire), [text("Hello"), text("Hello"), text("Hello")]);
}

#[test]
fn s7_1_1_without_takeover_nothing_from_before_may_be_referred_to() {
    let mut wire = compressed(Opcode::Text, &HELLO);
    wire.extend(compressed(Opcode::Text, &[0xf2, 0x00, 0x11, 0x00, 0x00]));
    let seen = read_all(&server(PLAIN), &wire);
    assert_eq!(seen, [text("Hello"), Seen::Error(ProtocolError::CorruptDeflate)]);
}

#[test]
fn s7_2_plain_messages_are_not_in_the_window() {
    let mut wire = compressed(Opcode::Text, &HELLO);
    write(&mut wire, Opcode::Text, true, false, b"something else");
    wire.extend(compressed(Opcode::Text, &[0xf2, 0x00, 0x11, 0x00, 0x00]));
    assert_eq!(read_all(&server(TAKEOVER), &wire), [text("Hello"), text("something else"), text("Hello")]);
}

#[test]
fn s7_2_3_3_a_block_without_compression() {
    let stored = [0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00];
    assert_eq!(read_all(&server(PLAIN), &compressed(Opcode::Text, &stored)), [text("Hello")]);
}

#[test]
fn s7_2_3_4_a_final_block() {
    let last = [0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00];
    assert_eq!(read_all(&server(PLAIN), &compressed(Opcode::Text, &last)), [text("Hello")]);
    // Some peers leave the last octet out.
    assert_eq!(read_all(&server(PLAIN), &compressed(Opcode::Text, &last[..7])), [text("Hello")]);
}

#[test]
fn s7_2_3_4_what_follows_a_final_block_goes_on_with_the_same_window() {
    // A final block, then one that refers to it; in the next message another that refers to both.
    let mut payload = vec![0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];
    payload.extend([0xf2, 0x00, 0x11, 0x00, 0x00]);
    let mut wire = compressed(Opcode::Text, &payload);
    wire.extend(compressed(Opcode::Text, &[0xf2, 0x00, 0x11, 0x00, 0x00]));
    assert_eq!(read_all(&server(TAKEOVER), &wire), [text("HelloHello"), text("Hello")]);
}

#[test]
fn s7_2_3_5_two_blocks_in_one_message() {
    let two = [0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00];
    assert_eq!(read_all(&server(PLAIN), &compressed(Opcode::Text, &two)), [text("Hello")]);
}

#[test]
fn s7_2_3_6_an_empty_message() {
    for payload in [&[0x00][..], &[], &[0x02, 0x00], &[0x03, 0x00, 0x00]] {
        assert_eq!(read_all(&server(PLAIN), &compressed(Opcode::Text, payload)), [text("")], "{payload:x?}");
    }
    let mut wire = Vec::new();
    write(&mut wire, Opcode::Binary, false, true, &[]);
    write(&mut wire, Opcode::Continuation, true, false, &[]);
    assert_eq!(read_all(&server(PLAIN), &wire), [Seen::Binary(vec![])]);
}

#[test]
fn s7_2_2_what_is_not_deflate_is_1007() {
    for (payload, what) in [
        (&[0x07][..], "a reserved block type"),
        (&[0x00, 0x05, 0x00, 0x00, 0x00, 0x41], "a stored length that is not its complement's"),
        (&[0xff, 0xff, 0xff, 0xff], "noise"),
        (&HELLO[..3], "a message that ends inside a block"),
        (&[0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65], "a stored block that is not complete"),
        (&[0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x41], "noise behind a final block"),
    ] {
        let seen = read_all(&server(PLAIN), &compressed(Opcode::Binary, payload));
        assert_eq!(seen, [Seen::Error(ProtocolError::CorruptDeflate)], "{what}");
    }
    assert_eq!(ProtocolError::CorruptDeflate.close_code().as_u16(), 1007);
}

#[test]
fn s8_1_of_rfc6455_text_is_checked_as_it_is_inflated() {
    let bad = read_all(&server(PLAIN), &compressed(Opcode::Text, &deflated(b"good \xff bad")));
    assert_eq!(bad, [Seen::Error(ProtocolError::InvalidUtf8)]);
    // Ends inside a character.
    let bad =
        read_all(&server(PLAIN), &compressed(Opcode::Text, &deflated("good é".as_bytes().split_last().unwrap().1)));
    assert_eq!(bad, [Seen::Error(ProtocolError::InvalidUtf8)]);
    // Inside a frame that is not complete: nothing is waited for.
    let stored = [0x00, 0x03, 0x00, 0xfc, 0xff, 0x41, 0xff, 0x41, 0x00];
    let wire = compressed(Opcode::Text, &stored);
    let seen = read(&server(PLAIN), Limits::default(), [&wire[..wire.len() - 2]]);
    assert_eq!(seen, [Seen::Error(ProtocolError::InvalidUtf8)]);
    // Binary may be anything.
    let seen = read_all(&server(PLAIN), &compressed(Opcode::Binary, &deflated(b"\xff")));
    assert_eq!(seen, [Seen::Binary(vec![0xff])]);
}

#[test]
fn s7_2_2_what_another_implementation_deflates_is_inflated() {
    let long: String = (0..4000).map(|at| format!("line {} of {}\n", at, at * 7919 % 1000)).collect();
    for message in ["", "a", "Hello, Hello, Hello", &long[..50_000]] {
        let wire = compressed(Opcode::Text, &deflated(message.as_bytes()));
        assert_eq!(read_all(&server(TAKEOVER), &wire), [text(message)]);
    }
}
