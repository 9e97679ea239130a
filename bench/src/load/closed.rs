//! Closed loop: every connection writes a batch, waits for all its answers, and writes the next.
//!
//! At the end of each window the batches in flight are awaited, so that a lost answer cannot hide behind the end, and
//! so that the server is at rest when its CPU time is read.

use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use mio::{Events, Poll};

use super::connection::Connection;
use super::script::{Answers, Script};
use super::{Fault, Tally};

/// Messages in the shared cycle; every depth divides it.
const CYCLE: usize = 64;

/// Larger than any batch of answers, so that one read takes it all.
const READ_BUFFER_BYTES: usize = 64 * 1024;

/// Connections that send and wait.
pub(crate) struct Closed {
    poll: Poll,
    events: Events,
    connections: Vec<Connection>,
    buffer: Vec<u8>,
    depth: usize,
    stall: Duration,
}

impl Closed {
    /// Opens `connections` connections to load the server `depth` messages at a time.
    ///
    /// # Errors
    ///
    /// A connection cannot be opened, or its first two messages come back wrong.
    pub(crate) fn open(
        server: SocketAddr,
        answers: Answers,
        connections: usize,
        depth: usize,
        stall: Duration,
    ) -> Result<Self, Fault> {
        if !CYCLE.is_multiple_of(depth) {
            return Err(io::Error::other(format!("the depth must divide {CYCLE}")).into());
        }
        let poll = Poll::new()?;
        let script = Rc::new(Script::new(answers, None, CYCLE));
        let connections = (0..connections)
            .map(|number| Connection::open(server, number, answers, &script, poll.registry()))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            poll,
            events: Events::with_capacity(connections.len().max(1)),
            connections,
            buffer: vec![0; READ_BUFFER_BYTES],
            depth,
            stall,
        })
    }

    /// Loads the server for `window` and then waits for what is in flight.
    ///
    /// # Errors
    ///
    /// An answer is wrong, a connection ends, or nothing comes for the stall time.
    pub(crate) fn run(&mut self, window: Duration, tally: &mut Tally) -> Result<(), Fault> {
        let mut now = Instant::now();
        let end = now + window;
        let mut in_flight = self.connections.len();
        for connection in &mut self.connections {
            connection.began = now;
            connection.queue(self.depth);
            connection.flush()?;
        }
        while in_flight > 0 {
            self.poll.poll(&mut self.events, Some(self.stall)).or_else(unless_interrupted)?;
            if self.events.is_empty() && now.elapsed() >= self.stall {
                return Err(self.stalled());
            }
            for event in &self.events {
                let connection = &mut self.connections[event.token().0];
                if !connection.is_flushed() {
                    connection.flush()?;
                }
                if connection.outstanding() == 0 {
                    continue;
                }
                loop {
                    let (answered, drained) = connection.receive(&mut self.buffer)?;
                    tally.answered += answered;
                    if drained {
                        break;
                    }
                }
                if connection.outstanding() > 0 {
                    continue;
                }
                now = Instant::now();
                tally.record(now - connection.began);
                if now < end {
                    connection.began = now;
                    connection.queue(self.depth);
                    connection.flush()?;
                } else {
                    in_flight -= 1;
                }
            }
        }
        Ok(())
    }

    fn stalled(&self) -> Fault {
        self.connections
            .iter()
            .find(|connection| connection.outstanding() > 0)
            .map_or_else(|| io::Error::other("stalled with nothing in flight").into(), Connection::stalled)
    }
}

/// A signal is no failure: the loop polls again.
pub(super) fn unless_interrupted(error: io::Error) -> io::Result<()> {
    if error.kind() == io::ErrorKind::Interrupted { Ok(()) } else { Err(error) }
}

#[cfg(test)]
mod tests {
    use super::super::test_server::{Mistake, TestServer};
    use super::*;

    /// Long enough for a machine that has other work, and the whole of what the tests of lost answers take.
    const STALL: Duration = Duration::from_secs(1);

    /// Three connections against a server with a mistake, for a moment.
    fn load(mistake: Mistake, depth: usize) -> Result<Tally, Fault> {
        let server = TestServer::start(mistake)?;
        let mut closed = Closed::open(server.address(), Answers::Frames, 3, depth, STALL)?;
        let mut tally = Tally::default();
        closed.run(Duration::from_millis(20), &mut tally)?;
        Ok(tally)
    }

    #[test]
    fn a_right_server_is_measured() {
        for depth in [1, 64] {
            let tally = load(Mistake::None, depth).expect("every answer is right");
            assert!(tally.answered >= 3 * depth as u64);
            assert_eq!(tally.answered, (tally.latencies.len() * depth) as u64);
        }
    }

    #[test]
    fn a_server_that_alters_a_byte_is_noticed() {
        for depth in [1, 64] {
            let fault = load(Mistake::Alters { message: 5 }, depth).expect_err("a byte is wrong");
            assert!(matches!(fault, Fault::Wrong { message: 5, .. }), "{fault}");
        }
    }

    #[test]
    fn a_server_that_loses_a_message_is_noticed() {
        let fault = load(Mistake::Loses { message: 5 }, 1).expect_err("an answer is missing");
        assert!(matches!(fault, Fault::Stalled { answered: 5, sent: 6, .. }), "{fault}");
        let fault = load(Mistake::Loses { message: 5 }, 64).expect_err("an answer is missing");
        assert!(matches!(fault, Fault::Wrong { message: 5, .. }), "{fault}");
        // The last of a batch: nothing behind it shows that it is missing, only the wait for it does.
        let fault = load(Mistake::Loses { message: 65 }, 64).expect_err("an answer is missing");
        assert!(matches!(fault, Fault::Stalled { answered: 65, sent: 66, .. }), "{fault}");
    }

    #[test]
    fn a_server_that_answers_twice_is_noticed() {
        for depth in [1, 64] {
            let fault = load(Mistake::Doubles { message: 5 }, depth).expect_err("one answer too many");
            assert!(matches!(fault, Fault::Unasked { .. } | Fault::Wrong { message: 6, .. }), "{fault}");
        }
    }

    #[test]
    fn a_mistake_in_the_first_two_messages_is_noticed_before_the_clock_starts() {
        let fault = load(Mistake::Alters { message: 1 }, 1).expect_err("a byte is wrong");
        assert!(matches!(fault, Fault::Wrong { message: 1, .. }), "{fault}");
    }

    #[test]
    fn a_server_that_closes_is_noticed() {
        let fault = load(Mistake::Closes { message: 5 }, 1).expect_err("the connection ends");
        assert!(matches!(fault, Fault::Ended { .. }), "{fault}");
    }
}
