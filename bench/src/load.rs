//! The load generator: one thread, one `epoll`, frames built before the clock starts, every byte of every answer checked.
//!
//! [`script`] builds what is sent and what must come back, [`checker`] compares, [`connection`] is one socket,
//! [`closed`] and [`calm`] are the two ways of loading. It must be faster than the servers, so the loops allocate
//! nothing, ask the clock once for each write, and make one read and one write for each batch.

pub(crate) mod calm;
pub(crate) mod checker;
pub(crate) mod closed;
pub(crate) mod connection;
pub(crate) mod script;
#[cfg(test)]
mod test_server;

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use crate::scenario::Load;
use calm::Calm;
use closed::Closed;
use script::Answers;

/// Nothing at all came back for this long: the server has lost something.
pub(crate) const STALL: Duration = Duration::from_secs(5);

/// Open connections to one server, ready to load it.
pub(crate) enum Generator {
    /// See [`closed`].
    Closed(Closed),
    /// See [`calm`].
    Calm(Calm),
}

impl Generator {
    /// Opens the connections of this kind of load.
    ///
    /// # Errors
    ///
    /// A connection cannot be opened, or its first two messages come back wrong.
    pub(crate) fn open(load: &Load, server: SocketAddr, answers: Answers, stall: Duration) -> Result<Self, Fault> {
        match *load {
            Load::Closed { connections, depth } => {
                Closed::open(server, answers, connections, depth, stall).map(Self::Closed)
            }
            Load::Calm { connections, per_second, flooded } => {
                Calm::open(server, answers, connections, per_second, flooded, stall).map(Self::Calm)
            }
        }
    }

    /// Loads the server for `window`, and then waits for what is in flight.
    ///
    /// # Errors
    ///
    /// An answer is wrong, a connection ends, or nothing comes for the stall time.
    pub(crate) fn run(&mut self, window: Duration, tally: &mut Tally) -> Result<(), Fault> {
        match self {
            Self::Closed(closed) => closed.run(window, tally),
            Self::Calm(calm) => calm.run(window, tally),
        }
    }
}

/// What a window of load gave.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// Messages answered, on all connections.
    pub(crate) answered: u64,
    /// Of these, the flooding peer's.
    pub(crate) flooded: u64,
    /// Round trips in nanoseconds, in the order in which they ended. Of a batch: from its write to its last answer.
    /// Of a calm message: from the time at which it was due.
    pub(crate) latencies: Vec<u32>,
}

impl Tally {
    fn record(&mut self, latency: Duration) {
        self.latencies.push(u32::try_from(latency.as_nanos()).unwrap_or(u32::MAX));
    }
}

/// Why a measurement is worth nothing: the server answered wrongly, or not at all.
#[derive(Debug)]
pub(crate) enum Fault {
    /// A socket failed.
    Io(io::Error),
    /// The opening handshake was not answered with the 101 of RFC 6455 §4.2.2.
    Handshake(String),
    /// The server closed the connection.
    Ended {
        /// Which connection.
        connection: usize,
    },
    /// An answer is not what was sent.
    Wrong {
        /// Which connection.
        connection: usize,
        /// Which message of that connection, from 0.
        message: u64,
        /// Where in the frame the first wrong byte is, header included.
        at: usize,
        /// What was wanted there.
        wanted: u8,
        /// What came.
        got: u8,
    },
    /// An answer to nothing.
    Unasked {
        /// Which connection.
        connection: usize,
        /// How many messages were sent on it.
        sent: u64,
    },
    /// Nothing came any more although answers are due.
    Stalled {
        /// The first connection that waits.
        connection: usize,
        /// How many answers it has.
        answered: u64,
        /// How many it should have.
        sent: u64,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => write!(f, "socket: {error}"),
            Self::Handshake(why) => write!(f, "opening handshake: {why}"),
            Self::Ended { connection } => {
                write!(f, "connection {connection}: the server closed it")
            }
            Self::Wrong { connection, message, at, wanted, got } => write!(
                f,
                "connection {connection}: the answer to message {message} is wrong: byte {at} of the frame is \
                 {got:#04x}, wanted {wanted:#04x}"
            ),
            Self::Unasked { connection, sent } => {
                write!(f, "connection {connection}: more answers than the {sent} messages sent")
            }
            Self::Stalled { connection, answered, sent } => {
                write!(f, "connection {connection}: {answered} answers to {sent} messages, and nothing comes any more")
            }
        }
    }
}

impl std::error::Error for Fault {}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}
