//! What a peer can make us hold, and for how long.

use mandovi_websocket::deflate::Compressor;
use mandovi_websocket::{Connection, Limits, MessageKind, MessageRef, Opcode, ProtocolError, Role};

use crate::common::{KEY, PLAIN, Reader, Seen, TAKEOVER, agree, compressed, deflated, read, server, write};

const LIMIT: usize = 10_000;

fn limits() -> Limits {
    Limits::default().max_frame_size(LIMIT).max_message_size(LIMIT)
}

#[test]
fn a_message_below_and_at_the_limit_passes_and_one_above_it_is_1009() {
    for (size, passes) in [(LIMIT - 1, true), (LIMIT, true), (LIMIT + 1, false), (50 * LIMIT, false)] {
        let message = vec![b'x'; size];
        let wire = compressed(Opcode::Binary, &deflated(&message));
        assert!(wire.len() < 1000, "its size on the wire is not what is judged");
        let expected = match passes {
            true => Seen::Binary(message),
            false => Seen::Error(ProtocolError::MessageTooBig { limit: LIMIT }),
        };
        for step in [1, 7, usize::MAX] {
            assert_eq!(
                read(&server(PLAIN), limits(), wire.chunks(step)),
                std::slice::from_ref(&expected),
                "{size} by {step}"
            );
        }
    }
    assert_eq!(ProtocolError::MessageTooBig { limit: LIMIT }.close_code().as_u16(), 1009);
}

#[test]
fn a_message_at_the_limit_that_does_not_compress_passes() {
    // Every simple compressor makes such a message larger.
    let mut seed = 1u32;
    let message: Vec<u8> = (0..LIMIT)
        .map(|_| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 24) as u8 | 0x90
        })
        .collect();
    let (client, server) = agree(TAKEOVER, TAKEOVER);
    let mut wire = Vec::new();
    Compressor::new(Role::Client, &client).write(&mut wire, MessageKind::Binary, Some(KEY), &message);
    assert!(wire.len() > LIMIT + 1000, "{}", wire.len());
    assert_eq!(read(&server, limits(), [&wire[..]]), [Seen::Binary(message)]);
}

#[test]
fn what_is_on_the_wire_has_its_own_bound() {
    // Empty blocks come to nothing, however many.
    for (frames, passes) in [(0, true), (3, false)] {
        let mut wire = Vec::new();
        write(&mut wire, Opcode::Binary, false, true, &[]);
        for _ in 0..frames {
            let blocks = [0x00, 0x00, 0x00, 0xff, 0xff].repeat(1000);
            write(&mut wire, Opcode::Continuation, false, false, &blocks);
        }
        write(&mut wire, Opcode::Continuation, true, false, &[0x00]);
        let expected =
            if passes { Seen::Binary(vec![]) } else { Seen::Error(ProtocolError::MessageTooBig { limit: LIMIT }) };
        assert_eq!(read(&server(PLAIN), limits(), [&wire[..]]), [expected]);
    }
    let huge = 1 << 40;
    let mut wire = Vec::new();
    mandovi_websocket::frame::Header {
        fin: true,
        rsv1: true,
        opcode: Opcode::Text,
        mask: Some(KEY),
        payload_len: huge,
    }
    .write(&mut wire);
    let expected = Seen::Error(ProtocolError::FrameTooBig { limit: LIMIT });
    assert_eq!(read(&server(PLAIN), limits(), [&wire[..]]), [expected]);
}

#[test]
fn a_bomb_is_held_to_the_limit_while_it_inflates() {
    // 512 MiB of nothing, in about 512 KiB.
    let bomb = deflated(&vec![0; 1 << 20]).repeat(1); // one MiB as a building block
    let mut wire = Vec::new();
    write(&mut wire, Opcode::Binary, false, true, &[0x00, 0x00, 0x00, 0xff, 0xff]);
    for _ in 0..512 {
        let mut block = bomb.clone();
        block.extend([0x00, 0x00, 0xff, 0xff]);
        write(&mut wire, Opcode::Continuation, false, false, &block);
    }
    let mut reader = Reader::new(Role::Server, Limits::default(), &server(PLAIN));
    reader.feed(&wire);
    assert_eq!(reader.seen, [Seen::Error(ProtocolError::MessageTooBig { limit: 64 * 1024 })]);
    assert!(reader.peak <= 64 * 1024 + 8 * 1024, "{} bytes were held", reader.peak);
}

#[test]
fn many_small_bombs_in_one_read_wait_for_their_reader() {
    // Each is at the limit; a read of 64 KiB holds about 900 of them, 58 MiB.
    let one = compressed(Opcode::Binary, &deflated(&vec![0; 64 * 1024]));
    let count = 64 * 1024 / one.len();
    let wire = one.repeat(count);
    let mut reader = Reader::new(Role::Server, Limits::default(), &server(PLAIN));
    reader.feed(&wire);
    assert_eq!(reader.seen.len(), count);
    assert!(reader.seen.iter().all(|seen| matches!(seen, Seen::Binary(bytes) if bytes.len() == 64 * 1024)));
    assert!(reader.peak <= 4 * 64 * 1024, "{} bytes were held", reader.peak);

    // And a `Connection` inflates no more than is taken.
    let mut connection = Connection::server(Limits::default()).with_deflate(&server(PLAIN));
    connection.receive(&wire);
    for _ in 0..count {
        assert_eq!(connection.next_message(&mut Vec::new()).unwrap().map(MessageRef::len), Some(64 * 1024));
    }
    assert_eq!(connection.next_message(&mut Vec::new()), Ok(None));
}

#[test]
fn an_idle_connection_holds_its_history_and_nothing_else() {
    for (settings, held) in [
        (PLAIN, 0),
        (TAKEOVER.own_window_bits(9).peer_window_bits(9), 512),
        (TAKEOVER.own_window_bits(12).peer_window_bits(12), 4096),
        (TAKEOVER, 32 * 1024),
    ] {
        let (client, server) = agree(settings, settings);
        let mut compressor = Compressor::new(Role::Client, &client);
        let mut reader = Reader::new(Role::Server, Limits::default(), &server);
        for at in 0..50u8 {
            let mut wire = Vec::new();
            compressor.write(&mut wire, MessageKind::Binary, Some(KEY), &vec![at; 3000]);
            reader.feed(&wire);
        }
        assert_eq!(reader.seen.len(), 50);
        assert_eq!((compressor.history_len(), reader.decoder.history_len()), (held, held));
        assert_eq!((reader.decoder.batch_held(), reader.decoder.tail_len()), (0, 0));
    }
}

#[test]
fn an_unfinished_frame_is_not_kept_where_it_was_read() {
    let message = vec![7; 50_000];
    let wire = compressed(Opcode::Binary, &message.iter().map(|_| 0).collect::<Vec<u8>>());
    let mut decoder = mandovi_websocket::Decoder::new(Role::Server, Limits::default());
    decoder.inflate(&server(PLAIN));
    decoder.replace_storage(vec![0; 100]);
    // Its first byte begins a stored block of length 0, its next ones are not its complement.
    decoder.spare()[..20].copy_from_slice(&wire[..20]);
    decoder.filled(20);
    assert_eq!(decoder.decode(), Err(ProtocolError::CorruptDeflate));

    let stored = [&[0x00, 0x50, 0xc3, 0xaf, 0x3c][..], &message, &[0x00]].concat();
    let wire = compressed(Opcode::Binary, &stored);
    let mut decoder = mandovi_websocket::Decoder::new(Role::Server, Limits::default());
    decoder.inflate(&server(PLAIN));
    decoder.replace_storage(vec![0; 100]);
    for piece in wire.chunks(90) {
        decoder.spare()[..piece.len()].copy_from_slice(piece);
        decoder.filled(piece.len());
        assert_eq!(decoder.decode(), Ok(None));
        assert!(decoder.tail_len() < 14, "only what is not decoded");
    }
    assert!(decoder.has_frames());
    assert_eq!(decoder.storage_len(), 100);
}
