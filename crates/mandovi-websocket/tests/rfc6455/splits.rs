//! However the transport cuts the bytes, the outcome is the same; and what is written is what is read.

use mandovi_websocket::{CloseCode, Limits, Opcode, Role, frame};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::common::{Peer, Reader, Seen, read};

/// A session with everything in it, for the exhaustive tests.
fn session() -> Peer {
    Peer::client()
        .text("hello")
        .frame(Opcode::Ping, true, b"are you there")
        .frame(Opcode::Text, false, "κόσ".as_bytes())
        .frame(Opcode::Pong, true, b"")
        .frame(Opcode::Continuation, false, &"με".as_bytes()[..1])
        .frame(Opcode::Continuation, true, &"με".as_bytes()[1..])
        .frame(Opcode::Binary, true, &[0xff; 130])
        .text("")
        .frame(Opcode::Close, true, b"\x03\xe8bye")
        .text("ignored")
}

#[test]
fn s5_4_every_split_in_two_gives_the_same_events() {
    let peer = session();
    let whole = peer.read();
    assert_eq!(whole.len(), 7);
    for cut in 0..=peer.bytes.len() {
        let (first, second) = peer.bytes.split_at(cut);
        assert_eq!(read(Role::Server, Limits::default(), [first, second]), whole, "cut {cut}");
    }
}

#[test]
fn s5_4_one_byte_at_a_time_gives_the_same_events() {
    let peer = session();
    assert_eq!(read(Role::Server, Limits::default(), peer.bytes.chunks(1)), peer.read());
}

#[test]
fn s5_2_two_violations_in_one_header_are_told_alike_however_they_arrive() {
    // RSV1 and too long a control frame; reserved opcode and no mask; order and a length over the limit.
    for bytes in [&[0xc9, 0x7e][..], &[0x83, 0x05], &[0x80, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]] {
        let peer = Peer::client().raw(bytes);
        assert_eq!(read(Role::Server, Limits::default(), bytes.chunks(1)), peer.read());
    }
}

/// One frame of anything, mostly valid.
#[derive(Clone, Debug)]
enum Piece {
    Frame(u8, bool, Vec<u8>),
    Text(String),
    Garbage(Vec<u8>),
}

fn piece() -> impl Strategy<Value = Piece> {
    prop_oneof![
        8 => "[a-zé€𐍈]{0,200}".prop_map(Piece::Text),
        4 => (0u8..3, any::<bool>(), vec(any::<u8>(), 0..300)).prop_map(|(op, fin, bytes)| Piece::Frame(op, fin, bytes)),
        2 => (0x9u8..0xb, vec(any::<u8>(), 0..126)).prop_map(|(op, bytes)| Piece::Frame(op, true, bytes)),
        1 => vec(any::<u8>(), 0..20).prop_map(Piece::Garbage),
        1 => (1000u16..1016).prop_map(|code| Piece::Frame(0x8, true, code.to_be_bytes().to_vec())),
    ]
}

fn opcode(bits: u8) -> Opcode {
    [Opcode::Continuation, Opcode::Text, Opcode::Binary, Opcode::Close, Opcode::Ping, Opcode::Pong]
        .into_iter()
        .find(|opcode| opcode.as_u8() == bits)
        .unwrap()
}

fn bytes_of(role: Role, pieces: &[Piece]) -> Vec<u8> {
    let mut peer = Peer { role, bytes: Vec::new() };
    for piece in pieces {
        peer = match piece {
            Piece::Frame(bits, fin, payload) => peer.frame(opcode(*bits), *fin, payload),
            Piece::Text(text) => peer.text(text),
            Piece::Garbage(bytes) => peer.raw(bytes),
        };
    }
    peer.bytes
}

fn split<'a>(bytes: &'a [u8], cuts: &[prop::sample::Index]) -> Vec<&'a [u8]> {
    let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
    at.sort_unstable();
    let mut pieces = Vec::new();
    let mut start = 0;
    for cut in at.into_iter().chain([bytes.len()]) {
        pieces.push(&bytes[start..cut]);
        start = cut;
    }
    pieces
}

proptest! {
    #[test]
    fn any_split_of_anything_gives_the_same_events(
        pieces in vec(piece(), 0..12),
        cuts in vec(any::<prop::sample::Index>(), 0..8),
        client in any::<bool>(),
    ) {
        let role = if client { Role::Client } else { Role::Server };
        let limits = Limits::default().max_frame_size(400).max_message_size(700);
        let bytes = bytes_of(role, &pieces);
        let whole = read(role.peer(), limits, [&bytes[..]]);
        prop_assert_eq!(&read(role.peer(), limits, split(&bytes, &cuts)), &whole);
        prop_assert_eq!(&read(role.peer(), limits, bytes.chunks(1)), &whole);
    }

    #[test]
    fn random_bytes_never_panic_and_split_alike(bytes in vec(any::<u8>(), 0..200), client in any::<bool>()) {
        let role = if client { Role::Client } else { Role::Server };
        prop_assert_eq!(
            read(role, Limits::default(), bytes.chunks(1)),
            read(role, Limits::default(), [&bytes[..]])
        );
    }

    #[test]
    fn messages_round_trip_whatever_their_fragments_and_keys(
        text in "\\PC{0,300}",
        binary in vec(any::<u8>(), 0..300),
        cuts in vec(any::<prop::sample::Index>(), 0..5),
        key in any::<[u8; 4]>(),
        masked in any::<bool>(),
    ) {
        let key = masked.then_some(key);
        let mut wire = Vec::new();
        for (first, payload) in [(Opcode::Text, text.as_bytes()), (Opcode::Binary, &binary)] {
            let fragments = split(payload, &cuts);
            for (at, fragment) in fragments.iter().enumerate() {
                let opcode = if at == 0 { first } else { Opcode::Continuation };
                frame::write(&mut wire, opcode, at + 1 == fragments.len(), key, fragment);
            }
        }
        frame::write_close(&mut wire, key, CloseCode::NORMAL, &text);
        let role = if masked { Role::Server } else { Role::Client };
        let mut reader = Reader::new(role, Limits::default());
        reader.feed(&wire);
        prop_assert_eq!(&reader.seen[0], &Seen::Text(text.clone()));
        prop_assert_eq!(&reader.seen[1], &Seen::Binary(binary));
        let Seen::Close(close) = &reader.seen[2] else { panic!("{:?}", reader.seen[2]) };
        prop_assert!(text.starts_with(&close.reason) && close.reason.len() <= 123);
    }

    #[test]
    fn headers_round_trip(fin in any::<bool>(), rsv1 in any::<bool>(), bits in 0u8..3, mask in any::<Option<[u8; 4]>>(), payload_len in 0..=u64::MAX >> 1) {
        let header = frame::Header { fin, rsv1, opcode: opcode(bits), mask, payload_len };
        let mut bytes = Vec::new();
        header.write(&mut bytes);
        prop_assert_eq!(bytes.len(), header.encoded_len());
        prop_assert_eq!(frame::Header::parse(&bytes), Ok(Some((header, bytes.len()))));
    }
}
