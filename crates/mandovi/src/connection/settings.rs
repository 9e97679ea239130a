//! What a connection allows and how long it waits.

use std::num::NonZeroU32;
use std::time::Duration;

use mandovi_websocket::deflate::Compression;
use mandovi_websocket::{CloseCode, Limits};

use super::pool;

/// The limits and deadlines of a connection.
///
/// A time of zero means "never", a number of zero "none", wherever that is said to be possible.
///
/// ```
/// use mandovi::Settings;
/// use std::time::Duration;
///
/// let settings = Settings::server().max_message_size(256 * 1024).write_timeout(Duration::from_secs(10));
/// # let _ = settings;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Settings {
    /// The largest message the peer may send, in bytes, whole or in fragments; a larger one ends the connection with
    /// 1009 as soon as its size is known. Default: 64 KiB on a server, 4 MiB on a client.
    pub max_message_size: usize,
    /// The largest frame the peer may send, in bytes; a larger one ends the connection with 1009 as soon as its header is read. It
    /// never allows more than [`max_message_size`](Self::max_message_size). Default: as large as a message.
    pub max_frame_size: usize,
    /// How many messages the peer may send for each second, and how many at once; beyond that the connection is closed with 4429
    /// and says when to come back. Default: no limit; a peer that is too fast is slowed by TCP.
    pub message_rate: Option<MessageRate>,
    /// How many bytes are read at once, and handed to the handler at once. While a handler is behind, three times that is
    /// held. Default: 64 KiB; 16 KiB costs less memory per busy connection and more system calls. What is not a power of two is rounded
    /// up, and what lies outside of 1 KiB to 1 MiB is the nearest of them. No buffer is held while nothing arrives.
    pub read_buffer_size: usize,
    /// How many bytes may wait to be written before `send` waits. One message may exceed it, so that a message
    /// larger than the bound can be sent at all. Default: 64 KiB. Costs memory only while the peer is slow.
    pub outbox_size: usize,
    /// Up to how many bytes messages are gathered for one write; a large one that many connections share is written as it is.
    /// Default: 64 KiB. What lies outside of 1 KiB to 1 MiB is the nearest of them.
    pub write_buffer_size: usize,
    /// What `send` does when [`outbox_size`](Self::outbox_size) bytes wait already, and the peer takes nothing. One message may [say
    /// otherwise](crate::stream::Send::when_slow). Default: it waits.
    pub slow_consumer: SlowConsumer,
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
    /// After how long without a byte from the peer it is asked, with a ping, whether it is there; a little sooner or later at random,
    /// so that many connections do not ask at once. Default: 25 seconds; zero for never.
    pub ping_interval: Duration,
    /// How long the answer to a ping may take. Any byte from the peer is an answer. While the receiver is so far behind that nothing is
    /// read, the time stands still, and begins anew after that. Default: 10 seconds; zero: nobody is judged by pongs.
    pub pong_timeout: Duration,
    /// What a ping without an answer means. Default: [`MissedPong::Auto`].
    pub missed_pong: MissedPong,
    /// How long the peer's operating system may leave what was sent unacknowledged, a ping for example, before TCP ends the connection
    /// (`TCP_USER_TIMEOUT`; Linux). A connection that is silent for so long is asked by TCP itself (`SO_KEEPALIVE`). Default: 30 seconds;
    /// zero for the operating system's own, without keepalive. What a stream says counts from its upgrade on, where it has a TCP connection for
    /// itself; under TLS and HTTP/2 the default of [`serve`](crate::serve) stays.
    pub tcp_timeout: Duration,
    /// How long a connection may be open without a message in either direction; then it is closed with 1001. Pings and parts of
    /// messages do not count; while messages wait to be taken or written it is not idle. Default: zero, for ever: the heartbeat finds those
    /// who are gone.
    pub idle_timeout: Duration,
    /// How long a connection may be open at all, a tenth sooner or later at random; then its handler is told that the server
    /// [drains](crate::Context::draining), and [`close_timeout`](Self::close_timeout) later the connection is closed with 1012 (by a client with 1001).
    /// Default: zero, for ever.
    pub max_lifetime: Duration,
    /// How often a stream of server-sent events says that it is there, with a comment, while nothing else is sent: proxies
    /// drop connections that are silent, and a client that has gone is noticed. Default: 15 seconds; zero for none.
    pub event_heartbeat: Duration,
    /// What a healthy connection is, and what to do about others.
    pub health: HealthPolicy,
    /// permessage-deflate (RFC 7692), where the peer wants it too. Default: none.
    ///
    /// It costs CPU, and the length of a compressed message tells something of its content: where secrets and text of
    /// somebody else's choice share a message, leave it off, or the message [plain](crate::stream::Send::compress). Messages of
    /// types with a `#[field(secret)]` are never compressed unless that is asked for. `max_message_size` holds for what comes
    /// out, while it inflates.
    pub compression: Option<Compression>,
}

/// What a ping without an answer means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum MissedPong {
    /// The peer is dead where it must answer: on a server's streams that take no input, whose peer has nothing to do but to read. Elsewhere TCP is the judge: peers of Goa answer pings only while they receive.
    #[default]
    Auto,
    /// The peer is dead.
    Close,
    /// Nothing: TCP is the judge ([`Settings::tcp_timeout`]).
    Ignore,
}

/// How many messages a peer may send: a token bucket. See [`Settings::message_rate`].
///
/// ```
/// use mandovi::{MessageRate, Settings};
///
/// let settings = Settings::server().message_rate(MessageRate::new(50, 200));
/// # let _ = settings;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageRate {
    /// Messages for each second.
    pub per_second: NonZeroU32,
    /// Messages at once.
    pub burst: NonZeroU32,
}

impl MessageRate {
    /// So many messages for each second, and so many at once.
    ///
    /// # Panics
    /// If one of them is zero; in a `const` the compiler says so.
    pub const fn new(per_second: u32, burst: u32) -> Self {
        match (NonZeroU32::new(per_second), NonZeroU32::new(burst)) {
            (Some(per_second), Some(burst)) => Self { per_second, burst },
            _ => panic!("a message rate of zero; for no limit leave `Settings::message_rate` alone"),
        }
    }
}

/// What `send` does when the peer is slow: [`Settings::outbox_size`] bytes wait already, and the socket took nothing when it was last
/// tried. A burst to a peer that reads loses nothing.
///
/// Messages are dropped whole, in no order but theirs, and only those that were sent with `DropOldest` or `LatestPerKey`, or are
/// given to a `send` with `DropNewest`. With these three `send` answers `Ok`, and [`Sender::lagged`](crate::Sender::lagged) counts.
/// While such a message waits it counts 96 bytes more than it has. With context takeover, messages of `DropOldest` and
/// `LatestPerKey` are not compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SlowConsumer {
    /// It waits for room.
    #[default]
    Wait,
    /// It drops the oldest messages that are not on their way, until there is room; the message itself, where nothing that may be
    /// dropped would make room.
    DropOldest,
    /// It drops the message that it was given.
    DropNewest,
    /// It drops messages for which a newer one of the same [key](crate::stream::Send::key) waits, or is this one; where that makes
    /// no room, and without a key, as `DropOldest`.
    LatestPerKey,
    /// It closes the connection with 1013 and the reason `{"name":"slow_consumer","retry_after_ms":1000}`; what waits is dropped. `send`
    /// fails with the same.
    Close,
}

/// What a healthy connection is, and what to do about others.
///
/// Nothing over its limit: healthy. One measure over it: degraded. Two, or one at twice its limit: unhealthy. A connection is looked at
/// when something happens to it, and when something has lasted for too long; nothing polls.
///
/// ```
/// use mandovi::{CloseCode, HealthAction, HealthPolicy, Settings};
///
/// let policy = HealthPolicy::new().max_errors(5).unhealthy(HealthAction::Close(CloseCode::POLICY_VIOLATION));
/// let settings = Settings::server().health(policy);
/// # let _ = settings;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HealthPolicy {
    /// How long nothing may have been heard of a peer that was asked, with a ping, and has not answered within
    /// [`Settings::pong_timeout`]. Default: 35 seconds; zero: not judged.
    pub max_ping_age: Duration,
    /// How many errors (messages that break the contract) are one too many within [`error_window`](Self::error_window).
    /// Default: 10; zero: not judged.
    pub max_errors: u32,
    /// The sliding window in which errors are counted, to a sixteenth of it. Default: 60 seconds.
    pub error_window: Duration,
    /// How full the outbox may be, in percent, for [`full_for`](Self::full_for). Default: 80; zero: not judged.
    pub max_queue_percent: u8,
    /// How long it may be that full. Default: 10 seconds.
    pub full_for: Duration,
    /// How many messages the peer may send within a second. Default: zero: not judged. [`Settings::message_rate`] is the limit that ends
    /// a connection.
    pub max_message_rate: u32,
    /// How large a message of the peer may be, in bytes. Default: zero: not judged.
    pub max_message_size: usize,
    /// What to do about a degraded connection. Default: [`HealthAction::Log`].
    pub degraded: HealthAction,
    /// What to do about an unhealthy one. Default: [`HealthAction::Log`].
    pub unhealthy: HealthAction,
}

/// What to do about a connection that is not healthy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum HealthAction {
    /// Tells the health log and those who watch events.
    #[default]
    Log,
    /// As `Log`, and drops messages to that peer while its outbox is full, as [`SlowConsumer::DropNewest`] does.
    Shed,
    /// As `Log`, and closes the connection with this code.
    Close(CloseCode),
}

impl HealthPolicy {
    /// The defaults.
    pub const fn new() -> Self {
        Self {
            max_ping_age: Duration::from_secs(35),
            max_errors: 10,
            error_window: Duration::from_secs(60),
            max_queue_percent: 80,
            full_for: Duration::from_secs(10),
            max_message_rate: 0,
            max_message_size: 0,
            degraded: HealthAction::Log,
            unhealthy: HealthAction::Log,
        }
    }

    /// Sets [`max_ping_age`](Self::max_ping_age).
    #[must_use]
    pub const fn max_ping_age(mut self, age: Duration) -> Self {
        self.max_ping_age = age;
        self
    }

    /// Sets [`max_errors`](Self::max_errors).
    #[must_use]
    pub const fn max_errors(mut self, errors: u32) -> Self {
        self.max_errors = errors;
        self
    }

    /// Sets [`error_window`](Self::error_window).
    #[must_use]
    pub const fn error_window(mut self, window: Duration) -> Self {
        self.error_window = window;
        self
    }

    /// Sets [`max_queue_percent`](Self::max_queue_percent), in percent.
    #[must_use]
    pub const fn max_queue_percent(mut self, percent: u8) -> Self {
        self.max_queue_percent = percent;
        self
    }

    /// Sets [`full_for`](Self::full_for).
    #[must_use]
    pub const fn full_for(mut self, time: Duration) -> Self {
        self.full_for = time;
        self
    }

    /// Sets [`max_message_rate`](Self::max_message_rate), in messages per second.
    #[must_use]
    pub const fn max_message_rate(mut self, per_second: u32) -> Self {
        self.max_message_rate = per_second;
        self
    }

    /// Sets [`max_message_size`](Self::max_message_size), in bytes.
    #[must_use]
    pub const fn max_message_size(mut self, bytes: usize) -> Self {
        self.max_message_size = bytes;
        self
    }

    /// Sets [`degraded`](Self::degraded).
    #[must_use]
    pub const fn degraded(mut self, action: HealthAction) -> Self {
        self.degraded = action;
        self
    }

    /// Sets [`unhealthy`](Self::unhealthy).
    #[must_use]
    pub const fn unhealthy(mut self, action: HealthAction) -> Self {
        self.unhealthy = action;
        self
    }
}

impl Default for HealthPolicy {
    fn default() -> Self {
        Self::new()
    }
}

impl Settings {
    /// The defaults of a server.
    pub const fn server() -> Self {
        Self {
            max_message_size: 64 * 1024,
            max_frame_size: usize::MAX,
            message_rate: None,
            read_buffer_size: 64 * 1024,
            outbox_size: 64 * 1024,
            write_buffer_size: 64 * 1024,
            slow_consumer: SlowConsumer::Wait,
            write_timeout: Duration::from_secs(30),
            close_timeout: Duration::from_secs(5),
            leave_timeout: Duration::from_secs(30),
            handshake_timeout: Duration::from_secs(10),
            ping_interval: Duration::from_secs(25),
            pong_timeout: Duration::from_secs(10),
            missed_pong: MissedPong::Auto,
            tcp_timeout: Duration::from_secs(30),
            idle_timeout: Duration::ZERO,
            max_lifetime: Duration::ZERO,
            event_heartbeat: Duration::from_secs(15),
            health: HealthPolicy::new(),
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

    /// Sets [`max_frame_size`](Self::max_frame_size), in bytes.
    #[must_use]
    pub const fn max_frame_size(mut self, bytes: usize) -> Self {
        self.max_frame_size = bytes;
        self
    }

    /// Sets [`message_rate`](Self::message_rate).
    #[must_use]
    pub const fn message_rate(mut self, rate: MessageRate) -> Self {
        self.message_rate = Some(rate);
        self
    }

    /// Sets [`read_buffer_size`](Self::read_buffer_size), in bytes.
    #[must_use]
    pub const fn read_buffer_size(mut self, bytes: usize) -> Self {
        self.read_buffer_size = bytes;
        self
    }

    /// Sets [`outbox_size`](Self::outbox_size), in bytes.
    #[must_use]
    pub const fn outbox_size(mut self, bytes: usize) -> Self {
        self.outbox_size = bytes;
        self
    }

    /// Sets [`write_buffer_size`](Self::write_buffer_size), in bytes.
    #[must_use]
    pub const fn write_buffer_size(mut self, bytes: usize) -> Self {
        self.write_buffer_size = bytes;
        self
    }

    /// Sets [`slow_consumer`](Self::slow_consumer).
    #[must_use]
    pub const fn slow_consumer(mut self, policy: SlowConsumer) -> Self {
        self.slow_consumer = policy;
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

    /// Sets [`ping_interval`](Self::ping_interval).
    #[must_use]
    pub const fn ping_interval(mut self, interval: Duration) -> Self {
        self.ping_interval = interval;
        self
    }

    /// Sets [`pong_timeout`](Self::pong_timeout).
    #[must_use]
    pub const fn pong_timeout(mut self, timeout: Duration) -> Self {
        self.pong_timeout = timeout;
        self
    }

    /// Sets [`missed_pong`](Self::missed_pong).
    #[must_use]
    pub const fn missed_pong(mut self, missed: MissedPong) -> Self {
        self.missed_pong = missed;
        self
    }

    /// Sets [`tcp_timeout`](Self::tcp_timeout).
    #[must_use]
    pub const fn tcp_timeout(mut self, timeout: Duration) -> Self {
        self.tcp_timeout = timeout;
        self
    }

    /// Sets [`idle_timeout`](Self::idle_timeout).
    #[must_use]
    pub const fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.idle_timeout = timeout;
        self
    }

    /// Sets [`max_lifetime`](Self::max_lifetime).
    #[must_use]
    pub const fn max_lifetime(mut self, lifetime: Duration) -> Self {
        self.max_lifetime = lifetime;
        self
    }

    /// Sets [`event_heartbeat`](Self::event_heartbeat).
    #[must_use]
    pub const fn event_heartbeat(mut self, interval: Duration) -> Self {
        self.event_heartbeat = interval;
        self
    }

    /// Sets [`health`](Self::health).
    #[must_use]
    pub const fn health(mut self, policy: HealthPolicy) -> Self {
        self.health = policy;
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

    /// What [`read_buffer_size`](Self::read_buffer_size) comes to.
    pub(crate) fn read_buffer(&self) -> usize {
        self.read_buffer_size.clamp(pool::SMALLEST, pool::LARGEST).next_power_of_two()
    }

    /// What [`write_buffer_size`](Self::write_buffer_size) comes to.
    pub(crate) fn write_buffer(&self) -> usize {
        self.write_buffer_size.clamp(pool::SMALLEST, pool::LARGEST)
    }

    pub(crate) fn limits(&self) -> Limits {
        Limits::default()
            .max_frame_size(self.max_frame_size.min(self.max_message_size))
            .max_message_size(self.max_message_size)
    }
}
