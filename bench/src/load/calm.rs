//! Open loop: calm connections that send on a schedule, perhaps beside one that sends as fast as it can.
//!
//! A calm message counts from the time at which it was due, not from its write: what a late answer delays behind it is
//! counted too (no coordinated omission). The loop never sleeps, because `epoll` wakes to the millisecond only and the
//! answers take microseconds; so the load generator's core is always busy here. The flooder's part of each turn is one
//! write and one read of a chunk: what that adds to the latencies, some microseconds, is the same for every server.

use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use mio::{Events, Poll};

use super::closed::unless_interrupted;
use super::connection::Connection;
use super::script::{Answers, Script};
use super::{Fault, Tally};

/// What the flooder writes at once: 64 messages, 4.5 kB, as much as a batch of the pipelined echo.
const FLOOD_CHUNK: usize = 64;
/// Messages in the flooder's cycle.
const CYCLE: usize = 256;
/// As much as the answers to a chunk or two: a larger read would keep the calm answers waiting.
const READ_BUFFER_BYTES: usize = 16 * 1024;

/// Calm connections, and the flooder behind them.
pub(crate) struct Calm {
    poll: Poll,
    events: Events,
    connections: Vec<Connection>,
    /// When the next message of each is due.
    due: Vec<Instant>,
    flooder: Option<Flooder>,
    buffer: Vec<u8>,
    period: Duration,
    stall: Duration,
}

/// The connection that sends as fast as it can, with what `epoll` last said of it.
struct Flooder {
    connection: Connection,
    readable: bool,
    writable: bool,
}

impl Calm {
    /// Opens `connections` calm connections of `per_second` messages each, and the flooder if there is one.
    ///
    /// # Errors
    ///
    /// A connection cannot be opened, or its first two messages come back wrong.
    pub(crate) fn open(
        server: SocketAddr,
        answers: Answers,
        connections: usize,
        per_second: u32,
        flooded: bool,
        stall: Duration,
    ) -> Result<Self, Fault> {
        let poll = Poll::new()?;
        let script = Rc::new(Script::new(answers, None, CYCLE));
        let open = |number| Connection::open(server, number, answers, &script, poll.registry());
        let calm = (0..connections).map(open).collect::<Result<Vec<_>, _>>()?;
        let flooder = if flooded { Some(open(connections)?) } else { None };
        Ok(Self {
            events: Events::with_capacity(connections + 1),
            due: vec![Instant::now(); connections],
            connections: calm,
            flooder: flooder.map(|connection| Flooder { connection, readable: false, writable: true }),
            buffer: vec![0; READ_BUFFER_BYTES],
            period: Duration::from_secs(1) / per_second.max(1),
            poll,
            stall,
        })
    }

    /// Loads the server for `window` and then waits for what is in flight.
    ///
    /// # Errors
    ///
    /// An answer is wrong, a connection ends, or one is not answered for the stall time.
    pub(crate) fn run(&mut self, window: Duration, tally: &mut Tally) -> Result<(), Fault> {
        let begin = Instant::now();
        let end = begin + window;
        // Spread over the period, so that calm messages do not queue behind each other.
        let apart = self.period / u32::try_from(self.connections.len().max(1)).unwrap_or(u32::MAX);
        for (due, place) in self.due.iter_mut().zip(0..) {
            *due = begin + apart * place;
        }
        let mut last_answer = begin;
        loop {
            self.poll.poll(&mut self.events, Some(Duration::ZERO)).or_else(unless_interrupted)?;
            let now = Instant::now();
            let mut answered = self.take_answers(now, tally)?;
            if let Some(flooder) = &mut self.flooder {
                let count = flooder.turn(now < end, &mut self.buffer)?;
                tally.flooded += count;
                answered += count;
            }
            tally.answered += answered;
            if now < end {
                self.send_what_is_due(now)?;
            } else if self.in_flight().next().is_none() {
                return Ok(());
            }
            if answered > 0 {
                last_answer = now;
            } else if now - last_answer > self.stall {
                return Err(self
                    .in_flight()
                    .next()
                    .map_or_else(|| io::Error::other("nothing was sent").into(), Connection::stalled));
            }
        }
    }

    fn take_answers(&mut self, now: Instant, tally: &mut Tally) -> Result<u64, Fault> {
        let mut total = 0;
        for event in &self.events {
            let Some(connection) = self.connections.get_mut(event.token().0) else {
                if let Some(flooder) = &mut self.flooder {
                    flooder.readable |= event.is_readable() || event.is_read_closed();
                    flooder.writable |= event.is_writable();
                }
                continue;
            };
            if event.is_readable() || event.is_read_closed() {
                let (answered, _) = connection.receive(&mut self.buffer)?;
                if answered > 0 {
                    tally.record(now.saturating_duration_since(connection.began));
                }
                total += answered;
            }
        }
        Ok(total)
    }

    fn send_what_is_due(&mut self, now: Instant) -> Result<(), Fault> {
        for (connection, due) in self.connections.iter_mut().zip(&mut self.due) {
            if *due <= now && connection.outstanding() == 0 {
                connection.began = *due;
                *due += self.period;
                connection.queue(1);
                // 70 bytes into an empty send buffer: they fit.
                connection.flush()?;
            }
        }
        Ok(())
    }

    fn in_flight(&self) -> impl Iterator<Item = &Connection> {
        let flooder = self.flooder.iter().map(|flooder| &flooder.connection);
        self.connections.iter().chain(flooder).filter(|connection| connection.outstanding() > 0)
    }
}

impl Flooder {
    /// One read and one write; the number of messages answered. Once it may send no more it only finishes what it has
    /// begun.
    fn turn(&mut self, may_send: bool, buffer: &mut [u8]) -> Result<u64, Fault> {
        let mut answered = 0;
        if self.readable {
            let (count, drained) = self.connection.receive(buffer)?;
            answered = count;
            self.readable = !drained;
        }
        if self.writable {
            if may_send && self.connection.is_flushed() {
                self.connection.queue(FLOOD_CHUNK);
            }
            self.writable = self.connection.flush()?;
        }
        Ok(answered)
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_server::{Mistake, TestServer};
    use super::*;

    fn load(mistake: Mistake, flooded: bool) -> Result<Tally, Fault> {
        let server = TestServer::start(mistake)?;
        let stall = Duration::from_secs(1);
        let mut calm = Calm::open(server.address(), Answers::Frames, 3, 200, flooded, stall)?;
        let mut tally = Tally::default();
        calm.run(Duration::from_millis(50), &mut tally)?;
        Ok(tally)
    }

    #[test]
    fn calm_messages_are_sent_on_schedule() {
        let tally = load(Mistake::None, false).expect("every answer is right");
        // 200 a second for 50 ms on each of three connections; a slow machine may send fewer, never more.
        assert!((3..=30).contains(&tally.answered), "{}", tally.answered);
        assert_eq!(tally.latencies.len() as u64, tally.answered);
        assert_eq!(tally.flooded, 0);
    }

    #[test]
    fn the_flooder_is_counted_apart() {
        let tally = load(Mistake::None, true).expect("every answer is right");
        assert!(tally.flooded >= 64, "{}", tally.flooded);
        assert_eq!(tally.answered - tally.flooded, tally.latencies.len() as u64);
    }

    #[test]
    fn mistakes_are_noticed() {
        for flooded in [false, true] {
            let fault = load(Mistake::Alters { message: 3 }, flooded).expect_err("a byte is wrong");
            assert!(matches!(fault, Fault::Wrong { message: 3, .. }), "{fault}");
        }
        let fault = load(Mistake::Loses { message: 3 }, false).expect_err("an answer is missing");
        assert!(matches!(fault, Fault::Stalled { answered: 3, sent: 4, .. }), "{fault}");
        let fault = load(Mistake::Loses { message: 500 }, true).expect_err("an answer is missing");
        assert!(matches!(fault, Fault::Wrong { message: 500, .. }), "{fault}");
    }
}
