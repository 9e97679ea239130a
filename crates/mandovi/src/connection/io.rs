//! What a connection reads and writes. One `enum`, not a type parameter, so that the pump is compiled once and the
//! in-memory transport of the test kit is the same code.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::upgrade::{Parts, Upgraded};
use hyper_util::rt::TokioIo;
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};
use tokio::net::TcpStream;

/// The most that is given to a stream of HTTP/2 at once, in bytes. It copies what it takes and tells of progress only when
/// it can take more: with pieces that are not large, a peer that is slow is not mistaken for one that takes nothing.
const PIECE: usize = 16 * 1024;

/// The transport of one connection.
#[derive(Debug)]
pub(crate) enum Io {
    /// Plain TCP.
    Tcp(TcpStream),
    /// TLS over TCP, of either side.
    #[cfg(feature = "tls")]
    Tls(Box<tokio_rustls::TlsStream<TcpStream>>),
    /// Whatever else the HTTP layer upgraded: a Unix socket, a stream of somebody else's.
    Upgraded(TokioIo<Upgraded>),
    /// A stream of an HTTP/2 connection, which has others beside it. In a box, or every connection would be larger: two variants
    /// of this size leave no room for the tag.
    Http2(Box<TokioIo<Upgraded>>),
    /// Both ends in this process.
    Memory(DuplexStream),
}

impl Io {
    /// The plainest form of an upgraded HTTP connection, and the bytes which the HTTP layer had read beyond the head.
    pub(crate) fn from_upgraded(upgraded: Upgraded) -> (Io, Bytes) {
        let upgraded = match upgraded.downcast::<TokioIo<TcpStream>>() {
            Ok(Parts { io, read_buf, .. }) => return (Io::Tcp(io.into_inner()), read_buf),
            Err(upgraded) => upgraded,
        };
        let upgraded = match upgraded.downcast::<TokioIo<DuplexStream>>() {
            Ok(Parts { io, read_buf, .. }) => return (Io::Memory(io.into_inner()), read_buf),
            Err(upgraded) => upgraded,
        };
        #[cfg(feature = "tls")]
        let upgraded = match upgraded.downcast::<TokioIo<tokio_rustls::client::TlsStream<TcpStream>>>() {
            Ok(Parts { io, read_buf, .. }) => return (Io::Tls(Box::new(io.into_inner().into())), read_buf),
            Err(upgraded) => upgraded,
        };
        // A server of both versions (ours, and `axum::serve`) wraps the stream once more, and only hyper-util can look inside.
        let upgraded = match auto::upgrade::downcast::<TokioIo<TcpStream>>(upgraded) {
            Ok(parts) => return (Io::Tcp(parts.io.into_inner()), parts.read_buf),
            Err(upgraded) => upgraded,
        };
        #[cfg(feature = "tls")]
        let upgraded = match auto::upgrade::downcast::<TokioIo<tokio_rustls::server::TlsStream<TcpStream>>>(upgraded) {
            Ok(parts) => return (Io::Tls(Box::new(parts.io.into_inner().into())), parts.read_buf),
            Err(upgraded) => upgraded,
        };
        match auto::upgrade::downcast::<TokioIo<DuplexStream>>(upgraded) {
            Ok(parts) => (Io::Memory(parts.io.into_inner()), parts.read_buf),
            Err(upgraded) => (Io::Upgraded(TokioIo::new(upgraded)), Bytes::new()),
        }
    }

    /// The socket, where there is one that is this connection's alone.
    pub(crate) fn tcp(&self) -> Option<&TcpStream> {
        match self {
            Io::Tcp(io) => Some(io),
            #[cfg(feature = "tls")]
            Io::Tls(io) => Some(io.get_ref().0),
            Io::Upgraded(_) | Io::Http2(_) | Io::Memory(_) => None,
        }
    }

    /// A stream of HTTP/2, opened by a `CONNECT`.
    pub(crate) fn from_http2(upgraded: Upgraded) -> Io {
        Io::Http2(Box::new(TokioIo::new(upgraded)))
    }

    /// Reads into `buf`; 0 is the end.
    pub(crate) fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        let mut buf = ReadBuf::new(buf);
        ready!(match self {
            Io::Tcp(io) => Pin::new(io).poll_read(cx, &mut buf),
            #[cfg(feature = "tls")]
            Io::Tls(io) => Pin::new(io).poll_read(cx, &mut buf),
            Io::Upgraded(io) => Pin::new(io).poll_read(cx, &mut buf),
            Io::Http2(io) => Pin::new(io).poll_read(cx, &mut buf),
            Io::Memory(io) => Pin::new(io).poll_read(cx, &mut buf),
        })?;
        Poll::Ready(Ok(buf.filled().len()))
    }

    /// Writes from `buf`.
    pub(crate) fn poll_write(&mut self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self {
            Io::Tcp(io) => Pin::new(io).poll_write(cx, buf),
            #[cfg(feature = "tls")]
            Io::Tls(io) => Pin::new(io).poll_write(cx, buf),
            Io::Upgraded(io) => Pin::new(io).poll_write(cx, buf),
            Io::Http2(io) => Pin::new(io).poll_write(cx, &buf[..buf.len().min(PIECE)]),
            Io::Memory(io) => Pin::new(io).poll_write(cx, buf),
        }
    }

    /// Pushes out what a layer below may hold back (TLS does).
    pub(crate) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Io::Tcp(_) | Io::Memory(_) => Poll::Ready(Ok(())),
            #[cfg(feature = "tls")]
            Io::Tls(io) => Pin::new(io).poll_flush(cx),
            Io::Upgraded(io) => Pin::new(io).poll_flush(cx),
            Io::Http2(io) => Pin::new(io).poll_flush(cx),
        }
    }

    /// Ends the writing side.
    pub(crate) fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Io::Tcp(io) => Pin::new(io).poll_shutdown(cx),
            #[cfg(feature = "tls")]
            Io::Tls(io) => Pin::new(io).poll_shutdown(cx),
            Io::Upgraded(io) => Pin::new(io).poll_shutdown(cx),
            Io::Http2(io) => Pin::new(io).poll_shutdown(cx),
            Io::Memory(io) => Pin::new(io).poll_shutdown(cx),
        }
    }
}
