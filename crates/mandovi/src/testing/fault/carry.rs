//! One direction of one connection: reads, does what the faults say, hands on when it is time.

use std::collections::VecDeque;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::faults::Faults;

/// The most that is under way, in bytes.
const UNDER_WAY: usize = 256 * 1024;
/// The most that is read at once, in bytes.
const READ: usize = 16 * 1024;
/// A limited bandwidth is handed out in pieces of this time.
const TICK: Duration = Duration::from_millis(10);

/// One direction of a connection, as everybody sees it.
pub(super) struct Way {
    pub(super) faults: watch::Sender<Faults>,
    /// Handed on.
    pub(super) bytes: AtomicU64,
    seed: u64,
}

/// Why a direction ended.
#[derive(Debug)]
pub(super) enum Over {
    /// It was truncated.
    Truncated,
    /// Reading or writing failed: one side is gone.
    Broken,
}

impl From<io::Error> for Over {
    fn from(_: io::Error) -> Self {
        Self::Broken
    }
}

/// What is under way.
enum Piece {
    Bytes(Vec<u8>),
    /// The sender's end.
    End,
    /// The end that a fault makes.
    Truncated,
}

impl Way {
    pub(super) fn new(seed: u64, faults: Faults) -> Self {
        Self { faults: watch::Sender::new(faults), bytes: AtomicU64::new(0), seed }
    }

    /// Carries until the sender's end was handed on.
    pub(super) async fn carry(
        &self,
        from: &mut (impl AsyncRead + Unpin),
        to: &mut (impl AsyncWrite + Unpin),
        total: &AtomicU64,
    ) -> Result<(), Over> {
        let mut told = self.faults.subscribe();
        let mut hand = Hand::new(self.seed, *told.borrow_and_update());
        let mut queue: VecDeque<(Instant, Piece)> = VecDeque::new();
        let (mut queued, mut written, mut ended) = (0, 0, false);
        // When the bandwidth allows the next piece.
        let mut free = Instant::now();
        let mut buffer = vec![0; READ];
        loop {
            let flows = !hand.faults.stalled;
            let due = queue.front().map(|(due, _)| (*due).max(free));
            let is_due = due.is_some_and(|due| due <= Instant::now());
            let waits = flows && due.is_some() && !is_due;
            let reads = flows && !ended && queued < UNDER_WAY;
            let write = async {
                match queue.front() {
                    Some((_, Piece::Bytes(bytes))) => {
                        let most = bytes.len().min(written + hand.piece());
                        to.write(&bytes[written..most]).await.map(Some)
                    }
                    Some((_, Piece::End)) => to.shutdown().await.map(|()| None),
                    Some((_, Piece::Truncated)) | None => Ok(None),
                }
            };
            tokio::select! {
                biased;
                changed = told.changed() => {
                    if changed.is_ok() {
                        let faults = *told.borrow_and_update();
                        hand.set(faults);
                        free = Instant::now();
                    }
                }
                wrote = write, if flows && is_due => match wrote? {
                    Some(0) => return Err(Over::Broken),
                    Some(n) => {
                        self.bytes.fetch_add(n as u64, Ordering::Relaxed);
                        total.fetch_add(n as u64, Ordering::Relaxed);
                        free = free.max(Instant::now()) + hand.takes(n);
                        written += n;
                        queued -= n;
                        if matches!(queue.front(), Some((_, Piece::Bytes(bytes))) if bytes.len() == written) {
                            queue.pop_front();
                            written = 0;
                        }
                    }
                    None => return match queue.pop_front() {
                        Some((_, Piece::Truncated)) => Err(Over::Truncated),
                        _ => Ok(()),
                    },
                },
                () = sleep_until(due.unwrap_or(free)), if waits => {}
                read = from.read(&mut buffer), if reads => {
                    let n = read?;
                    // Nothing overtakes what came before it.
                    let due = hand.due();
                    let due = queue.back().map_or(due, |(last, _)| due.max(*last));
                    let (kept, truncated) = hand.touch(&mut buffer[..n]);
                    if kept > 0 {
                        queue.push_back((due, Piece::Bytes(buffer[..kept].to_vec())));
                        queued += kept;
                    }
                    ended = n == 0 || truncated;
                    if ended {
                        queue.push_back((due, if truncated { Piece::Truncated } else { Piece::End }));
                    }
                }
            }
        }
    }
}

/// What does the faults.
struct Hand {
    faults: Faults,
    random: StdRng,
    /// Bytes that were read since the faults were set.
    offset: u64,
    /// Where the next bit flips at random.
    next_flip: Option<u64>,
}

impl Hand {
    fn new(seed: u64, faults: Faults) -> Self {
        let mut hand = Self { faults, random: StdRng::seed_from_u64(seed), offset: 0, next_flip: None };
        hand.set(faults);
        hand
    }

    fn set(&mut self, faults: Faults) {
        self.faults = faults;
        self.offset = 0;
        self.next_flip = self.draw_flip();
    }

    /// Not byte by byte, and not by what is read at once: the same bytes are hit however they come.
    fn draw_flip(&mut self) -> Option<u64> {
        let one_in = self.faults.flip_one_in;
        let upto = one_in.saturating_mul(2).max(2) - 1;
        (one_in > 0).then(|| self.offset.saturating_add(self.random.random_range(0..upto)))
    }

    /// When what is read now is to be handed on.
    fn due(&mut self) -> Instant {
        let jitter = self.faults.jitter;
        let more = if jitter.is_zero() { jitter } else { self.random.random_range(Duration::ZERO..=jitter) };
        Instant::now() + self.faults.latency + more
    }

    /// How many bytes go at once.
    fn piece(&self) -> usize {
        match self.faults.bandwidth {
            0 => READ,
            rate => usize::try_from(rate.saturating_mul(TICK.as_millis() as u64) / 1000).unwrap_or(READ).clamp(1, READ),
        }
    }

    /// How long the bandwidth needs for so many.
    fn takes(&self, bytes: usize) -> Duration {
        match self.faults.bandwidth {
            0 => Duration::ZERO,
            rate => Duration::from_secs_f64(bytes as f64 / rate as f64),
        }
    }

    /// Flips bits; says how many bytes go on, and whether that is the end.
    fn touch(&mut self, bytes: &mut [u8]) -> (usize, bool) {
        let begins = self.offset;
        let ends = begins + bytes.len() as u64;
        let within = |at: u64| (begins..ends).contains(&at).then(|| (at - begins) as usize);
        if let Some((at, bit)) = self.faults.flip
            && let Some(at) = within(at)
        {
            bytes[at] ^= 1 << bit;
        }
        while let Some(at) = self.next_flip.and_then(within) {
            bytes[at] ^= 1 << self.random.random_range(0..8);
            self.offset = begins + at as u64 + 1;
            self.next_flip = self.draw_flip();
        }
        self.offset = ends;
        match self.faults.truncate {
            Some(at) if at <= ends && !bytes.is_empty() => (at.saturating_sub(begins) as usize, true),
            _ => (bytes.len(), false),
        }
    }
}
