//! What the tests share: writing what a peer sends, and reading it as a transcript.

use mandovi_websocket::{
    Assembler, CloseFrame, Decoder, Event, Frames, Limits, MessageRef, Opcode, ProtocolError, Role, frame,
};

pub(crate) const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// What a decoder tells, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    Text(String),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(CloseFrame),
    Error(ProtocolError),
}

pub(crate) fn text(text: &str) -> Seen {
    Seen::Text(text.to_owned())
}

/// Bytes as a peer sends them, frame after frame.
#[derive(Clone)]
pub(crate) struct Peer {
    pub(crate) role: Role,
    pub(crate) bytes: Vec<u8>,
}

impl Peer {
    pub(crate) fn client() -> Self {
        Self { role: Role::Client, bytes: Vec::new() }
    }

    pub(crate) fn server() -> Self {
        Self { role: Role::Server, bytes: Vec::new() }
    }

    pub(crate) fn frame(mut self, opcode: Opcode, fin: bool, payload: &[u8]) -> Self {
        let key = (self.role == Role::Client).then_some(KEY);
        frame::write(&mut self.bytes, opcode, fin, key, payload);
        self
    }

    pub(crate) fn text(self, text: &str) -> Self {
        self.frame(Opcode::Text, true, text.as_bytes())
    }

    pub(crate) fn raw(mut self, bytes: &[u8]) -> Self {
        self.bytes.extend_from_slice(bytes);
        self
    }

    /// What our end reads from it, in one piece.
    pub(crate) fn read(&self) -> Vec<Seen> {
        self.read_within(Limits::default())
    }

    pub(crate) fn read_within(&self, limits: Limits) -> Vec<Seen> {
        read(self.role.peer(), limits, [&self.bytes[..]])
    }

    /// The error that ends what our end reads.
    pub(crate) fn error(&self) -> ProtocolError {
        match self.read().pop() {
            Some(Seen::Error(error)) => error,
            other => panic!("no error, but {other:?}"),
        }
    }
}

/// Feeds `pieces` to a decoder of ours and writes down all that it tells.
pub(crate) fn read<'a>(role: Role, limits: Limits, pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<Seen> {
    let mut reader = Reader::new(role, limits);
    for piece in pieces {
        reader.feed(piece);
    }
    reader.seen
}

/// A decoder and what it told; it grows the storage as a transport would.
pub(crate) struct Reader {
    pub(crate) decoder: Decoder,
    pub(crate) assembler: Assembler,
    pub(crate) seen: Vec<Seen>,
}

impl Reader {
    pub(crate) fn new(role: Role, limits: Limits) -> Self {
        Self { decoder: Decoder::new(role, limits), assembler: Assembler::new(), seen: Vec::new() }
    }

    pub(crate) fn feed(&mut self, mut piece: &[u8]) {
        while !piece.is_empty() {
            if self.decoder.spare().is_empty() {
                let size = self.decoder.tail_len() * 2 + 64;
                self.decoder.replace_storage(vec![0; size]);
            }
            let spare = self.decoder.spare();
            let n = spare.len().min(piece.len());
            spare[..n].copy_from_slice(&piece[..n]);
            self.decoder.filled(n);
            piece = &piece[n..];
            self.decode();
        }
    }

    fn decode(&mut self) {
        loop {
            let event = match self.decoder.decode() {
                Ok(None) => None,
                Ok(Some(Event::Ping(payload))) => Some(Seen::Ping(payload.to_vec())),
                Ok(Some(Event::Pong(payload))) => Some(Seen::Pong(payload.to_vec())),
                Ok(Some(Event::Close(close))) => Some(Seen::Close(close)),
                Err(error) => Some(Seen::Error(error)),
            };
            // The frames before the event come first.
            if self.decoder.has_frames() {
                let frames = self.decoder.take_frames(Vec::new());
                self.take(frames);
            }
            match event {
                Some(event) => self.seen.push(event),
                None => return,
            }
        }
    }

    pub(crate) fn take(&mut self, mut frames: Frames) {
        while let Some(message) = frames.next(&mut self.assembler) {
            self.seen.push(match message {
                MessageRef::Text(text) => Seen::Text(text.to_owned()),
                MessageRef::Binary(bytes) => Seen::Binary(bytes.to_vec()),
            });
        }
        assert!(frames.is_empty());
    }
}
