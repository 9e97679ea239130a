//! One connection through the proxy, and how it ends.

use std::future::Future;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, DuplexStream, split};
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::carry::{Over, Way};
use super::faults::{Direction, Faults};

/// How long the peers of a cut connection may go on sending, before what they send is answered with a reset.
const LINGER: Duration = Duration::from_secs(1);

/// How the proxy ends a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// An end to both sides.
    Cut,
    /// A reset to both sides.
    Reset,
    /// The proxy is gone.
    Dropped,
    /// It has ended.
    Over,
}

/// What a connection through the proxy goes over.
pub(super) trait Transport: AsyncRead + AsyncWrite + Unpin + Send {
    /// Ends it with a reset, where there is such a thing.
    fn abort(self);
}

impl Transport for TcpStream {
    fn abort(self) {
        let _ = self.set_zero_linger();
    }
}

impl Transport for DuplexStream {
    fn abort(self) {}
}

/// One connection.
pub(super) struct Link {
    pub(super) number: usize,
    /// To the server, to the client.
    pub(super) ways: [Way; 2],
    ending: watch::Sender<Option<Ending>>,
}

impl Link {
    pub(super) fn new(number: usize, seed: u64, first: [Faults; 2]) -> Self {
        // Another one for each direction of each connection.
        let seed = seed.wrapping_add((number as u64 * 2 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let ways = [Way::new(seed, first[0]), Way::new(seed.rotate_left(32), first[1])];
        Self { number, ways, ending: watch::Sender::new(None) }
    }

    pub(super) fn set(&self, direction: Direction, faults: Faults) {
        for way in direction.ways() {
            let _ = self.ways[way].faults.send_replace(faults);
        }
    }

    /// The first ending counts, but for the last of all.
    pub(super) fn end(&self, ending: Ending) {
        self.ending.send_if_modified(|current| {
            let is_new = current.is_none() || ending == Ending::Over;
            if is_new {
                *current = Some(ending);
            }
            is_new
        });
    }

    pub(super) fn is_over(&self) {
        self.end(Ending::Over);
    }

    pub(super) async fn over(&self) {
        let _ = self.ending.subscribe().wait_for(|ending| *ending == Some(Ending::Over)).await;
    }

    async fn ended(&self) -> Ending {
        let mut endings = self.ending.subscribe();
        // We have the sender.
        let ending = endings.wait_for(Option::is_some).await;
        ending.ok().and_then(|ending| *ending).unwrap_or(Ending::Dropped)
    }

    /// What `future` gives; `None` where the proxy goes before that. (A cut or a reset waits: the server has its part of it too.)
    pub(super) async fn unless_dropped<F: Future>(&self, future: F) -> Option<F::Output> {
        let mut endings = self.ending.subscribe();
        tokio::select! {
            biased;
            () = async { drop(endings.wait_for(|ending| *ending == Some(Ending::Dropped)).await) } => None,
            done = future => Some(done),
        }
    }

    /// Carries both ways until both have ended, or a fault ends them.
    pub(super) async fn join<T: Transport>(&self, client: T, server: T, totals: &[AtomicU64; 2]) {
        let ((mut from_client, mut to_client), (mut from_server, mut to_server)) = (split(client), split(server));
        let ending = {
            let [up, down] = &self.ways;
            let both = async {
                tokio::try_join!(
                    up.carry(&mut from_client, &mut to_server, &totals[0]),
                    down.carry(&mut from_server, &mut to_client, &totals[1]),
                )
            };
            tokio::select! {
                biased;
                ending = self.ended() => ending,
                both = both => match both {
                    Ok(_) => Ending::Dropped,
                    Err(Over::Truncated) => Ending::Cut,
                    // A reset of one side is one for the other.
                    Err(Over::Broken) => Ending::Reset,
                },
            }
        };
        let (client, server) = (from_client.unsplit(to_client), from_server.unsplit(to_server));
        self.finish(ending, [client, server]).await;
    }

    /// Takes nothing and says nothing, until a fault ends it.
    pub(super) async fn ignore<T: Transport>(&self, client: T) {
        let ending = self.ended().await;
        self.finish(ending, [client]).await;
    }

    async fn finish<T: Transport, const N: usize>(&self, ending: Ending, mut streams: [T; N]) {
        match ending {
            Ending::Dropped | Ending::Over => {}
            Ending::Reset => streams.into_iter().for_each(T::abort),
            Ending::Cut => {
                for stream in &mut streams {
                    let _ = stream.shutdown().await;
                }
                // To close with bytes unread would be a reset.
                let drain = async {
                    for stream in &mut streams {
                        let mut scratch = [0; 1024];
                        while stream.read(&mut scratch).await.is_ok_and(|n| n > 0) {}
                    }
                };
                let _ = tokio::time::timeout(LINGER, drain).await;
            }
        }
    }
}
