//! How the decoder keeps its storage. The rules of the protocol are tested in `tests/rfc6455`.

use super::*;
use crate::{Assembler, CloseCode, MessageRef};

const KEY: [u8; 4] = [1, 2, 3, 4];

fn frame(opcode: Opcode, fin: bool, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    frame::write(&mut out, opcode, fin, Some(KEY), payload);
    out
}

fn text(payload: &str) -> Vec<u8> {
    frame(Opcode::Text, true, payload.as_bytes())
}

fn decoder(storage: usize) -> Decoder {
    let mut decoder = Decoder::new(Role::Server, Limits::default());
    decoder.replace_storage(vec![0; storage]);
    decoder
}

fn fill(decoder: &mut Decoder, bytes: &[u8]) {
    decoder.spare()[..bytes.len()].copy_from_slice(bytes);
    decoder.filled(bytes.len());
}

fn messages(frames: &mut Frames, assembler: &mut Assembler) -> Vec<String> {
    let mut messages = Vec::new();
    while let Some(MessageRef::Text(text)) = frames.next(assembler) {
        messages.push(text.to_owned());
    }
    messages
}

#[test]
fn a_new_decoder_holds_nothing() {
    let mut decoder = Decoder::new(Role::Client, Limits::default());
    assert!(decoder.is_empty() && decoder.spare().is_empty());
    assert_eq!(decoder.storage_len(), 0);
    assert_eq!(decoder.decode(), Ok(None));
    assert!(decoder.take_frames(Vec::new()).is_empty());
}

#[test]
fn a_batch_skips_the_control_frames_between_its_frames() {
    let mut decoder = decoder(256);
    let frames = [
        frame(Opcode::Ping, true, b"0"),
        text("one"),
        frame(Opcode::Ping, true, b"1"),
        frame(Opcode::Text, false, b"t"),
        frame(Opcode::Pong, true, b"2"),
        frame(Opcode::Continuation, true, b"wo"),
        frame(Opcode::Ping, true, b"3"),
        text("three")[..8].to_vec(),
    ];
    fill(&mut decoder, &frames.concat());
    assert_eq!(decoder.decode(), Ok(Some(Event::Ping(b"0"))));
    assert!(!decoder.has_frames());
    assert_eq!(decoder.decode(), Ok(Some(Event::Ping(b"1"))));
    assert!(decoder.has_frames());
    assert_eq!(decoder.decode(), Ok(Some(Event::Pong(b"2"))));
    assert_eq!(decoder.decode(), Ok(Some(Event::Ping(b"3"))));
    assert_eq!(decoder.decode(), Ok(None));
    assert_eq!((decoder.tail_len(), decoder.wanted()), (8, Some(11)));

    let mut taken = decoder.take_frames(vec![0; 64]);
    // Without the ping in front and the one behind.
    assert_eq!(taken.byte_len(), frames[1..6].concat().len());
    let mut assembler = Assembler::new();
    assert_eq!(messages(&mut taken, &mut assembler), ["one", "two"]);
    assert_eq!(taken.into_storage().len(), 256);

    assert_eq!((decoder.storage_len(), decoder.tail_len()), (64, 8));
    fill(&mut decoder, &text("three")[8..]);
    assert_eq!(decoder.decode(), Ok(None));
    let mut taken = decoder.take_frames(Vec::new());
    assert_eq!(messages(&mut taken, &mut assembler), ["three"]);
    assert!(decoder.is_empty());
}

#[test]
fn an_unfinished_frame_survives_every_move_of_the_storage() {
    let wire = text("a text of some length, with é and 𐍈");
    for cut in 0..wire.len() {
        let mut decoder = decoder(128);
        fill(&mut decoder, &[&text("before")[..], &wire[..cut]].concat());
        assert_eq!(decoder.decode(), Ok(None));
        let old = decoder.replace_storage(vec![0; 100]);
        assert_eq!((old.len(), decoder.storage_len()), (128, 100));
        let mut assembler = Assembler::new();
        // Too small a replacement is grown.
        let mut frames = decoder.take_frames(vec![0; 1]);
        assert_eq!(messages(&mut frames, &mut assembler), ["before"]);
        assert_eq!(decoder.tail_len(), cut);
        decoder.replace_storage(vec![0; wire.len()]);
        fill(&mut decoder, &wire[cut..]);
        assert_eq!(decoder.decode(), Ok(None));
        let mut frames = decoder.take_frames(Vec::new());
        assert_eq!(messages(&mut frames, &mut assembler), ["a text of some length, with é and 𐍈"]);
    }
}

#[test]
fn frames_behind_a_control_frame_survive_a_move_of_the_storage() {
    let mut decoder = decoder(128);
    let wire = [frame(Opcode::Ping, true, b"ping"), text("é one"), text("two"), text("three")];
    fill(&mut decoder, &wire.concat()[..wire.concat().len() - 1]);
    assert_eq!(decoder.decode(), Ok(Some(Event::Ping(b"ping"))));
    assert_eq!(decoder.decode(), Ok(None));
    // The ping in front is left behind: exactly the rest has to fit.
    decoder.replace_storage(vec![0; wire[1..].concat().len()]);
    assert_eq!((decoder.tail_len(), decoder.spare().len()), (wire[3].len() - 1, 1));
    let mut assembler = Assembler::new();
    let mut frames = decoder.take_frames(vec![0; 64]);
    assert_eq!(frames.byte_len(), wire[1..3].concat().len());
    assert_eq!(messages(&mut frames, &mut assembler), ["é one", "two"]);
    fill(&mut decoder, &wire[3][wire[3].len() - 1..]);
    assert_eq!(decoder.decode(), Ok(None));
    let mut frames = decoder.take_frames(Vec::new());
    assert_eq!(messages(&mut frames, &mut assembler), ["three"]);
}

#[test]
#[should_panic(expected = "smaller than what is held")]
fn a_storage_smaller_than_what_is_held_is_refused() {
    let mut decoder = decoder(64);
    fill(&mut decoder, &text("held")[..9]);
    decoder.replace_storage(vec![0; 8]);
}

#[test]
#[should_panic(expected = "more was filled")]
fn more_than_the_spare_room_cannot_be_filled() {
    decoder(64).filled(65);
}

#[cfg(feature = "deflate")]
mod compression_that_begins_late {
    use super::*;

    fn inflate_after(wire: &[u8]) {
        let compression = crate::deflate::Compression::new();
        let mut headers = crate::handshake::request_headers(&crate::handshake::key([7; 16]));
        headers.insert(http::header::SEC_WEBSOCKET_EXTENSIONS, compression.offer());
        let mut accepted = crate::handshake::check(&http::Method::GET, http::Version::HTTP_11, &headers).unwrap();
        let agreement = accepted.negotiate(&compression).unwrap();
        let mut decoder = decoder(64);
        fill(&mut decoder, wire);
        assert!(decoder.decode().is_ok());
        decoder.inflate(&agreement);
    }

    #[test]
    fn is_taken_between_messages() {
        inflate_after(&frame(Opcode::Ping, true, b"ping"));
    }

    #[test]
    #[should_panic(expected = "before anything is decoded")]
    fn is_refused_with_frames_to_take() {
        inflate_after(&text("decoded"));
    }

    #[test]
    #[should_panic(expected = "before anything is decoded")]
    fn is_refused_inside_a_frame() {
        inflate_after(&text("decoded")[..8]);
    }
}

#[test]
fn a_flood_of_pings_needs_no_more_storage() {
    let mut decoder = decoder(20);
    let wire = frame(Opcode::Ping, true, b"12345").repeat(100);
    let mut rest = &wire[..];
    let mut pings = 0;
    while !rest.is_empty() {
        let n = decoder.spare().len().min(rest.len());
        assert!(n > 0);
        fill(&mut decoder, &rest[..n]);
        rest = &rest[n..];
        while let Some(event) = decoder.decode().unwrap() {
            assert_eq!(event, Event::Ping(b"12345"));
            pings += 1;
        }
    }
    assert_eq!(pings, 100);
    assert!(decoder.is_empty());
}

#[test]
fn discarded_frames_make_room_and_are_not_joined_later() {
    let mut decoder = decoder(64);
    fill(&mut decoder, &[text("gone"), frame(Opcode::Text, false, b"head and ")].concat());
    assert_eq!(decoder.decode(), Ok(None));
    decoder.discard_frames();
    assert!(decoder.is_empty() && decoder.spare().len() == 64);
    fill(&mut decoder, &[frame(Opcode::Continuation, true, b"tail"), text("next")].concat());
    assert_eq!(decoder.decode(), Ok(None));
    let mut assembler = Assembler::new();
    let mut frames = decoder.take_frames(Vec::new());
    assert_eq!(messages(&mut frames, &mut assembler), ["next"]);
}

#[test]
fn a_gap_in_the_middle_of_a_message_drops_the_message() {
    let mut decoder = decoder(64);
    let mut assembler = Assembler::new();
    fill(&mut decoder, &frame(Opcode::Text, false, b"one "));
    assert_eq!(decoder.decode(), Ok(None));
    assert_eq!(decoder.take_frames(vec![0; 64]).next(&mut assembler), None);
    fill(&mut decoder, &frame(Opcode::Continuation, false, b"two "));
    assert_eq!(decoder.decode(), Ok(None));
    decoder.discard_frames();
    fill(&mut decoder, &[frame(Opcode::Continuation, true, b"three"), text("next")].concat());
    assert_eq!(decoder.decode(), Ok(None));
    assert_eq!(messages(&mut decoder.take_frames(Vec::new()), &mut assembler), ["next"]);
}

/// Batches of two connections handed to one assembler: wrong, but it must never make a `str` of other bytes.
#[test]
fn text_joined_from_two_connections_is_checked_again() {
    let mut assembler = Assembler::new();
    let mut one = decoder(64);
    fill(&mut one, &frame(Opcode::Text, false, b"\xe2\x82"));
    assert_eq!(one.decode(), Ok(None));
    assert_eq!(one.take_frames(Vec::new()).next(&mut assembler), None);

    let mut other = decoder(64);
    fill(&mut other, &frame(Opcode::Text, false, b""));
    assert_eq!(other.decode(), Ok(None));
    drop(other.take_frames(vec![0; 64]));
    fill(&mut other, &[frame(Opcode::Continuation, true, b"y"), text("next")].concat());
    assert_eq!(other.decode(), Ok(None));
    assert_eq!(messages(&mut other.take_frames(Vec::new()), &mut assembler), ["next"]);
}

#[test]
fn after_an_error_earlier_frames_can_be_taken_and_later_bytes_are_ignored() {
    let mut decoder = decoder(64);
    fill(&mut decoder, &[&text("whole")[..], &[0xff], &text("later")].concat());
    assert_eq!(decoder.decode(), Err(ProtocolError::ReservedBits));
    assert!(decoder.is_finished() && decoder.has_frames());
    assert_eq!((decoder.tail_len(), decoder.wanted()), (0, None));
    fill(&mut decoder, &text("more"));
    assert_eq!(decoder.decode(), Ok(None));
    let mut frames = decoder.take_frames(Vec::new());
    assert_eq!(messages(&mut frames, &mut Assembler::new()), ["whole"]);
    assert!(decoder.is_empty());
}

#[test]
fn after_a_close_later_bytes_are_ignored() {
    let mut decoder = decoder(64);
    let mut wire = Vec::new();
    frame::write_close(&mut wire, Some(KEY), CloseCode::NORMAL, "");
    wire.extend(text("later"));
    fill(&mut decoder, &wire);
    assert!(matches!(decoder.decode(), Ok(Some(Event::Close(_)))));
    assert!(decoder.is_empty() && decoder.is_finished());
    assert_eq!(decoder.decode(), Ok(None));
}

#[test]
fn batches_can_be_sent_to_other_threads() {
    fn is_send<T: Send + Sync>() {}
    is_send::<Frames>();
    is_send::<Assembler>();
    is_send::<Decoder>();
}

#[test]
fn a_message_lasts_to_its_last_byte() {
    let mut decoder = Decoder::new(Role::Server, Limits::default());
    decoder.replace_storage(vec![0; 64]);
    for (bytes, within) in [
        (&[0x01, 0x80, 0, 0, 0, 0][..], true),
        (&[0x89, 0x80, 0, 0, 0, 0], true),
        (&[0x00, 0x80, 0, 0, 0, 0], true),
        (&[0x80, 0x81, 0, 0, 0, 0], true),
        (b"x", false),
        (&[0x81, 0x81, 0, 0, 0, 0, b'x'], false),
    ] {
        decoder.spare()[..bytes.len()].copy_from_slice(bytes);
        decoder.filled(bytes.len());
        while decoder.decode().unwrap().is_some() {}
        assert_eq!(decoder.is_within_message(), within, "{bytes:?}");
    }
}

#[test]
fn messages_are_counted_and_begin_only_where_they_are_allowed() {
    let mut decoder = decoder(256);
    decoder.count(2);
    let wire = [
        text("one"),
        frame(Opcode::Text, false, b"t"),
        frame(Opcode::Ping, true, b"1"),
        frame(Opcode::Continuation, true, b"wo, longer"),
        frame(Opcode::Ping, true, b"2"),
        text("three"),
        frame(Opcode::Ping, true, b"3"),
    ];
    fill(&mut decoder, &wire.concat());
    assert_eq!(decoder.decode(), Ok(Some(Event::Ping(b"1"))));
    assert_eq!((decoder.messages(), decoder.needs_allowance()), (2, false));
    // The rest of a message that has begun needs none, nor does a control frame.
    assert_eq!(decoder.decode(), Ok(Some(Event::Ping(b"2"))));
    assert!(!decoder.needs_allowance());
    for _ in 0..2 {
        assert_eq!(decoder.decode(), Ok(None));
        assert!(decoder.needs_allowance());
    }
    assert_eq!(decoder.take_largest(), 11);
    let mut assembler = Assembler::new();
    let mut frames = decoder.take_frames(vec![0; 64]);
    assert_eq!(messages(&mut frames, &mut assembler), ["one", "two, longer"]);
    decoder.allow(1);
    assert_eq!(decoder.decode(), Ok(Some(Event::Ping(b"3"))));
    assert_eq!((decoder.messages(), decoder.take_largest(), decoder.needs_allowance()), (3, 5, false));
    let mut frames = decoder.take_frames(vec![0; 64]);
    assert_eq!(messages(&mut frames, &mut assembler), ["three"]);
    assert!(decoder.is_empty());
}

#[test]
fn what_is_not_counted_is_not_bounded() {
    let mut decoder = decoder(64);
    fill(&mut decoder, &text("one"));
    decoder.allow(0);
    assert_eq!(decoder.decode(), Ok(None));
    assert_eq!((decoder.messages(), decoder.take_largest(), decoder.needs_allowance()), (0, 0, false));
    assert!(decoder.has_frames());
}
