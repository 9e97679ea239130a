//! What goes in comes out, whatever was agreed and however it is cut.

use mandovi_websocket::deflate::{Compression, Compressor};
use mandovi_websocket::{Limits, MessageKind, Role};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::common::{KEY, PLAIN, Reader, Seen, TAKEOVER, agree};

fn settings() -> impl Strategy<Value = Compression> {
    (1u8..=9, any::<bool>(), any::<bool>(), 9u8..=15, 9u8..=15, prop_oneof![Just(0), Just(100)]).prop_map(
        |(level, own, peer, own_bits, peer_bits, threshold)| {
            Compression::new()
                .level(level)
                .threshold(threshold)
                .own_takeover(own)
                .peer_takeover(peer)
                .own_window_bits(own_bits)
                .peer_window_bits(peer_bits)
        },
    )
}

fn message() -> impl Strategy<Value = (MessageKind, Vec<u8>)> {
    prop_oneof![
        "(\\{\"id\":[0-9]{1,4},\"name\":\"[a-zé]{0,8}\"\\}){0,60}"
            .prop_map(|text| (MessageKind::Text, text.into_bytes())),
        vec(any::<u8>(), 0..2000).prop_map(|bytes| (MessageKind::Binary, bytes)),
        (any::<u8>(), 0usize..5000).prop_map(|(byte, size)| (MessageKind::Binary, vec![byte; size])),
    ]
}

fn seen(kind: MessageKind, message: &[u8]) -> Seen {
    match kind {
        MessageKind::Text => Seen::Text(String::from_utf8(message.to_vec()).unwrap()),
        MessageKind::Binary => Seen::Binary(message.to_vec()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn messages_come_out_as_they_went_in(
        client in settings(),
        server in settings(),
        messages in vec(message(), 1..12),
        step in prop_oneof![Just(1usize), 2..50usize, Just(usize::MAX)],
        from_client in any::<bool>(),
    ) {
        let (at_client, at_server) = agree(client, server);
        let (sender, receiver, mask, to) = match from_client {
            true => (Compressor::new(Role::Client, &at_client), at_server, Some(KEY), Role::Server),
            false => (Compressor::new(Role::Server, &at_server), at_client, None, Role::Client),
        };
        let mut compressor = sender;
        let mut wire = Vec::new();
        for (kind, message) in &messages {
            compressor.write(&mut wire, *kind, mask, message);
        }
        let mut reader = Reader::new(to, Limits::default(), &receiver);
        wire.chunks(step).for_each(|piece| reader.feed(piece));
        let expected: Vec<_> = messages.iter().map(|(kind, message)| seen(*kind, message)).collect();
        prop_assert_eq!(reader.seen, expected);
    }

    #[test]
    fn noise_never_panics_and_splits_alike(payload in vec(any::<u8>(), 0..300), takeover in any::<bool>()) {
        use mandovi_websocket::Opcode;
        let (_, agreement) = match takeover {
            true => agree(TAKEOVER, TAKEOVER),
            false => agree(PLAIN, PLAIN),
        };
        let limits = Limits::default().max_message_size(1000).max_frame_size(1000);
        let wire = crate::common::compressed(Opcode::Text, &payload);
        let whole = crate::common::read(&agreement, limits, [&wire[..]]);
        prop_assert_eq!(crate::common::read(&agreement, limits, wire.chunks(1)), whole);
    }
}

#[test]
fn s7_2_3_6_empty_messages_between_others() {
    for settings in [PLAIN, TAKEOVER] {
        let (client, server) = agree(settings, settings);
        let mut compressor = Compressor::new(Role::Client, &client);
        let mut reader = Reader::new(Role::Server, Limits::default(), &server);
        let messages = ["", "again and again and again", "", "", "again and again"];
        for message in messages {
            let mut wire = Vec::new();
            compressor.write(&mut wire, MessageKind::Text, Some(KEY), message.as_bytes());
            reader.feed(&wire);
        }
        assert_eq!(reader.seen, messages.map(crate::common::text));
    }
}

#[test]
fn many_streams_on_one_thread_do_not_mix() {
    // More than there are contexts, so that some go on and some begin anew.
    let mut ends: Vec<_> = (0..20)
        .map(|_| {
            let (client, server) = agree(TAKEOVER, TAKEOVER);
            (Compressor::new(Role::Client, &client), Reader::new(Role::Server, Limits::default(), &server))
        })
        .collect();
    for round in 0..30 {
        for (at, (compressor, reader)) in ends.iter_mut().enumerate() {
            // Some take every turn, some only now and then.
            if round % (1 + at % 4) == 0 {
                let message = format!("stream {at}, round {round}, stream {at}, and so on");
                let mut wire = Vec::new();
                compressor.write(&mut wire, MessageKind::Text, Some(KEY), message.as_bytes());
                reader.feed(&wire);
                assert_eq!(reader.seen.pop(), Some(crate::common::text(&message)));
            }
        }
    }
}

#[test]
fn s7_1_2_a_window_of_8_bits_is_never_referred_beyond() {
    // zlib-rs inflates with a window of as many bits; beyond it is "too far back". So this needs no implementation that
    // knows 8, only one that minds.
    use zlib_rs::{Inflate, InflateFlush};
    let mut seed = 7u32;
    let message: Vec<u8> = (0..60_000)
        .map(|_| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            b"abcdefgh"[(seed >> 29) as usize]
        })
        .collect();
    for level in 1..=9 {
        let eight = Compression::new().level(level).threshold(0);
        let offered = "permessage-deflate; server_max_window_bits=8";
        let mut request = mandovi_websocket::handshake::request_headers(&mandovi_websocket::handshake::key([1; 16]));
        request.insert(http::header::SEC_WEBSOCKET_EXTENSIONS, http::HeaderValue::from_static(offered));
        let mut accepted =
            mandovi_websocket::handshake::check(&http::Method::GET, http::Version::HTTP_11, &request).unwrap();
        let agreement = accepted.negotiate(&eight).unwrap();
        assert_eq!(agreement.window_bits(Role::Server), 8);
        let mut wire = Vec::new();
        Compressor::new(Role::Server, &agreement).write(&mut wire, MessageKind::Binary, None, &message);
        let (header, start) = mandovi_websocket::frame::Header::parse(&wire).unwrap().unwrap();
        assert!(header.rsv1);

        let mut inflate = Inflate::new(false, 8);
        let mut rest = &wire[start..];
        let mut out = Vec::new();
        // Little by little, so that it has to look into its window and not into what it has just written.
        while out.len() < message.len() {
            let (taken, made) = (inflate.total_in(), inflate.total_out());
            let mut room = [0; 32];
            inflate.decompress(rest, &mut room, InflateFlush::NoFlush).unwrap();
            rest = &rest[(inflate.total_in() - taken) as usize..];
            let made = (inflate.total_out() - made) as usize;
            assert!(made > 0 || !rest.is_empty());
            out.extend_from_slice(&room[..made]);
        }
        assert_eq!(out, message, "level {level}");
    }
}

#[test]
fn s7_2_1_another_implementation_inflates_what_we_deflate() {
    for level in 1..=9 {
        let settings = Compression::new().level(level).threshold(0);
        let (_, server) = agree(settings, settings);
        let mut compressor = Compressor::new(Role::Server, &server);
        for size in [0, 1, 100, 1000, 20_000, 65_536, 200_000] {
            let message: Vec<u8> = (0..size).map(|at: usize| ((at * at) >> 7) as u8 & 0x3f).collect();
            let mut wire = Vec::new();
            compressor.write(&mut wire, MessageKind::Binary, None, &message);
            let (header, start) = mandovi_websocket::frame::Header::parse(&wire).unwrap().unwrap();
            assert_eq!(header.payload_len as usize, wire.len() - start);
            if !header.rsv1 {
                assert!(size <= 1, "{size} bytes compress");
                assert_eq!(&wire[start..], message);
                continue;
            }
            let mut payload = wire.split_off(start);
            payload.extend([0x00, 0x00, 0xff, 0xff, 0x03, 0x00]);
            let inflated = miniz_oxide::inflate::decompress_to_vec(&payload).unwrap();
            assert_eq!(inflated, message, "level {level}, {size} bytes");
        }
    }
}
