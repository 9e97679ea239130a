//! What the tests share: agreements, frames with RSV1, and a reader that writes down what a decoder tells.

use http::header::SEC_WEBSOCKET_EXTENSIONS;
use http::{Method, StatusCode, Version};
use mandovi_websocket::deflate::{Agreement, Compression};
use mandovi_websocket::{
    Assembler, CloseFrame, Decoder, Event, Limits, MessageRef, Opcode, ProtocolError, Role, frame, handshake,
};

pub(crate) const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// Everything allowed.
pub(crate) const TAKEOVER: Compression = Compression::new().own_takeover(true).peer_takeover(true).threshold(0);
/// The default, for messages of any size.
pub(crate) const PLAIN: Compression = Compression::new().threshold(0);

/// What a client and a server with these settings come to: the client's agreement and the server's.
pub(crate) fn agree(client: Compression, server: Compression) -> (Agreement, Agreement) {
    let key = handshake::key([7; 16]);
    let mut request = handshake::request_headers(&key);
    request.insert(SEC_WEBSOCKET_EXTENSIONS, client.offer());
    let mut accepted = handshake::check(&Method::GET, Version::HTTP_11, &request).unwrap();
    let at_server = accepted.negotiate(&server).unwrap();
    let response = accepted.response_headers(None);
    let status = StatusCode::SWITCHING_PROTOCOLS;
    let at_client = handshake::verify_response_with(status, &response, &key, &[], &client).unwrap().deflate;
    (at_client.unwrap(), at_server)
}

/// The server's agreement with a client of the same settings.
pub(crate) fn server(settings: Compression) -> Agreement {
    agree(settings, settings).1
}

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

/// A client's frame, with RSV1 as told.
pub(crate) fn write(out: &mut Vec<u8>, opcode: Opcode, fin: bool, rsv1: bool, payload: &[u8]) {
    frame::Header { fin, rsv1, opcode, mask: Some(KEY), payload_len: payload.len() as u64 }.write(out);
    out.extend(payload.iter().zip(KEY.iter().cycle()).map(|(byte, key)| byte ^ key));
}

/// A client's whole compressed message.
pub(crate) fn compressed(opcode: Opcode, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    write(&mut out, opcode, true, true, payload);
    out
}

/// A decoder and what it told.
pub(crate) struct Reader {
    pub(crate) decoder: Decoder,
    pub(crate) assembler: Assembler,
    pub(crate) seen: Vec<Seen>,
    /// The most that the batch's storage has had, in bytes.
    pub(crate) peak: usize,
}

impl Reader {
    pub(crate) fn new(role: Role, limits: Limits, agreement: &Agreement) -> Self {
        let mut decoder = Decoder::new(role, limits);
        decoder.inflate(agreement);
        Self { decoder, assembler: Assembler::new(), seen: Vec::new(), peak: 0 }
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
            self.peak = self.peak.max(self.decoder.batch_len());
            let stalled = self.decoder.is_stalled();
            if self.decoder.has_frames() {
                let mut frames = self.decoder.take_frames(Vec::new());
                while let Some(message) = frames.next(&mut self.assembler) {
                    self.seen.push(match message {
                        MessageRef::Text(text) => Seen::Text(text.to_owned()),
                        MessageRef::Binary(bytes) => Seen::Binary(bytes.to_vec()),
                    });
                }
                assert!(frames.is_empty());
            }
            match event {
                Some(event) => self.seen.push(event),
                None if stalled => {}
                None => return,
            }
        }
    }
}

/// Feeds `pieces` to a server's decoder and writes down all that it tells.
pub(crate) fn read<'a>(agreement: &Agreement, limits: Limits, pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<Seen> {
    let mut reader = Reader::new(Role::Server, limits, agreement);
    for piece in pieces {
        reader.feed(piece);
    }
    reader.seen
}

/// The same in one piece, within the default limits.
pub(crate) fn read_all(agreement: &Agreement, bytes: &[u8]) -> Vec<Seen> {
    let whole = read(agreement, Limits::default(), [bytes]);
    assert_eq!(read(agreement, Limits::default(), bytes.chunks(1)), whole, "cut after every byte");
    whole
}

/// Deflated by another implementation, without the end of its last flush.
pub(crate) fn deflated(bytes: &[u8]) -> Vec<u8> {
    use miniz_oxide::deflate::core::{CompressorOxide, TDEFLFlush, compress, create_comp_flags_from_zip_params};
    let mut compressor = CompressorOxide::new(create_comp_flags_from_zip_params(6, -15, 0));
    let mut out = vec![0; bytes.len() * 2 + 100];
    let (_, taken, made) = compress(&mut compressor, bytes, &mut out, TDEFLFlush::Sync);
    assert_eq!(taken, bytes.len());
    out.truncate(made);
    assert!(out.ends_with(&[0, 0, 0xff, 0xff]));
    out.truncate(made - 4);
    out
}
