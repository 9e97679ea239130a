//! §10.4 and the hostile peer: bounds just below, at and above, and nothing allocated for what is only announced.

use mandovi_websocket::{Assembler, CloseCode, Decoder, Limits, Opcode, ProtocolError, Role};

use crate::common::{KEY, Peer, Reader, Seen};

const FRAME: ProtocolError = ProtocolError::FrameTooBig { limit: 1000 };
const MESSAGE: ProtocolError = ProtocolError::MessageTooBig { limit: 1000 };

fn small_frames() -> Limits {
    Limits::default().max_frame_size(1000).max_message_size(5000)
}

fn small_messages() -> Limits {
    Limits::default().max_frame_size(5000).max_message_size(1000)
}

#[test]
fn s10_4_a_frame_below_at_and_above_the_limit() {
    for peer in [Peer::client(), Peer::server()] {
        for length in [999, 1000] {
            let seen = peer.clone().frame(Opcode::Binary, true, &vec![0; length]).read_within(small_frames());
            assert_eq!(seen, [Seen::Binary(vec![0; length])]);
        }
        let seen = peer.frame(Opcode::Binary, true, &[0; 1001]).read_within(small_frames());
        assert_eq!(seen, [Seen::Error(FRAME)]);
    }
    assert_eq!(FRAME.close_code(), CloseCode::MESSAGE_TOO_BIG);
}

#[test]
fn s10_4_a_message_below_at_and_above_the_limit() {
    for length in [999, 1000] {
        let seen = Peer::client().frame(Opcode::Binary, true, &vec![0; length]).read_within(small_messages());
        assert_eq!(seen, [Seen::Binary(vec![0; length])]);
    }
    let seen = Peer::client().frame(Opcode::Binary, true, &[0; 1001]).read_within(small_messages());
    assert_eq!(seen, [Seen::Error(MESSAGE)]);
    assert_eq!(MESSAGE.close_code(), CloseCode::MESSAGE_TOO_BIG);
}

#[test]
fn s10_4_a_fragmented_message_below_at_and_above_the_limit() {
    for last in [99, 100, 101] {
        let mut peer = Peer::client().frame(Opcode::Binary, false, &[0; 100]);
        for _ in 0..8 {
            peer = peer.frame(Opcode::Continuation, false, &[0; 100]);
        }
        let seen = peer.frame(Opcode::Continuation, true, &vec![0; last]).read_within(small_messages());
        let expected = if last <= 100 { Seen::Binary(vec![0; 900 + last]) } else { Seen::Error(MESSAGE) };
        assert_eq!(seen, [expected]);
    }
}

#[test]
fn s10_4_short_frames_obey_short_limits() {
    let limits = Limits::default().max_frame_size(10);
    assert_eq!(Peer::client().text("0123456789").read_within(limits).len(), 1);
    let seen = Peer::client().text("0123456789a").read_within(limits);
    assert_eq!(seen, [Seen::Error(ProtocolError::FrameTooBig { limit: 10 })]);
    let limits = Limits::default().max_message_size(10);
    let seen = Peer::client().text("0123456789a").read_within(limits);
    assert_eq!(seen, [Seen::Error(ProtocolError::MessageTooBig { limit: 10 })]);
}

#[test]
fn s10_4_control_frames_have_their_own_bound() {
    let limits = Limits::default().max_frame_size(0).max_message_size(0);
    let peer = Peer::client().frame(Opcode::Ping, true, &[1; 125]).text("");
    assert_eq!(peer.read_within(limits), [Seen::Ping(vec![1; 125]), Seen::Text(String::new())]);
}

#[test]
fn s10_4_the_limit_is_told_by_the_header_alone() {
    let peer = Peer::client().raw(&[0x82, 0x80 | 126, 0x03, 0xe9]).raw(&KEY);
    assert_eq!(peer.read_within(small_frames()), [Seen::Error(FRAME)]);
    let peer = Peer::client().frame(Opcode::Text, false, &[b'a'; 900]).raw(&[0x80, 0x80 | 101]).raw(&KEY);
    assert_eq!(peer.read_within(small_messages()), [Seen::Error(MESSAGE)]);
}

#[test]
fn s10_4_an_announced_length_allocates_nothing() {
    let fifteen_mib = Limits::default().max_frame_size(16 << 20).max_message_size(16 << 20);
    let mut reader = Reader::new(Role::Server, fifteen_mib);
    reader.feed(&[0x82, 0x80 | 127, 0, 0, 0, 0, 0, 0xf0, 0, 0]);
    reader.feed(&KEY);
    reader.feed(&[0; 10]);
    assert_eq!(reader.decoder.wanted(), Some(14 + (15 << 20)));
    assert_eq!(reader.decoder.tail_len(), 24);
    assert!(reader.decoder.storage_len() <= 128);
}

#[test]
fn s5_2_the_largest_announced_lengths_are_refused_without_harm() {
    for (high, error) in [
        (0x7f, ProtocolError::FrameTooBig { limit: 65536 }),
        (0x80, ProtocolError::LengthOverflow),
        (0xff, ProtocolError::LengthOverflow),
    ] {
        let peer = Peer::client().raw(&[0x82, 0xff, high, 255, 255, 255, 255, 255, 255, 255]).raw(&KEY);
        assert_eq!(peer.read(), [Seen::Error(error)]);
    }
    // Also where the limits do not help: the sums saturate.
    let unlimited = Limits::default().max_frame_size(usize::MAX).max_message_size(usize::MAX);
    let mut reader = Reader::new(Role::Server, unlimited);
    reader.feed(&Peer::client().frame(Opcode::Binary, false, b"x").bytes);
    reader.feed(&[0x00, 0xff, 0x7f, 255, 255, 255, 255, 255, 255, 255, 1, 2, 3, 4, 5]);
    assert!(reader.seen.is_empty());
    assert_eq!(reader.decoder.tail_len(), 15);
    assert!(reader.decoder.storage_len() <= 128);
}

#[test]
fn s5_4_a_million_empty_fragments_hold_no_memory() {
    let fragment = Peer::client().frame(Opcode::Continuation, false, b"").bytes;
    let thousand = fragment.repeat(1000);
    let mut decoder = Decoder::new(Role::Server, Limits::default());
    let mut assembler = Assembler::new();
    let mut storage = vec![0; 8192];
    decoder.replace_storage(vec![0; 8192]);
    let mut feed = |bytes: &[u8], storage: &mut Vec<u8>| {
        decoder.spare()[..bytes.len()].copy_from_slice(bytes);
        decoder.filled(bytes.len());
        assert_eq!(decoder.decode(), Ok(None));
        let mut frames = decoder.take_frames(std::mem::take(storage));
        assert_eq!(frames.next(&mut assembler), None);
        *storage = frames.into_storage();
        assert_eq!(storage.len(), 8192);
        assert!(decoder.is_empty());
        assert_eq!(assembler.capacity(), 0);
    };
    feed(&Peer::client().frame(Opcode::Text, false, b"").bytes, &mut storage);
    for _ in 0..1000 {
        feed(&thousand, &mut storage);
    }
}

#[test]
fn s10_4_two_hundred_big_fragments_stop_at_the_limit() {
    let limits = Limits::default().max_frame_size(1 << 20).max_message_size(4 << 20);
    let mut reader = Reader::new(Role::Server, limits);
    reader.feed(&Peer::client().frame(Opcode::Binary, false, &[0; 1 << 20]).bytes);
    let fragment = Peer::client().frame(Opcode::Continuation, false, &[0; 1 << 20]).bytes;
    for _ in 1..200 {
        reader.feed(&fragment);
        assert!(reader.assembler.capacity() <= 8 << 20);
    }
    assert_eq!(reader.seen, [Seen::Error(ProtocolError::MessageTooBig { limit: 4 << 20 })]);
    assert_eq!(reader.decoder.tail_len(), 0);
}

#[test]
fn a_joined_message_over_4_kib_gives_its_memory_back() {
    let mut reader = Reader::new(Role::Server, Limits::default());
    let peer =
        |size| Peer::client().frame(Opcode::Binary, false, &vec![0; size]).frame(Opcode::Continuation, true, b"").bytes;
    reader.feed(&peer(60_000));
    assert_eq!(reader.seen.len(), 1);
    assert_eq!(reader.assembler.capacity(), 0);
    reader.feed(&peer(100));
    assert!((100..=4096).contains(&reader.assembler.capacity()));
}
