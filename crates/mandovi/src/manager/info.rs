//! One connection as others see it.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::health::Verdict;

/// What is known of a connection from its start.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub(crate) service: &'static str,
    pub(crate) method: &'static str,
    pub(crate) peer: Option<SocketAddr>,
    pub(crate) principal: Option<Arc<str>>,
    pub(crate) transport: Transport,
}

/// How a stream reaches its client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Transport {
    /// A WebSocket on a connection of its own (RFC 6455).
    WebSocket,
    /// A WebSocket on a stream of an HTTP/2 connection (RFC 8441).
    Http2,
    /// Server-sent events.
    Events,
}

impl Transport {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::WebSocket, Self::Http2, Self::Events];

    /// Its name, for logs and labels: `websocket`, `http2`, `events`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::WebSocket => "websocket",
            Self::Http2 => "http2",
            Self::Events => "events",
        }
    }
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Where a connection is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConnectionState {
    /// Its handshake is not answered.
    Opening,
    /// Both sides may send.
    Open,
    /// One side has ended its stream.
    HalfClosed,
    /// Its handler was told that it is to end.
    Draining,
    /// It is over, and its handler is not done.
    Closed,
}

impl ConnectionState {
    /// All of them, in their order.
    pub(crate) const ALL: [Self; 5] = [Self::Opening, Self::Open, Self::HalfClosed, Self::Draining, Self::Closed];

    /// Its name, for logs and labels: `opening`, `open`, `half_closed`, `draining`, `closed`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Opening => "opening",
            Self::Open => "open",
            Self::HalfClosed => "half_closed",
            Self::Draining => "draining",
            Self::Closed => "closed",
        }
    }
}

impl fmt::Display for ConnectionState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A connection as it was when it was asked for.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ConnectionInfo {
    /// Its number, unique in this process: that of [`Context::id`](crate::Context::id).
    pub id: u64,
    /// The service; empty for a raw WebSocket.
    pub service: &'static str,
    /// The method; for a raw WebSocket what it was [named](crate::server::WebSocket::named), if anything.
    pub method: &'static str,
    /// The client's address: behind [trusted proxies](super::TrustedProxies) what they say of it, then without a port (0).
    pub peer: Option<SocketAddr>,
    /// Who calls, as the verifier named it.
    pub principal: Option<Arc<str>>,
    /// How it reaches its client.
    pub transport: Transport,
    /// Where it is in its life.
    pub state: ConnectionState,
    /// When its call began.
    pub opened_at: SystemTime,
    /// How long ago that is.
    pub age: Duration,
    /// Messages that the handler took.
    pub messages_received: u64,
    /// Messages that were sent to the client, those that were [dropped](Self::dropped) among them.
    pub messages_sent: u64,
    /// Bytes that were read.
    pub bytes_received: u64,
    /// Bytes that were written.
    pub bytes_sent: u64,
    /// Messages of the client that broke the contract.
    pub errors: u64,
    /// Messages to the client that were dropped, since it is slow.
    pub dropped: u64,
    /// How healthy it is.
    pub verdict: Verdict,
    /// Bytes that wait to be written.
    pub queue_bytes: usize,
    /// How long ago anything was read or written.
    pub last_activity: Option<Duration>,
    /// How long ago the client answered a ping.
    pub last_pong: Option<Duration>,
    /// How long the answer to the last ping took.
    pub round_trip: Option<Duration>,
}
