//! Valid fragments with control frames between them, their batches taken, read and discarded at any time: exactly the
//! messages of which no frame was discarded come out, joined, in order. Where compression was agreed it is whole messages
//! that are discarded.

use std::collections::VecDeque;

use mandovi_websocket::deflate::{Compression, Compressor};
use mandovi_websocket::{Assembler, Decoder, Frames, Limits, MessageKind, Opcode, Role, frame};

use crate::agreed::agree;
use crate::model::Seen;
use crate::source::Source;

/// A data frame's place on the wire.
struct Fragment {
    end: usize,
    message: usize,
}

/// A message as it was sent, and what became of its frames.
struct Sent {
    whole: bool,
    discarded: bool,
    expected: Seen,
}

/// The peer, who writes only what is valid.
struct Writer {
    wire: Vec<u8>,
    key: Option<[u8; 4]>,
    compressor: Option<Compressor>,
    /// What is left of the unfinished message, if there is one.
    rest: Option<Vec<u8>>,
    fragments: VecDeque<Fragment>,
    sent: Vec<Sent>,
    pings: Vec<Seen>,
}

impl Writer {
    fn control(&mut self, payload: &[u8]) {
        frame::write(&mut self.wire, Opcode::Ping, true, self.key, payload);
        self.pings.push(Seen::Ping(payload.to_vec()));
    }

    /// Begins a message with its first `n` bytes, or goes on with the unfinished one.
    fn data(&mut self, text: bool, payload: Vec<u8>, n: usize, last: bool) {
        let (opcode, payload) = match self.rest.take() {
            Some(rest) => (Opcode::Continuation, rest),
            None => {
                let (opcode, expected, payload) = if text {
                    let text = String::from_utf8_lossy(&payload).into_owned();
                    (Opcode::Text, Seen::Text(text.clone()), text.into_bytes())
                } else {
                    (Opcode::Binary, Seen::Binary(payload.clone()), payload)
                };
                self.sent.push(Sent { whole: false, discarded: false, expected });
                (opcode, payload)
            }
        };
        let (now, later) = payload.split_at(if last { payload.len() } else { n.min(payload.len()) });
        match &mut self.compressor {
            Some(compressor) if last && opcode != Opcode::Continuation => {
                let kind = if text { MessageKind::Text } else { MessageKind::Binary };
                compressor.write(&mut self.wire, kind, self.key, now);
            }
            _ => frame::write(&mut self.wire, opcode, last, self.key, now),
        }
        if !last {
            self.rest = Some(later.to_vec());
        }
        if let Some(sent) = self.sent.last_mut() {
            sent.whole = last;
        }
        // With compression the message under way is not among the frames before it is whole.
        if self.compressor.is_some() && !last {
            return;
        }
        self.fragments.push_back(Fragment { end: self.wire.len(), message: self.sent.len() - 1 });
    }
}

struct Reader {
    decoder: Decoder,
    assembler: Assembler,
    batches: VecDeque<Frames>,
    got: Vec<Seen>,
    pings: Vec<Seen>,
    /// Bytes of the wire that were delivered.
    at: usize,
}

impl Reader {
    /// Delivers `n` bytes, of which every frame that is whole is scanned.
    fn deliver(&mut self, wire: &[u8], n: usize) {
        let piece = &wire[self.at..wire.len().min(self.at + n)];
        if self.decoder.spare().len() < piece.len() {
            let length = self.decoder.storage_len() + piece.len();
            self.decoder.replace_storage(vec![0; length]);
        }
        self.decoder.spare()[..piece.len()].copy_from_slice(piece);
        self.decoder.filled(piece.len());
        self.at += piece.len();
        while let Some(event) = self.decoder.decode().expect("only what is valid was sent") {
            self.pings.push(Seen::event(event));
        }
    }

    fn read(&mut self, mut most: usize) {
        while let Some(frames) = self.batches.front_mut() {
            if most == 0 {
                return;
            }
            let promised = frames.has_message(&self.assembler);
            match frames.next(&mut self.assembler) {
                Some(message) => {
                    assert!(promised, "has_message denied a message");
                    self.got.push(Seen::message(message));
                    most -= 1;
                }
                None => {
                    assert!(!promised, "has_message promised a message");
                    self.batches.pop_front();
                }
            }
        }
    }
}

/// The input: role and whether to compress, masking key, then operations of both ends as they come.
pub fn run(data: &[u8]) {
    let mut source = Source::new(data);
    let compresses = data.first().is_some_and(|first| first & 2 != 0);
    let role = source.role();
    let mut decoder = Decoder::new(role, Limits::default());
    let compressor = compresses.then(|| {
        let settings = Compression::new().own_takeover(true).peer_takeover(true).threshold(8);
        let settings = settings.own_window_bits(9).peer_window_bits(9);
        let (agreement, _) = agree(&settings, &settings);
        decoder.inflate(&agreement);
        Compressor::new(role.peer(), &agreement)
    });
    let key: [u8; 4] = std::array::from_fn(|_| source.byte());
    let mut writer = Writer {
        wire: Vec::new(),
        key: (role == Role::Server).then_some(key),
        compressor,
        rest: None,
        fragments: VecDeque::new(),
        sent: Vec::new(),
        pings: Vec::new(),
    };
    let mut reader = Reader {
        decoder,
        assembler: Assembler::new(),
        batches: VecDeque::new(),
        got: Vec::new(),
        pings: Vec::new(),
        at: 0,
    };
    while !source.is_empty() {
        let op = source.byte();
        let size = usize::from(op >> 4);
        match op & 7 {
            0 => writer.control(source.take(size)),
            1 | 2 => {
                let payload = source.run().to_vec();
                writer.data(op & 8 == 0, payload, size, op & 7 == 1);
            }
            3 => reader.deliver(&writer.wire, size + 1),
            4 => reader.deliver(&writer.wire, usize::MAX - reader.at),
            5 => {
                let frames = reader.decoder.take_frames(vec![0; size * 16]);
                reader.batches.push_back(frames);
                while writer.fragments.front().is_some_and(|fragment| fragment.end <= reader.at) {
                    writer.fragments.pop_front();
                }
            }
            6 => {
                reader.decoder.discard_frames();
                assert!(!reader.decoder.has_frames());
                while let Some(fragment) = writer.fragments.front().filter(|fragment| fragment.end <= reader.at) {
                    writer.sent[fragment.message].discarded = true;
                    writer.fragments.pop_front();
                }
            }
            _ => reader.read(size),
        }
    }
    reader.deliver(&writer.wire, usize::MAX - reader.at);
    let frames = reader.decoder.take_frames(Vec::new());
    reader.batches.push_back(frames);
    reader.read(usize::MAX);

    let expected: Vec<_> =
        writer.sent.into_iter().filter(|sent| sent.whole && !sent.discarded).map(|sent| sent.expected).collect();
    assert_eq!(reader.got, expected);
    assert_eq!(reader.pings, writer.pings);
}
