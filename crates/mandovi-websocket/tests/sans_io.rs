//! The proof that nothing here depends on how bytes travel: two peers talk through memory byte by byte, in lists of pieces
//! as vectored IO gives them, and for callers who drop their calls at any time. Each is told the same, and writes the
//! same, as in the plain run.
//!
//! The peers are built of [`Decoder`], [`Frames`], [`Assembler`] and [`frame`], as a runtime builds them. Each echoes: a ping
//! with a pong, a message with a message of the other kind's bytes, a close with a close.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::collections::VecDeque;

use mandovi_websocket::{
    Assembler, CloseCode, CloseFrame, CloseState, Decoder, Event, Frames, Limits, MessageRef, Opcode, ProtocolError,
    Role, frame,
};
use proptest::collection::vec;
use proptest::prelude::*;

/// What a peer is told.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Told {
    Text(String),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(CloseFrame),
    Error(ProtocolError),
}

/// What a peer says by itself, before it hears anything.
#[derive(Clone, Debug)]
enum Say {
    /// A message in fragments of these sizes, the rest in the last one; a ping between them.
    Message {
        text: bool,
        payload: String,
        fragments: Vec<usize>,
    },
    Ping(Vec<u8>),
    Close(u16, String),
    /// Bytes that are no frame of ours.
    Raw(Vec<u8>),
}

/// One peer: what it is told, and all that it writes.
struct Peer {
    role: Role,
    decoder: Decoder,
    assembler: Assembler,
    close: CloseState,
    told: Vec<Told>,
    wrote: Vec<u8>,
    /// The place in `wrote` from which nothing was sent yet.
    sent: usize,
    keys: u32,
}

fn limits() -> Limits {
    Limits::default().max_frame_size(600).max_message_size(900)
}

impl Peer {
    fn new(role: Role, says: &[Say]) -> Self {
        let mut peer = Self {
            role,
            decoder: Decoder::new(role, limits()),
            assembler: Assembler::new(),
            close: CloseState::new(),
            told: Vec::new(),
            wrote: Vec::new(),
            sent: 0,
            keys: 0,
        };
        for say in says {
            peer.say(say);
        }
        peer
    }

    fn say(&mut self, say: &Say) {
        match say {
            Say::Message { text, payload, fragments } => {
                let mut opcode = if *text { Opcode::Text } else { Opcode::Binary };
                let mut rest = payload.as_bytes();
                for size in fragments {
                    let (fragment, later) = rest.split_at((*size).min(rest.len()));
                    self.write(opcode, false, fragment);
                    self.write(Opcode::Ping, true, b"between");
                    opcode = Opcode::Continuation;
                    rest = later;
                }
                self.write(opcode, true, rest);
            }
            Say::Ping(payload) => self.write(Opcode::Ping, true, payload),
            Say::Close(code, reason) => self.write_close(CloseCode::new(*code).unwrap_or(CloseCode::NO_STATUS), reason),
            Say::Raw(bytes) if !self.close.is_sent() => self.wrote.extend_from_slice(bytes),
            Say::Raw(_) => {}
        }
    }

    /// Another key for every frame, but the same ones in every run.
    fn key(&mut self) -> Option<[u8; 4]> {
        self.keys = self.keys.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.role == Role::Client).then(|| self.keys.to_ne_bytes())
    }

    fn write(&mut self, opcode: Opcode, fin: bool, payload: &[u8]) {
        if !self.close.is_sent() {
            let key = self.key();
            frame::write(&mut self.wrote, opcode, fin, key, payload);
        }
    }

    fn write_close(&mut self, code: CloseCode, reason: &str) {
        if self.close.send_close(code) {
            let key = self.key();
            frame::write_close(&mut self.wrote, key, code, reason);
        }
    }

    /// Remembers it, and answers the other peer's own words: only a client's, or two peers would echo for ever.
    fn hear(&mut self, told: Told) {
        match &told {
            Told::Ping(payload) => self.write(Opcode::Pong, true, payload),
            Told::Text(text) if self.role == Role::Server => self.write(Opcode::Binary, true, text.as_bytes()),
            Told::Binary(bytes) if self.role == Role::Server => self.write(Opcode::Binary, true, bytes),
            Told::Close(close) => {
                if let Some(echo) = self.close.recv_close(close) {
                    self.write_close(echo, "");
                }
            }
            Told::Error(error) => self.write_close(error.close_code(), ""),
            _ => {}
        }
        self.told.push(told);
    }

    fn read(&mut self, frames: &mut Frames) {
        loop {
            let told = match frames.next(&mut self.assembler) {
                Some(MessageRef::Text(text)) => Told::Text(text.to_owned()),
                Some(MessageRef::Binary(bytes)) => Told::Binary(bytes.to_vec()),
                None => return,
            };
            self.hear(told);
        }
    }

    /// One step of decoding; `false`: more bytes are needed. Frames are read before the event behind them.
    fn step(&mut self, replacement: Vec<u8>) -> bool {
        let event = match self.decoder.decode() {
            Ok(None) => None,
            Ok(Some(Event::Ping(payload))) => Some(Told::Ping(payload.to_vec())),
            Ok(Some(Event::Pong(payload))) => Some(Told::Pong(payload.to_vec())),
            Ok(Some(Event::Close(close))) => Some(Told::Close(close)),
            Err(error) => Some(Told::Error(error)),
        };
        if self.decoder.has_frames() {
            let mut frames = self.decoder.take_frames(replacement);
            self.read(&mut frames);
        }
        let more = event.is_some();
        if let Some(told) = event {
            self.hear(told);
        }
        more
    }

    /// The plain way: as much storage as there are bytes, decoded at once.
    fn receive(&mut self, bytes: &[u8]) {
        if self.decoder.spare().len() < bytes.len() {
            let size = self.decoder.tail_len() + bytes.len();
            self.decoder.replace_storage(vec![0; size]);
        }
        self.decoder.spare()[..bytes.len()].copy_from_slice(bytes);
        self.decoder.filled(bytes.len());
        while self.step(vec![0; bytes.len()]) {}
    }

    fn unsent(&self) -> &[u8] {
        &self.wrote[self.sent..]
    }
}

/// What both peers were told and wrote: server, then client.
type Outcome = [(Vec<Told>, Vec<u8>); 2];

/// Lets both talk until nothing is on its way. `carry` takes the bytes that one has written to the other, and says how many
/// of them it took.
fn talk(says: &[Vec<Say>; 2], mut carry: impl FnMut(&[u8], &mut Peer) -> usize) -> Outcome {
    let mut server = Peer::new(Role::Server, &says[0]);
    let mut client = Peer::new(Role::Client, &says[1]);
    while !server.unsent().is_empty() || !client.unsent().is_empty() {
        client.sent += carry(client.unsent(), &mut server);
        server.sent += carry(server.unsent(), &mut client);
    }
    // What a peer writes depends on nothing but what it was told, and in which order.
    [server, client].map(|peer| (peer.told, peer.wrote))
}

fn plainly(says: &[Vec<Say>; 2]) -> Outcome {
    talk(says, |bytes, to| {
        to.receive(bytes);
        bytes.len()
    })
}

fn byte_by_byte(says: &[Vec<Say>; 2]) -> Outcome {
    talk(says, |bytes, to| {
        bytes.chunks(1).for_each(|byte| to.receive(byte));
        bytes.len()
    })
}

/// As `readv` would: what is on its way arrives in a list of pieces, filled one after the other, and is decoded only then.
fn vectored(says: &[Vec<Say>; 2], sizes: &[usize]) -> Outcome {
    let mut sizes = sizes.iter().copied().chain([64]).cycle();
    talk(says, |bytes, to| {
        let mut rest = bytes;
        while !rest.is_empty() {
            let list: Vec<&[u8]> = (0..3)
                .map_while(|_| {
                    let (piece, later) = rest.split_at(sizes.next().unwrap().min(rest.len()));
                    rest = later;
                    (!piece.is_empty() || !rest.is_empty()).then_some(piece)
                })
                .collect();
            let all: usize = list.iter().map(|piece| piece.len()).sum();
            if to.decoder.spare().len() < all {
                let size = to.decoder.tail_len() + all;
                to.decoder.replace_storage(vec![0; size]);
            }
            for piece in list {
                to.decoder.spare()[..piece.len()].copy_from_slice(piece);
                to.decoder.filled(piece.len());
            }
            while to.step(Vec::new()) {}
        }
        bytes.len()
    })
}

/// A caller who drops calls half way. `whims` says what it does next; it never loses what it was given.
fn dropping(says: &[Vec<Say>; 2], whims: &[u8]) -> Outcome {
    let mut whims = whims.iter().copied().chain([0xff]).cycle();
    // Batches that were taken and not read yet, for each end.
    let mut held: [VecDeque<Frames>; 2] = [VecDeque::new(), VecDeque::new()];
    talk(says, |bytes, to| {
        let held = &mut held[usize::from(to.role == Role::Client)];
        let mut taken = 0;
        loop {
            let whim = whims.next().unwrap();
            let size = usize::from(whim >> 3);
            match whim & 7 {
                // A read that wrote into the room and was dropped before it said so.
                0 => to.decoder.spare().fill(0x89),
                // One that had nothing.
                1 => to.decoder.filled(0),
                // Storage is exchanged whenever it pleases, for more or for just enough.
                2 => {
                    let length = to.decoder.storage_len() + size;
                    to.decoder.replace_storage(vec![0xee; length]);
                }
                3 if !to.decoder.has_frames() => {
                    let length = to.decoder.tail_len();
                    to.decoder.replace_storage(vec![0; length]);
                }
                // Frames are taken when there are some, and when there are none.
                3 | 4 => {
                    let frames = to.decoder.take_frames(vec![0; size]);
                    held.push_back(frames);
                }
                // The output is dropped half written: the rest is written later, from where it stopped.
                5 if taken > 0 => break,
                // A write that takes a part of what there is.
                _ => {
                    if to.decoder.spare().is_empty() {
                        let length = to.decoder.storage_len() + 1 + size;
                        to.decoder.replace_storage(vec![0; length]);
                    }
                    let spare = to.decoder.spare();
                    let n = spare.len().min(bytes.len() - taken).min(size + 1);
                    spare[..n].copy_from_slice(&bytes[taken..taken + n]);
                    to.decoder.filled(n);
                    taken += n;
                }
            }
            // Decoded now and then; always when all has arrived, because the peer waits for the answers.
            let is_last = taken == bytes.len();
            if whim & 0x80 != 0 || is_last {
                loop {
                    let event = match to.decoder.decode() {
                        Ok(None) => None,
                        Ok(Some(Event::Ping(payload))) => Some(Told::Ping(payload.to_vec())),
                        Ok(Some(Event::Pong(payload))) => Some(Told::Pong(payload.to_vec())),
                        Ok(Some(Event::Close(close))) => Some(Told::Close(close)),
                        Err(error) => Some(Told::Error(error)),
                    };
                    if event.is_some() || is_last {
                        // Before it is answered, what came before it is.
                        let frames = to.decoder.take_frames(Vec::new());
                        held.push_back(frames);
                        while let Some(mut frames) = held.pop_front() {
                            to.read(&mut frames);
                        }
                    }
                    let Some(told) = event else { break };
                    to.hear(told);
                }
            }
            if is_last {
                break;
            }
        }
        taken
    })
}

fn assert_all_alike(says: &[Vec<Say>; 2], sizes: &[usize], whims: &[u8]) {
    let plain = plainly(says);
    assert_eq!(byte_by_byte(says), plain, "byte by byte");
    assert_eq!(vectored(says, sizes), plain, "vectored");
    assert_eq!(dropping(says, whims), plain, "with dropped calls");
}

fn message(text: bool, payload: &str, fragments: &[usize]) -> Say {
    Say::Message { text, payload: payload.to_owned(), fragments: fragments.to_vec() }
}

/// A conversation with everything in it.
fn conversation() -> [Vec<Say>; 2] {
    [
        vec![
            message(true, "welcome", &[]),
            Say::Ping(b"are you there".to_vec()),
            message(true, &"κόσμε ".repeat(30), &[1, 0, 5, 100]),
        ],
        vec![
            message(true, "", &[]),
            message(false, &"x".repeat(126), &[]),
            message(true, "𐍈𐍈", &[1, 1, 1]),
            Say::Ping(vec![7; 125]),
            message(true, &"y".repeat(600), &[300]),
            Say::Close(1001, "that was all".to_owned()),
        ],
    ]
}

#[test]
fn a_conversation_is_the_same_however_it_travels() {
    let says = conversation();
    let [server, client] = plainly(&says);
    // Not vacuously: both heard it all.
    assert_eq!(server.0.iter().filter(|told| matches!(told, Told::Text(_) | Told::Binary(_))).count(), 4);
    assert_eq!(client.0.iter().filter(|told| matches!(told, Told::Text(_) | Told::Binary(_))).count(), 6);
    for (told, code) in [(&server.0, CloseCode::GOING_AWAY), (&client.0, CloseCode::GOING_AWAY)] {
        assert!(matches!(told.last(), Some(Told::Close(close)) if close.code == code), "{told:?}");
    }
    for step in 1..40usize {
        let whims: Vec<u8> = (0..97usize).map(|at| (at * step * 37 + step) as u8).collect();
        assert_all_alike(&says, &[step, 1, step * 3], &whims);
    }
}

#[test]
fn a_violation_is_the_same_however_it_travels() {
    let wrong: [&[u8]; 6] =
        [b"\x81\x82\0\0\0\0\xc3\x28", b"\x81\x00", b"\x83", b"\x82\xfe\x02\x59\0\0\0\0", b"\x80", b"\x88\x81\0\0\0\0x"];
    for bytes in wrong {
        let mut says = conversation();
        says[1].insert(3, Say::Raw(bytes.to_vec()));
        let [server, _] = plainly(&says);
        assert!(matches!(server.0.last(), Some(Told::Error(_))), "{bytes:x?}: {:?}", server.0);
        for step in 1..10usize {
            let whims: Vec<u8> = (0..97usize).map(|at| (at * step * 41 + step) as u8).collect();
            assert_all_alike(&says, &[step], &whims);
        }
    }
}

fn say() -> impl Strategy<Value = Say> {
    prop_oneof![
        6 => (any::<bool>(), "[a-zé€𐍈]{0,160}", vec(0usize..90, 0..4))
            .prop_map(|(text, payload, fragments)| Say::Message { text, payload, fragments }),
        2 => vec(any::<u8>(), 0..126).prop_map(Say::Ping),
        1 => (1000u16..1016, "[a-zé]{0,130}").prop_map(|(code, reason)| Say::Close(code, reason)),
        1 => vec(any::<u8>(), 0..12).prop_map(Say::Raw),
    ]
}

proptest! {
    #[test]
    fn any_conversation_is_the_same_however_it_travels(
        server in vec(say(), 0..6),
        client in vec(say(), 0..6),
        sizes in vec(0usize..40, 0..6),
        whims in vec(any::<u8>(), 0..60),
    ) {
        assert_all_alike(&[server, client], &sizes, &whims);
    }
}
