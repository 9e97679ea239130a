//! §6: the reserved bit.

use mandovi_websocket::{Decoder, Limits, Opcode, ProtocolError, Role};

use crate::common::{PLAIN, Seen, compressed, deflated, read_all, server, text, write};

#[test]
fn s6_the_bit_stands_on_the_first_frame_only() {
    let mut wire = Vec::new();
    let payload = deflated(b"in two frames");
    write(&mut wire, Opcode::Text, false, true, &payload[..5]);
    write(&mut wire, Opcode::Continuation, true, true, &payload[5..]);
    assert_eq!(read_all(&server(PLAIN), &wire), [Seen::Error(ProtocolError::ReservedBits)]);
}

#[test]
fn s6_1_control_frames_are_never_compressed() {
    for opcode in [Opcode::Ping, Opcode::Pong, Opcode::Close] {
        let mut wire = Vec::new();
        write(&mut wire, opcode, true, true, &[]);
        assert_eq!(read_all(&server(PLAIN), &wire), [Seen::Error(ProtocolError::ReservedBits)], "{opcode:?}");
    }
    assert_eq!(ProtocolError::ReservedBits.close_code().as_u16(), 1002);
}

#[test]
fn s6_the_other_bits_stay_reserved() {
    for first in [0xa1, 0x91, 0xe1, 0xd1, 0xf1] {
        let wire = [first, 0x80, 0, 0, 0, 0];
        assert_eq!(read_all(&server(PLAIN), &wire), [Seen::Error(ProtocolError::ReservedBits)], "{first:x}");
    }
}

#[test]
fn s6_without_an_agreement_the_bit_is_a_violation() {
    let wire = compressed(Opcode::Text, &deflated(b"hello"));
    let mut decoder = Decoder::new(Role::Server, Limits::default());
    decoder.replace_storage(wire.clone());
    decoder.filled(wire.len());
    assert_eq!(decoder.decode(), Err(ProtocolError::ReservedBits));
}

#[test]
fn s6_1_control_frames_stand_between_the_fragments_of_a_compressed_message() {
    let payload = deflated(b"one message in many frames");
    let mut wire = Vec::new();
    let mut expected = Vec::new();
    for (at, byte) in payload.iter().enumerate() {
        let opcode = if at == 0 { Opcode::Text } else { Opcode::Continuation };
        write(&mut wire, opcode, false, at == 0, &[*byte]);
        write(&mut wire, Opcode::Ping, true, false, &[at as u8]);
        expected.push(Seen::Ping(vec![at as u8]));
    }
    write(&mut wire, Opcode::Continuation, true, false, &[]);
    expected.push(text("one message in many frames"));
    assert_eq!(read_all(&server(PLAIN), &wire), expected);
}

#[test]
fn s6_compressed_and_plain_messages_take_turns() {
    let mut wire = Vec::new();
    let mut expected = Vec::new();
    for at in 0..20usize {
        let message = format!("message {at} ").repeat(at);
        if at % 3 == 0 {
            write(&mut wire, Opcode::Text, true, false, message.as_bytes());
        } else if at % 3 == 1 {
            write(&mut wire, Opcode::Text, true, true, &deflated(message.as_bytes()));
        } else {
            let (first, second) = message.as_bytes().split_at(message.len() / 2);
            write(&mut wire, Opcode::Text, false, false, first);
            write(&mut wire, Opcode::Continuation, true, false, second);
        }
        expected.push(text(&message));
    }
    assert_eq!(read_all(&server(PLAIN), &wire), expected);
}
