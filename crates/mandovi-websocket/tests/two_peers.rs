//! Two connections talk through memory, from the opening handshake to the closing one, over a wire that cuts and
//! delays.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use http::HeaderMap;
use mandovi_websocket::{
    CloseCode, Connection, Limits, Message, MessageRef, Opcode, ProtocolError, SendError, frame, handshake,
};

/// Both ends and the bytes on their way.
struct Pair {
    client: Connection,
    server: Connection,
    to_server: Vec<u8>,
    to_client: Vec<u8>,
    at_server: Vec<Message>,
    at_client: Vec<Message>,
}

/// Gives `bytes` to a connection and takes all that comes of them.
fn receive(connection: &mut Connection, bytes: &[u8], out: &mut Vec<u8>) -> Result<Vec<Message>, ProtocolError> {
    connection.receive(bytes);
    let mut messages = Vec::new();
    while let Some(message) = connection.next_message(out)? {
        messages.push(Message::from(message));
    }
    Ok(messages)
}

impl Pair {
    fn new(limits: Limits) -> Self {
        let mut key = 0u32;
        let keys = move || {
            key = key.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            key.to_ne_bytes()
        };
        Self {
            client: Connection::client(limits, keys),
            server: Connection::server(limits),
            to_server: Vec::new(),
            to_client: Vec::new(),
            at_server: Vec::new(),
            at_client: Vec::new(),
        }
    }

    /// Delivers in pieces of `size` bytes until nothing is on its way.
    fn deliver(&mut self, size: usize) {
        while !self.to_server.is_empty() || !self.to_client.is_empty() {
            for piece in std::mem::take(&mut self.to_server).chunks(size) {
                self.at_server.extend(receive(&mut self.server, piece, &mut self.to_client).unwrap());
            }
            for piece in std::mem::take(&mut self.to_client).chunks(size) {
                self.at_client.extend(receive(&mut self.client, piece, &mut self.to_server).unwrap());
            }
        }
    }
}

fn texts(messages: &mut Vec<Message>) -> Vec<String> {
    let text = |message| match message {
        Message::Text(text) => text,
        Message::Binary(bytes) => panic!("not text: {bytes:?}"),
    };
    std::mem::take(messages).into_iter().map(text).collect()
}

#[test]
fn s4_then_s5_then_s7_a_whole_life_over_bytes() {
    let key = handshake::key(*b"sixteen bytes 16");
    let mut wire = Vec::new();
    handshake::write_request(&mut wire, "example.org:8080", "/chat?room=1", &key, &["b", "a"], &HeaderMap::new())
        .unwrap();
    let mut pair = Pair::new(Limits::default());
    // The first message follows right behind the request.
    pair.client.send(MessageRef::Text("early"), &mut wire).unwrap();

    let (request, head) = handshake::parse_request(&wire, 8192).unwrap().unwrap();
    assert_eq!(request.uri(), "/chat?room=1");
    let accepted = handshake::check(request.method(), request.version(), request.headers()).unwrap();
    assert_eq!(accepted.protocols, ["b", "a"]);
    pair.to_server = wire.split_off(head);
    let mut response = Vec::new();
    handshake::write_response(&mut response, &accepted, Some("a"), &HeaderMap::new());
    let (answer, head) = handshake::parse_response(&response, 8192).unwrap().unwrap();
    assert_eq!(head, response.len());
    let protocol = handshake::verify_response(answer.status(), answer.headers(), &key, &["b", "a"]).unwrap();
    assert_eq!(protocol.as_deref(), Some("a"));

    pair.deliver(usize::MAX);
    assert_eq!(texts(&mut pair.at_server), ["early"]);
    pair.server.send(MessageRef::Text("answer"), &mut pair.to_client).unwrap();
    pair.client.close(CloseCode::NORMAL, "done", &mut pair.to_server);
    pair.deliver(usize::MAX);
    assert_eq!(texts(&mut pair.at_client), ["answer"]);
    assert_eq!(pair.server.close_frame().unwrap().to_string(), "1000 normal closure: done");
    assert_eq!(pair.client.close_frame().unwrap().code, CloseCode::NORMAL);
    assert!(pair.client.is_finished() && pair.server.is_finished());
}

#[test]
fn messages_arrive_in_order_over_every_size_of_piece() {
    for size in [1, 2, 3, 7, 64, 1000, usize::MAX] {
        let mut pair = Pair::new(Limits::default());
        let mut expected = Vec::new();
        for at in 0..40 {
            let text = "ü".repeat(at * 11);
            pair.client.send(MessageRef::Text(&text), &mut pair.to_server).unwrap();
            pair.server.send(MessageRef::Text(&text), &mut pair.to_client).unwrap();
            expected.push(text);
        }
        pair.deliver(size);
        assert_eq!(texts(&mut pair.at_server), expected, "pieces of {size}");
        assert_eq!(texts(&mut pair.at_client), expected, "pieces of {size}");
        assert_eq!(pair.client.next_message(&mut Vec::new()), Ok(None));
    }
}

#[test]
fn s5_5_2_pings_are_answered_with_their_payload() {
    let mut pair = Pair::new(Limits::default());
    pair.server.ping(b"payload", &mut pair.to_client).unwrap();
    receive(&mut pair.client, &pair.to_client, &mut pair.to_server).unwrap();
    let (header, length) = frame::Header::parse(&pair.to_server).unwrap().unwrap();
    assert_eq!((header.opcode, header.fin, header.payload_len), (Opcode::Pong, true, 7));
    assert!(header.mask.is_some());
    let key = header.mask.unwrap();
    let payload: Vec<u8> =
        pair.to_server[length..].iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key).collect();
    assert_eq!(payload, b"payload");
}

#[test]
fn s5_4_fragments_and_pings_between_them_over_several_reads() {
    let mut server = Connection::server(Limits::default());
    let (mut out, mut messages) = (Vec::new(), Vec::new());
    for (opcode, fin, payload) in [
        (Opcode::Text, false, &b"frag"[..]),
        (Opcode::Ping, true, b"1"),
        (Opcode::Continuation, false, b"men"),
        (Opcode::Continuation, true, b"ted"),
        (Opcode::Text, true, b"whole"),
    ] {
        let mut wire = Vec::new();
        frame::write(&mut wire, opcode, fin, Some([9, 8, 7, 6]), payload);
        messages.extend(receive(&mut server, &wire, &mut out).unwrap());
    }
    assert_eq!(texts(&mut messages), ["fragmented", "whole"]);
    assert_eq!(out, b"\x8a\x011");
}

#[test]
fn s7_1_closing_at_once_from_both_ends_completes() {
    let mut pair = Pair::new(Limits::default());
    pair.client.close(CloseCode::NORMAL, "", &mut pair.to_server);
    pair.server.close(CloseCode::GOING_AWAY, "", &mut pair.to_client);
    pair.deliver(usize::MAX);
    assert!(pair.client.is_finished() && pair.server.is_finished());
    assert_eq!(pair.client.close_frame().unwrap().code, CloseCode::GOING_AWAY);
    assert_eq!(pair.server.close_frame().unwrap().code, CloseCode::NORMAL);
}

#[test]
fn s5_5_1_nothing_is_sent_after_a_close_and_pings_are_no_longer_answered() {
    let mut pair = Pair::new(Limits::default());
    pair.client.close(CloseCode::NORMAL, "", &mut pair.to_server);
    pair.client.close(CloseCode::GOING_AWAY, "twice", &mut pair.to_server);
    assert_eq!(pair.to_server.len(), 8);
    assert_eq!(pair.client.send(MessageRef::Text("late"), &mut pair.to_server), Err(SendError));
    assert_eq!(pair.client.ping(b"", &mut pair.to_server), Err(SendError));
    pair.server.ping(b"", &mut pair.to_client).unwrap();
    pair.server.send(MessageRef::Binary(b"on its way"), &mut pair.to_client).unwrap();
    let messages = receive(&mut pair.client, &std::mem::take(&mut pair.to_client), &mut pair.to_server).unwrap();
    assert_eq!(pair.to_server.len(), 8, "no pong");
    assert_eq!(messages, [Message::Binary(b"on its way".to_vec())]);
    assert!(!pair.client.is_finished());
    pair.deliver(usize::MAX);
    assert!(pair.client.is_finished());
}

#[test]
fn s5_5_1_what_came_before_a_close_or_a_violation_may_be_answered() {
    for end in [&[0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8][..], &[0xff]] {
        let mut wire = Vec::new();
        frame::write(&mut wire, Opcode::Text, true, Some([1, 2, 3, 4]), b"question");
        wire.extend_from_slice(end);
        let mut server = Connection::server(Limits::default());
        let mut out = Vec::new();
        server.receive(&wire);
        assert_eq!(server.next_message(&mut out), Ok(Some(MessageRef::Text("question"))));
        server.send(MessageRef::Text("answer"), &mut out).unwrap();
        assert!(!server.is_finished());
        let end = server.next_message(&mut out).map(|message| message.is_some());
        assert!(end != Ok(true) && server.is_finished());
        let mut client = Connection::client(Limits::default(), || [0; 4]);
        client.receive(&out);
        assert_eq!(client.next_message(&mut Vec::new()), Ok(Some(MessageRef::Text("answer"))));
        assert_eq!(client.next_message(&mut Vec::new()), Ok(None));
        assert!(client.close_frame().is_some());
    }
}

#[test]
fn s5_5_1_an_empty_close_is_echoed_empty() {
    let mut server = Connection::server(Limits::default());
    let mut out = Vec::new();
    assert_eq!(receive(&mut server, &[0x88, 0x80, 1, 2, 3, 4], &mut out), Ok(vec![]));
    assert_eq!(out, [0x88, 0x00]);
    assert!(server.is_finished());
    assert_eq!(server.close_frame().unwrap().code, CloseCode::NO_STATUS);
}

#[test]
fn s5_5_1_messages_before_a_close_can_still_be_answered() {
    for size in [1, usize::MAX] {
        let mut pair = Pair::new(Limits::default());
        pair.client.send(MessageRef::Text("question"), &mut pair.to_server).unwrap();
        pair.client.close(CloseCode::GOING_AWAY, "in the same packet", &mut pair.to_server);
        let mut out = Vec::new();
        let mut answered = 0;
        for piece in pair.to_server.chunks(size.min(pair.to_server.len())) {
            pair.server.receive(piece);
            while let Some(message) = pair.server.next_message(&mut out).unwrap() {
                let message = Message::from(message);
                assert!(!pair.server.close_state().is_received() && pair.server.close_frame().is_none());
                pair.server.send(message.as_ref(), &mut out).unwrap();
                answered += 1;
            }
        }
        assert_eq!((answered, pair.server.is_finished()), (1, true), "pieces of {size}");
        assert_eq!(out, b"\x81\x08question\x88\x02\x03\xe9", "the answer, then the echo");
    }
}

#[test]
fn s7_1_7_messages_before_a_violation_can_still_be_answered() {
    let mut wire = Vec::new();
    frame::write(&mut wire, Opcode::Text, true, Some([1, 2, 3, 4]), b"before");
    wire.push(0xff);
    let mut server = Connection::server(Limits::default());
    let mut out = Vec::new();
    server.receive(&wire);
    assert_eq!(server.next_message(&mut out), Ok(Some(MessageRef::Text("before"))));
    assert!(!server.is_finished());
    server.send(MessageRef::Text("answer"), &mut out).unwrap();
    assert_eq!(server.next_message(&mut out), Err(ProtocolError::ReservedBits));
    assert!(server.is_finished());
    assert_eq!(out, b"\x81\x06answer\x88\x02\x03\xea");
}

#[test]
fn s7_1_7_a_violation_is_answered_with_its_code_and_ends_the_connection() {
    let mut wire = Vec::new();
    frame::write(&mut wire, Opcode::Text, true, Some([1, 2, 3, 4]), b"before");
    frame::write(&mut wire, Opcode::Text, true, Some([1, 2, 3, 4]), b"\xff");
    let mut server = Connection::server(Limits::default());
    let mut out = Vec::new();
    server.receive(&wire);
    assert_eq!(server.next_message(&mut out), Ok(Some(MessageRef::Text("before"))));
    assert_eq!(server.next_message(&mut out), Err(ProtocolError::InvalidUtf8));
    assert_eq!(out, [0x88, 2, 0x03, 0xef]);
    assert!(server.is_finished());
    assert_eq!(server.send(MessageRef::Text("x"), &mut out), Err(SendError));
    assert_eq!(receive(&mut server, &wire, &mut out), Err(ProtocolError::InvalidUtf8));
    assert_eq!(out.len(), 4);
}

#[test]
fn s10_4_a_message_at_the_limit_passes_and_one_over_it_ends_the_connection() {
    let mut pair = Pair::new(Limits::default().max_message_size(1000));
    pair.client.send(MessageRef::Binary(&[1; 1000]), &mut pair.to_server).unwrap();
    pair.deliver(100);
    assert_eq!(pair.at_server, [Message::Binary(vec![1; 1000])]);
    pair.client.send(MessageRef::Binary(&[1; 1001]), &mut pair.to_server).unwrap();
    let error = receive(&mut pair.server, &pair.to_server, &mut pair.to_client).unwrap_err();
    assert_eq!(error.close_code(), CloseCode::MESSAGE_TOO_BIG);
    assert_eq!(receive(&mut pair.client, &pair.to_client, &mut Vec::new()), Ok(vec![]));
    assert_eq!(pair.client.close_frame().unwrap().code, CloseCode::MESSAGE_TOO_BIG);
}
