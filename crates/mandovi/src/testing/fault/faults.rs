//! What may happen to the bytes of one direction.

use std::time::Duration;

/// Which way bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From the client to the server.
    ToServer,
    /// From the server to the client.
    ToClient,
    /// Both.
    Both,
}

impl Direction {
    /// The indices of the ways: 0 to the server, 1 to the client.
    pub(super) fn ways(self) -> std::ops::Range<usize> {
        match self {
            Self::ToServer => 0..1,
            Self::ToClient => 1..2,
            Self::Both => 0..2,
        }
    }
}

/// What happens to the bytes of one direction. Faults add up.
///
/// Offsets count from the moment at which the faults are set: 0 is the next byte that the proxy reads in that direction; for a new
/// connection it is the first.
///
/// ```
/// use mandovi::testing::Faults;
/// use std::time::Duration;
///
/// let mobile = Faults::none().latency(Duration::from_millis(80)).jitter(Duration::from_millis(40)).bandwidth(50_000);
/// # let _ = mobile;
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use = "faults do nothing until they are set"]
pub struct Faults {
    pub(super) latency: Duration,
    pub(super) jitter: Duration,
    pub(super) bandwidth: u64,
    pub(super) stalled: bool,
    pub(super) flip: Option<(u64, u8)>,
    pub(super) flip_one_in: u64,
    pub(super) truncate: Option<u64>,
}

impl Faults {
    /// None: bytes go on as they come.
    pub const fn none() -> Self {
        Self {
            latency: Duration::ZERO,
            jitter: Duration::ZERO,
            bandwidth: 0,
            stalled: false,
            flip: None,
            flip_one_in: 0,
            truncate: None,
        }
    }

    /// Every byte, and the end, takes so much longer.
    pub const fn latency(mut self, latency: Duration) -> Self {
        self.latency = latency;
        self
    }

    /// What is read at once takes up to so much longer, at random; the order stays.
    pub const fn jitter(mut self, jitter: Duration) -> Self {
        self.jitter = jitter;
        self
    }

    /// At most so many bytes for each second, handed on in pieces of 10 milliseconds; 0 is no limit.
    pub const fn bandwidth(mut self, bytes_per_second: u64) -> Self {
        self.bandwidth = bytes_per_second;
        self
    }

    /// Nothing is read or handed on, and nothing is closed: in both directions it is the half-open connection that a peer leaves
    /// which lost its power. Ends of the sender are not passed on either. What is sent meanwhile waits in the operating system, which
    /// still acknowledges it until its buffers are full; it goes on when the fault is taken back.
    pub const fn stalled(mut self) -> Self {
        self.stalled = true;
        self
    }

    /// Flips a bit, 0 being the lowest (modulo 8), of the byte at `offset`.
    pub const fn corrupt_at(mut self, offset: u64, bit: u8) -> Self {
        self.flip = Some((offset, bit % 8));
        self
    }

    /// Flips a bit of one in so many bytes on the average, at random; 0 is none.
    pub const fn corrupt_one_in(mut self, bytes: u64) -> Self {
        self.flip_one_in = bytes;
        self
    }

    /// So many bytes go on, then the connection is [cut](super::FaultProxy::cut).
    pub const fn truncate_at(mut self, offset: u64) -> Self {
        self.truncate = Some(offset);
        self
    }
}
