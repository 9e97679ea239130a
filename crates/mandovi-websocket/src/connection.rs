//! The parts put together, for users who want a WebSocket and no framework around it.
//!
//! Still without IO: bytes that arrived go in, bytes to write come out in the caller's buffer. A runtime that cares for
//! every copy composes [`Decoder`] and [`frame`] itself; this copies what it receives once.

use std::fmt;

use crate::{
    Assembler, CloseCode, CloseFrame, CloseState, Decoder, Event, Frames, Limits, MessageRef, Opcode, ProtocolError,
    Role, frame,
};

/// A WebSocket connection after its opening handshake.
///
/// It answers pings and the peer's close by itself, into the `out` buffer that [`next_message`](Self::next_message) has; write
/// what is in there to the transport. When [`is_finished`](Self::is_finished), write the rest of `out` and end the transport.
///
/// What was received and not decoded is kept: stop reading from the transport while messages wait, and memory stays bounded by
/// [`Limits`] and the size of one read.
///
/// It is `Send` and not `Sync`, because of the function that gives a client its masking keys.
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
/// server.receive(&to_server);
/// to_server.clear();
/// assert_eq!(server.next_message(&mut to_client)?, Some(MessageRef::Text("hello")));
/// assert_eq!(server.next_message(&mut to_client)?, None);
///
/// server.close(CloseCode::NORMAL, "that was all", &mut to_client);
/// client.receive(&to_client);
/// assert_eq!(client.next_message(&mut to_server)?, None); // writes the echo
/// assert_eq!(client.close_frame().map(|close| close.reason.as_str()), Some("that was all"));
/// server.receive(&to_server);
/// assert_eq!(server.next_message(&mut Vec::new())?, None);
/// assert!(client.is_finished() && server.is_finished());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Connection {
    decoder: Decoder,
    assembler: Assembler,
    /// The batch that is being read.
    frames: Option<Frames>,
    close: CloseState,
    /// How the peer ended, while messages from before wait to be taken.
    ending: Option<Result<CloseFrame, ProtocolError>>,
    close_frame: Option<CloseFrame>,
    failed: Option<ProtocolError>,
    /// Gives a fresh key for every frame of a client.
    keys: Option<Box<dyn FnMut() -> [u8; 4] + Send>>,
    #[cfg(feature = "deflate")]
    compressor: Option<crate::deflate::Compressor>,
}

/// A close frame was sent or received before: nothing more may be sent
/// ([RFC 6455 §5.5.1](https://www.rfc-editor.org/rfc/rfc6455#section-5.5.1)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
            frames: None,
            close: CloseState::new(),
            ending: None,
            close_frame: None,
            failed: None,
            keys,
            #[cfg(feature = "deflate")]
            compressor: None,
        }
    }

    /// Compresses and inflates messages as it was agreed in the handshake. To be called before the first
    /// [`next_message`](Self::next_message).
    ///
    /// # Panics
    ///
    /// If a message is under way.
    #[cfg(feature = "deflate")]
    #[cfg_attr(docsrs, doc(cfg(feature = "deflate")))]
    #[must_use]
    pub fn with_deflate(mut self, agreement: &crate::deflate::Agreement) -> Self {
        self.decoder.inflate(agreement);
        let role = if self.keys.is_some() { Role::Client } else { Role::Server };
        self.compressor = Some(crate::deflate::Compressor::new(role, agreement));
        self
    }

    /// Takes bytes that arrived from the peer, to be decoded by [`next_message`](Self::next_message).
    ///
    /// After a close frame or an error, further bytes are ignored.
    pub fn receive(&mut self, bytes: &[u8]) {
        if self.decoder.is_finished() {
            return;
        }
        let held = self.decoder.tail_len();
        if self.decoder.spare().len() < bytes.len() {
            // Doubling, so that a frame that arrives in small pieces is not moved for each of them.
            let room = (held + bytes.len()).max(held * 2);
            self.decoder.replace_storage(vec![0; room]);
        }
        self.decoder.spare()[..bytes.len()].copy_from_slice(bytes);
        self.decoder.filled(bytes.len());
    }

    /// The next whole message, in the order of arrival. `None`: [receive](Self::receive) more first.
    ///
    /// Answers to pings, to the peer's close frame and to a violation are appended to `out`. So call it until it gives `None`,
    /// also when no message is expected. A close or a violation is met, and answered, when all messages from before were
    /// given: those can still be answered with [`send`](Self::send).
    ///
    /// # Errors
    ///
    /// The peer broke the protocol or a limit: write `out`, which tells it why, and end the transport. Every further call
    /// gives the same error.
    ///
    /// The peer may be in the middle of sending. A TCP connection that is dropped with bytes unread is reset, and then the
    /// peer may never see the close frame. To be sure that it does, shut down the writing half, and read and throw away what
    /// still comes, for as long as you care to wait.
    pub fn next_message(&mut self, out: &mut Vec<u8>) -> Result<Option<MessageRef<'_>>, ProtocolError> {
        let message = loop {
            if let Some(frames) = &mut self.frames {
                if let Some(message) = frames.locate(&mut self.assembler) {
                    break message;
                }
                self.frames = None;
            }
            if !self.advance(out)? {
                return Ok(None);
            }
        };
        Ok(self.frames.as_ref().map(|frames| frames.lend(message, &self.assembler)))
    }

    /// Decodes on. Whether there are frames to look at.
    fn advance(&mut self, out: &mut Vec<u8>) -> Result<bool, ProtocolError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        if self.ending.is_none() {
            self.ending = self.decode(out);
            if self.decoder.has_frames() {
                // The messages before the end come first, and can still be answered; the next call meets the end.
                self.frames = Some(self.decoder.take_frames(Vec::new()));
                return Ok(true);
            }
            if self.decoder.is_empty() {
                self.decoder.replace_storage(Vec::new());
            }
        }
        match self.ending.take() {
            None => {}
            Some(Ok(close)) => {
                if let Some(echo) = self.close.recv_close(&close) {
                    self.close(echo, "", out);
                }
                self.close_frame = Some(close);
            }
            Some(Err(error)) => {
                self.failed = Some(error);
                self.close(error.close_code(), "", out);
                return Err(error);
            }
        }
        Ok(false)
    }

    /// Takes what was received, up to the peer's close frame or a violation, which it gives.
    fn decode(&mut self, out: &mut Vec<u8>) -> Option<Result<CloseFrame, ProtocolError>> {
        loop {
            match self.decoder.decode() {
                Ok(None) => return None,
                Ok(Some(Event::Ping(payload))) => {
                    if !self.close.is_sent() {
                        let key = self.keys.as_mut().map(|key| key());
                        frame::write(out, Opcode::Pong, true, key, payload);
                    }
                }
                Ok(Some(Event::Pong(_))) => {}
                Ok(Some(Event::Close(close))) => return Some(Ok(close)),
                Err(error) => return Some(Err(error)),
            }
        }
    }

    /// Appends a message to `out`, as one frame: compressed where that was agreed and is worth it.
    ///
    /// # Errors
    ///
    /// If the connection is closing.
    pub fn send<'a>(&mut self, message: impl Into<MessageRef<'a>>, out: &mut Vec<u8>) -> Result<(), SendError> {
        let message = message.into();
        #[cfg(feature = "deflate")]
        if let Some(compressor) = self.compressor.as_mut().filter(|_| !self.close.is_sent()) {
            let key = self.keys.as_mut().map(|key| key());
            compressor.write(out, message.kind(), key, message.as_bytes());
            return Ok(());
        }
        self.send_plain(message, out)
    }

    /// Appends a message to `out`, as one frame that is not compressed: for what is secret.
    ///
    /// # Errors
    ///
    /// If the connection is closing.
    pub fn send_plain<'a>(&mut self, message: impl Into<MessageRef<'a>>, out: &mut Vec<u8>) -> Result<(), SendError> {
        let message = message.into();
        self.write(message.kind().opcode(), message.as_bytes(), out)
    }

    /// Appends a ping to `out`. The pong is taken in silence: that bytes arrived at all tells that the peer is there.
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
    ///
    /// `code` and `reason` as in [`frame::write_close`]: the reason is cut to 123 bytes.
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

    /// Whether both ends have sent a close frame, or the peer broke the protocol: nothing more is read or written, and
    /// all messages were taken.
    pub const fn is_finished(&self) -> bool {
        self.failed.is_some() || self.close.is_complete()
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
