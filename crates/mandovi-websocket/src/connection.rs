//! The parts put together, for users who want a WebSocket and no framework around it.
//!
//! Still without IO: bytes that arrived go in, bytes to write come out in the caller's buffer. A runtime that cares for
//! every copy composes [`Decoder`] and [`frame`] itself; this copies what it receives once.

use std::collections::VecDeque;
use std::fmt;

use crate::{
    Assembler, CloseCode, CloseFrame, CloseState, Decoder, Event, Frames, Limits, MessageRef, Opcode, ProtocolError,
    Role, frame,
};

/// A WebSocket connection after its opening handshake.
///
/// It answers pings and the peer's close by itself, into the `out` buffer that every call has; write what is in there
/// to the transport. When [`is_finished`](Self::is_finished), write the rest of `out` and end the transport.
///
/// What was received and not taken with [`next_message`](Self::next_message) is kept: stop reading from the transport
/// while messages wait, and memory stays bounded by [`Limits`] and the size of one read.
///
/// ```
/// use mandovi_websocket::{CloseCode, Connection, Limits, MessageRef};
///
/// let mut keys = 0u32; // use random keys outside of examples
/// let mut client = Connection::client(Limits::default(), move || {
///     keys += 1;
///     keys.to_ne_bytes()
/// });
/// let mut server = Connection::server(Limits::default());
/// let (mut to_server, mut to_client) = (Vec::new(), Vec::new());
///
/// client.send(MessageRef::Text("hello"), &mut to_server)?;
/// server.receive(&to_server, &mut to_client)?;
/// to_server.clear();
/// assert_eq!(server.next_message(), Some(MessageRef::Text("hello")));
/// assert_eq!(server.next_message(), None);
///
/// server.close(CloseCode::NORMAL, "that was all", &mut to_client);
/// client.receive(&to_client, &mut to_server)?; // writes the echo
/// assert_eq!(client.close_frame().map(|close| close.reason.as_str()), Some("that was all"));
/// server.receive(&to_server, &mut Vec::new())?;
/// assert!(client.is_finished() && server.is_finished());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Connection {
    decoder: Decoder,
    assembler: Assembler,
    batches: VecDeque<Frames>,
    close: CloseState,
    close_frame: Option<CloseFrame>,
    failed: bool,
    /// Gives a fresh key for every frame of a client.
    keys: Option<Box<dyn FnMut() -> [u8; 4] + Send>>,
}

/// A close frame was sent or received before: nothing more may be sent
/// ([RFC 6455 §5.5.1](https://www.rfc-editor.org/rfc/rfc6455#section-5.5.1)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SendError;

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the connection is closing")
    }
}

impl std::error::Error for SendError {}

impl Connection {
    /// The server's end.
    pub fn server(limits: Limits) -> Self {
        Self::new(Role::Server, limits, None)
    }

    /// The client's end. `keys` gives the masking key of each frame; it must be unpredictable
    /// ([§5.3](https://www.rfc-editor.org/rfc/rfc6455#section-5.3)).
    pub fn client(limits: Limits, keys: impl FnMut() -> [u8; 4] + Send + 'static) -> Self {
        Self::new(Role::Client, limits, Some(Box::new(keys)))
    }

    fn new(role: Role, limits: Limits, keys: Option<Box<dyn FnMut() -> [u8; 4] + Send>>) -> Self {
        Self {
            decoder: Decoder::new(role, limits),
            assembler: Assembler::new(),
            batches: VecDeque::new(),
            close: CloseState::new(),
            close_frame: None,
            failed: false,
            keys,
        }
    }

    /// Takes bytes that arrived from the peer. Answers to control frames, and a close frame after a violation, are
    /// appended to `out`. Then take the messages with [`next_message`](Self::next_message).
    ///
    /// After a close frame or an error, further bytes are ignored.
    ///
    /// # Errors
    ///
    /// The peer broke the protocol or a limit: write `out` and end the transport. Messages from before can be taken.
    pub fn receive(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), ProtocolError> {
        if self.decoder.is_finished() {
            return Ok(());
        }
        let held = self.decoder.tail_len();
        if self.decoder.spare().len() < bytes.len() {
            // Doubling, so that a frame that arrives in small pieces is not moved for each of them.
            let room = (held + bytes.len()).max(held * 2);
            self.decoder.replace_storage(vec![0; room]);
        }
        self.decoder.spare()[..bytes.len()].copy_from_slice(bytes);
        self.decoder.filled(bytes.len());
        let outcome = self.decode(out);
        if self.decoder.has_frames() {
            let frames = self.decoder.take_frames(Vec::new());
            self.batches.push_back(frames);
        } else if self.decoder.is_empty() {
            self.decoder.replace_storage(Vec::new());
        }
        if let Err(error) = outcome {
            self.failed = true;
            self.close(error.close_code(), "", out);
        }
        outcome
    }

    fn decode(&mut self, out: &mut Vec<u8>) -> Result<(), ProtocolError> {
        while let Some(event) = self.decoder.decode()? {
            match event {
                Event::Ping(payload) => {
                    if !self.close.is_sent() {
                        let key = self.keys.as_mut().map(|key| key());
                        frame::write(out, Opcode::Pong, true, key, payload);
                    }
                }
                Event::Pong(_) => {}
                Event::Close(close) => {
                    if let Some(echo) = self.close.recv_close(&close) {
                        self.close(echo, "", out);
                    }
                    self.close_frame = Some(close);
                }
            }
        }
        Ok(())
    }

    /// The next whole message, in the order of arrival.
    pub fn next_message(&mut self) -> Option<MessageRef<'_>> {
        let message = loop {
            let frames = self.batches.front_mut()?;
            if let Some(message) = frames.locate(&mut self.assembler) {
                break message;
            }
            self.batches.pop_front();
        };
        let frames = self.batches.front()?;
        Some(frames.lend(message, &self.assembler))
    }

    /// Appends a message to `out`, as one frame.
    ///
    /// # Errors
    ///
    /// If the connection is closing.
    pub fn send(&mut self, message: MessageRef<'_>, out: &mut Vec<u8>) -> Result<(), SendError> {
        self.write(message.kind().opcode(), message.as_bytes(), out)
    }

    /// Appends a ping to `out`.
    ///
    /// # Errors
    ///
    /// If the connection is closing.
    ///
    /// # Panics
    ///
    /// If the payload is longer than 125 bytes.
    pub fn ping(&mut self, payload: &[u8], out: &mut Vec<u8>) -> Result<(), SendError> {
        assert!(payload.len() <= frame::MAX_CONTROL_LEN, "a ping carries at most 125 bytes");
        self.write(Opcode::Ping, payload, out)
    }

    fn write(&mut self, opcode: Opcode, payload: &[u8], out: &mut Vec<u8>) -> Result<(), SendError> {
        if self.close.is_sent() {
            return Err(SendError);
        }
        let key = self.keys.as_mut().map(|key| key());
        frame::write(out, opcode, true, key, payload);
        Ok(())
    }

    /// Appends a close frame to `out`, unless one was sent before. Go on receiving until
    /// [`is_finished`](Self::is_finished), or for as long as you care to wait.
    pub fn close(&mut self, code: CloseCode, reason: &str, out: &mut Vec<u8>) {
        if self.close.send_close(code) {
            let key = self.keys.as_mut().map(|key| key());
            frame::write_close(out, key, code, reason);
        }
    }

    /// Who has sent a close frame.
    pub const fn close_state(&self) -> &CloseState {
        &self.close
    }

    /// The peer's close frame.
    pub const fn close_frame(&self) -> Option<&CloseFrame> {
        self.close_frame.as_ref()
    }

    /// Whether both ends have sent a close frame, or the peer broke the protocol: nothing more is read or written.
    pub const fn is_finished(&self) -> bool {
        self.failed || self.close.is_complete()
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("decoder", &self.decoder)
            .field("close", &self.close)
            .field("failed", &self.failed)
            .finish_non_exhaustive()
    }
}
