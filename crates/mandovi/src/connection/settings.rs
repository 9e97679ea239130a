//! What a connection allows and how long it waits.

use std::time::Duration;

use mandovi_websocket::Limits;
use mandovi_websocket::deflate::Compression;

/// The limits and deadlines of a connection.
///
/// ```
/// use mandovi::Settings;
/// use std::time::Duration;
///
/// let settings = Settings::server().max_message_size(256 * 1024).write_timeout(Duration::from_secs(10));
/// # let _ = settings;
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Settings {
    /// The largest message the peer may send, in bytes, whole or in fragments; a larger one ends the connection with
    /// 1009 as soon as its size is known. Default: 64 KiB on a server, 4 MiB on a client.
    pub max_message_size: usize,
    /// How many bytes may wait to be written before `send` waits. One message may exceed it, so that a message
    /// larger than the bound can be sent at all. Default: 64 KiB. Costs memory only while the peer is slow.
    pub outbox_size: usize,
    /// How long a peer may take nothing while something waits to be written; then the connection is closed with
    /// 1013, and a stream of server-sent events is cut. Default: 30 seconds.
    pub write_timeout: Duration,
    /// How long to wait for the peer's part of the close handshake. Default: 5 seconds.
    pub close_timeout: Duration,
    /// How long a handler that still has a `Receiver` may go on, without taking anything from it, after the
    /// peer has left. A handler without one is dropped at once; one whose input came to its proper end and that
    /// sends nothing is never cut. Default: 30 seconds.
    pub leave_timeout: Duration,
    /// How long the opening handshake may take: on a server how long an `Opening` may stay undecided. On a client it is
    /// also the limit of a whole plain call. Default: 10 seconds on a server, 30 on a client. A client waits without a
    /// limit on server streams, since a Goa server answers a subscription only with its first event.
    pub handshake_timeout: Duration,
    /// How often a stream of server-sent events says that it is there, with a comment, while nothing else is sent: proxies
    /// drop connections that are silent, and a client that has gone is noticed. Default: 15 seconds; zero for none.
    pub event_heartbeat: Duration,
    /// permessage-deflate (RFC 7692), where the peer wants it too. Default: none.
    ///
    /// It costs CPU, and the length of a compressed message tells something of its content: where secrets and text of
    /// somebody else's choice share a message, leave it off, or the message [plain](crate::stream::Send::compress). Messages of
    /// types with a `#[field(secret)]` are never compressed unless that is asked for. `max_message_size` holds for what comes
    /// out, while it inflates.
    pub compression: Option<Compression>,
}

impl Settings {
    /// The defaults of a server.
    pub const fn server() -> Self {
        Self {
            max_message_size: 64 * 1024,
            outbox_size: 64 * 1024,
            write_timeout: Duration::from_secs(30),
            close_timeout: Duration::from_secs(5),
            leave_timeout: Duration::from_secs(30),
            handshake_timeout: Duration::from_secs(10),
            event_heartbeat: Duration::from_secs(15),
            compression: None,
        }
    }

    /// The defaults of a client.
    pub const fn client() -> Self {
        Self { max_message_size: 4 * 1024 * 1024, handshake_timeout: Duration::from_secs(30), ..Self::server() }
    }

    /// Sets [`max_message_size`](Self::max_message_size), in bytes.
    #[must_use]
    pub const fn max_message_size(mut self, bytes: usize) -> Self {
        self.max_message_size = bytes;
        self
    }

    /// Sets [`outbox_size`](Self::outbox_size), in bytes.
    #[must_use]
    pub const fn outbox_size(mut self, bytes: usize) -> Self {
        self.outbox_size = bytes;
        self
    }

    /// Sets [`write_timeout`](Self::write_timeout).
    #[must_use]
    pub const fn write_timeout(mut self, timeout: Duration) -> Self {
        self.write_timeout = timeout;
        self
    }

    /// Sets [`close_timeout`](Self::close_timeout).
    #[must_use]
    pub const fn close_timeout(mut self, timeout: Duration) -> Self {
        self.close_timeout = timeout;
        self
    }

    /// Sets [`leave_timeout`](Self::leave_timeout).
    #[must_use]
    pub const fn leave_timeout(mut self, timeout: Duration) -> Self {
        self.leave_timeout = timeout;
        self
    }

    /// Sets [`handshake_timeout`](Self::handshake_timeout).
    #[must_use]
    pub const fn handshake_timeout(mut self, timeout: Duration) -> Self {
        self.handshake_timeout = timeout;
        self
    }

    /// Sets [`event_heartbeat`](Self::event_heartbeat).
    #[must_use]
    pub const fn event_heartbeat(mut self, interval: Duration) -> Self {
        self.event_heartbeat = interval;
        self
    }

    /// Sets [`compression`](Self::compression).
    ///
    /// ```
    /// use mandovi::{Compression, Settings};
    ///
    /// let settings = Settings::server().compression(Compression::new().level(6));
    /// # let _ = settings;
    /// ```
    #[must_use]
    pub const fn compression(mut self, compression: Compression) -> Self {
        self.compression = Some(compression);
        self
    }

    pub(crate) fn limits(&self) -> Limits {
        Limits::default().max_frame_size(self.max_message_size).max_message_size(self.max_message_size)
    }
}
