//! The other implementations, over memory.

use std::io::{self, Read, Write};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use futures_core::Stream as _;
use mandovi_websocket::Role;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{End, Told, Verdict};
use crate::source::cut;

/// A transport on which those pieces arrive and nothing after them, and which takes whatever is written.
struct Wire<'a> {
    pieces: std::vec::IntoIter<&'a [u8]>,
    piece: &'a [u8],
}

impl<'a> Wire<'a> {
    fn new(bytes: &'a [u8], sizes: &[u8]) -> Self {
        Self { pieces: cut(bytes, sizes).into_iter(), piece: &[] }
    }

    /// At most `n` bytes of one piece; `None`: nothing more arrives.
    fn next(&mut self, n: usize) -> Option<&'a [u8]> {
        while self.piece.is_empty() {
            self.piece = self.pieces.next()?;
        }
        let (read, rest) = self.piece.split_at(n.min(self.piece.len()));
        self.piece = rest;
        Some(read)
    }
}

impl Read for Wire<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.next(buffer.len()).ok_or(io::ErrorKind::WouldBlock)?;
        buffer[..read.len()].copy_from_slice(read);
        Ok(read.len())
    }
}

impl Write for Wire<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl AsyncRead for Wire<'_> {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.next(buffer.remaining()) {
            Some(read) => {
                buffer.put_slice(read);
                Poll::Ready(Ok(()))
            }
            None => Poll::Pending,
        }
    }
}

impl AsyncWrite for Wire<'_> {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

pub(super) fn tungstenite(role: Role, limit: usize, bytes: &[u8], sizes: &[u8]) -> Verdict {
    use tungstenite::error::{Error, ProtocolError};
    use tungstenite::protocol::{Message, Role as TheirRole, WebSocket, WebSocketConfig};

    let config =
        WebSocketConfig::default().read_buffer_size(1024).max_frame_size(Some(limit)).max_message_size(Some(limit));
    let role = match role {
        Role::Client => TheirRole::Client,
        Role::Server => TheirRole::Server,
    };
    let mut socket = WebSocket::from_raw_socket(Wire::new(bytes, sizes), role, Some(config));
    let mut told = Vec::new();
    let end = loop {
        match socket.read() {
            Ok(Message::Text(text)) => told.push(Told::Text(text.as_bytes().to_vec())),
            Ok(Message::Binary(bytes)) => told.push(Told::Binary(bytes.to_vec())),
            Ok(Message::Ping(payload)) => told.push(Told::Ping(payload.to_vec())),
            Ok(Message::Pong(payload)) => told.push(Told::Pong(payload.to_vec())),
            Ok(Message::Close(None)) => break End::Closed(1005, String::new()),
            Ok(Message::Close(Some(close))) => {
                let (code, reason) = (u16::from(close.code), close.reason.to_string());
                // So it refuses a code that must not be sent.
                let refused = code == 1002 && reason == "Protocol violation";
                break if refused { End::Refused(1002) } else { End::Closed(code, reason) };
            }
            Ok(Message::Frame(_)) => unreachable!("only for writing"),
            Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => break End::Waits,
            Err(Error::Utf8(_)) => break End::Refused(1007),
            Err(Error::Capacity(_)) => break End::Refused(1009),
            Err(Error::Protocol(ProtocolError::ResetWithoutClosingHandshake)) => unreachable!("the wire never ends"),
            Err(Error::Protocol(_)) => break End::Refused(1002),
            Err(other) => panic!("{other:?}"),
        }
    };
    Verdict { told, end }
}

pub(super) fn tokio_websockets(role: Role, limit: usize, bytes: &[u8], sizes: &[u8]) -> Verdict {
    use tokio_websockets::proto::ProtocolError;
    use tokio_websockets::{ClientBuilder, Error, Limits, ServerBuilder};

    let wire = Wire::new(bytes, sizes);
    let limits = Limits::default().max_payload_len(Some(limit));
    let mut socket = pin!(match role {
        Role::Client => ClientBuilder::new().limits(limits).take_over(wire),
        Role::Server => ServerBuilder::new().limits(limits).serve(wire),
    });
    let mut told = Vec::new();
    let mut context = Context::from_waker(Waker::noop());
    let end = loop {
        match socket.as_mut().poll_next(&mut context) {
            Poll::Pending => break End::Waits,
            Poll::Ready(Some(Ok(message))) => {
                let payload = message.as_payload().to_vec();
                if message.is_text() {
                    told.push(Told::Text(payload));
                } else if message.is_binary() {
                    told.push(Told::Binary(payload));
                } else if message.is_ping() {
                    told.push(Told::Ping(payload));
                } else if message.is_pong() {
                    told.push(Told::Pong(payload));
                } else {
                    let (code, reason) = message.as_close().expect("no other kind");
                    break End::Closed(code.into(), reason.to_owned());
                }
            }
            Poll::Ready(Some(Err(Error::Protocol(ProtocolError::InvalidUtf8)))) => break End::Refused(1007),
            Poll::Ready(Some(Err(Error::Protocol(_)))) => break End::Refused(1002),
            Poll::Ready(Some(Err(Error::PayloadTooLong { .. }))) => break End::Refused(1009),
            Poll::Ready(other) => panic!("{other:?}"),
        }
    };
    Verdict { told, end }
}
