//! A client that reads and writes frames by hand, so that a test reads like a transcript.

use std::future::Future;
use std::sync::Arc;

use bytes::Bytes;
use mandovi_websocket::{Assembler, CloseCode, Decoder, Event, Frames, Limits, MessageRef, Opcode, Role, frame};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::task::JoinHandle;

use crate::connection::{Conclusion, Io, Pump, Settings, Shared, run_with};
use crate::error::Outcome;
use crate::stream::{Incoming, Receiver, Sender};
use crate::value::{Item, ViewId};

const MASK: [u8; 4] = [1, 2, 3, 4];

/// What a peer saw.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Seen {
    Text(String),
    Binary(usize),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(u16, String),
    Eof,
}

pub(super) fn text(text: &str) -> Seen {
    Seen::Text(text.to_owned())
}

pub(super) struct Peer {
    pub(super) io: DuplexStream,
    decoder: Decoder,
    frames: Option<Frames>,
    assembler: Assembler,
    /// A control frame that came behind the frames not looked at yet.
    behind: Option<Seen>,
    /// Shows pings, and leaves the answer to the test.
    pub(super) sees_pings: bool,
}

impl Peer {
    pub(super) fn new(io: DuplexStream) -> Self {
        Self::reading(io, Role::Client)
    }

    /// The other way round; it must not write.
    pub(super) fn of_client(io: DuplexStream) -> Self {
        Self::reading(io, Role::Server)
    }

    fn reading(io: DuplexStream, role: Role) -> Self {
        let limits = Limits::default().max_frame_size(1 << 30).max_message_size(1 << 30);
        Self {
            io,
            decoder: Decoder::new(role, limits),
            frames: None,
            assembler: Assembler::new(),
            behind: None,
            sees_pings: false,
        }
    }

    /// Writes one masked frame.
    pub(super) async fn frame(&mut self, opcode: Opcode, fin: bool, payload: &[u8]) {
        let mut out = Vec::new();
        frame::write(&mut out, opcode, fin, Some(MASK), payload);
        self.io.write_all(&out).await.expect("the connection reads");
    }

    pub(super) async fn send(&mut self, text: &str) {
        self.frame(Opcode::Text, true, text.as_bytes()).await;
    }

    pub(super) async fn close(&mut self, code: u16, reason: &str) {
        let mut out = Vec::new();
        let code = CloseCode::new(code).expect("a code that may be sent");
        frame::write_close(&mut out, Some(MASK), code, reason);
        self.io.write_all(&out).await.expect("the connection reads");
    }

    /// The next message, pong, close or end.
    pub(super) async fn recv(&mut self) -> Seen {
        loop {
            if let Some(frames) = &mut self.frames {
                match frames.next(&mut self.assembler) {
                    Some(MessageRef::Text(text)) => return Seen::Text(text.to_owned()),
                    Some(MessageRef::Binary(bytes)) => return Seen::Binary(bytes.len()),
                    None => self.frames = None,
                }
            }
            if let Some(behind) = self.behind.take() {
                return behind;
            }
            self.behind = match self.decoder.decode().expect("the server speaks proper WebSocket") {
                Some(Event::Pong(payload)) => Some(Seen::Pong(payload.to_vec())),
                Some(Event::Close(frame)) => Some(Seen::Close(frame.code.as_u16(), frame.reason)),
                Some(Event::Ping(payload)) => {
                    let payload = payload.to_vec();
                    if !self.sees_pings {
                        let mut pong = Vec::new();
                        frame::write(&mut pong, Opcode::Pong, true, Some(MASK), &payload);
                        // Where it is over, what was sent before that is read on.
                        let _ = self.io.write_all(&pong).await;
                        continue;
                    }
                    Some(Seen::Ping(payload))
                }
                None => None,
            };
            if self.decoder.has_frames() {
                self.frames = Some(self.decoder.take_frames(vec![0; 256 * 1024]));
                continue;
            }
            if self.behind.is_some() {
                continue;
            }
            if self.decoder.spare().is_empty() {
                let held = self.decoder.storage_len();
                self.decoder.replace_storage(vec![0; held + 256 * 1024]);
            }
            let n = self.io.read(self.decoder.spare()).await.unwrap_or(0);
            if n == 0 {
                return Seen::Eof;
            }
            self.decoder.filled(n);
        }
    }
}

pub(super) fn halves<T: Item, U: Item>(shared: &Arc<Shared>) -> (Receiver<T>, Sender<U>) {
    (
        Receiver::new(Incoming::new(Arc::clone(shared)), ViewId::DEFAULT),
        Sender::new(Arc::clone(shared), ViewId::DEFAULT),
    )
}

/// A server's end with its peer; nothing runs yet.
pub(super) fn pipe(settings: Settings, capacity: usize) -> (Peer, Arc<Shared>, Pump) {
    let (ours, theirs) = duplex(capacity);
    let shared = Shared::new(Role::Server, &settings);
    let pump = Pump::new(Io::Memory(theirs), &Bytes::new(), Arc::clone(&shared), settings, None);
    (Peer::new(ours), shared, pump)
}

/// How a handler of these tests ends its stream.
pub(super) fn conclusion(outcome: Outcome<()>) -> Conclusion {
    match outcome {
        Ok(()) => Conclusion::done(),
        Err(failure) if failure.is_closed() => Conclusion::Silent,
        Err(failure) => Conclusion::Close(CloseCode::INVALID_PAYLOAD, failure.to_string()),
    }
}

/// Runs a bidirectional handler.
pub(super) fn serve<T, U, F>(
    settings: Settings,
    handler: impl FnOnce(Receiver<T>, Sender<U>) -> F,
) -> (Peer, JoinHandle<()>)
where
    T: Item,
    U: Item,
    F: Future<Output = Outcome<()>> + Send + 'static,
{
    let (peer, shared, pump) = pipe(settings, 64 * 1024);
    let (input, output) = halves(&shared);
    let future = handler(input, output);
    (peer, tokio::spawn(run_with(pump, shared, async { conclusion(future.await) })))
}

/// Runs a handler that only sends.
pub(super) fn serve_output<U, F>(settings: Settings, handler: impl FnOnce(Sender<U>) -> F) -> (Peer, JoinHandle<()>)
where
    U: Item,
    F: Future<Output = Outcome<()>> + Send + 'static,
{
    let (peer, shared, pump) = pipe(settings, 64 * 1024);
    let output = Sender::new(Arc::clone(&shared), ViewId::DEFAULT);
    let future = handler(output);
    (peer, tokio::spawn(run_with(pump, shared, async { conclusion(future.await) })))
}

pub(super) async fn echo(mut input: Receiver<String>, output: Sender<String>) -> Outcome<()> {
    while let Some(line) = input.recv().await? {
        output.send(line).await?;
    }
    Ok(())
}
