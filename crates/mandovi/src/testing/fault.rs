//! A proxy that does on demand what networks do by themselves: it stands between a client and a server, and a test tells it
//! what to do to the bytes of each direction, while connections live.
//!
//! - this file: what a test holds: the proxy, one of its connections.
//! - `faults`: what may happen to the bytes of one direction.
//! - `carry`: one direction of one connection.
//! - `link`: one connection, and how it ends.

mod carry;
mod faults;
mod link;

#[cfg(all(test, not(mandovi_loom)))]
mod tests;

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{DuplexStream, duplex};
use tokio::net::{TcpListener, TcpSocket, TcpStream, ToSocketAddrs};
use tokio::sync::watch;

pub use self::faults::{Direction, Faults};
use self::link::{Ending, Link};
use super::{InMemory, PIPE};

/// How many connections wait to be accepted.
const BACKLOG: u32 = 1024;
/// How long to wait after an `accept` that failed.
const PAUSE: Duration = Duration::from_millis(10);

/// What becomes of new connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Admit {
    /// They are joined to the server.
    #[default]
    Forward,
    /// They are refused, as if no server ran. (In memory they end at once.)
    Refuse,
    /// They are accepted, and nothing ever answers. The server does not learn of them.
    Ignore,
}

/// A proxy in front of a server, whose faults a test decides.
///
/// It listens on a free port of the loopback interface and joins each connection to the target. [`set`](Self::set) says what happens to
/// the bytes of a direction, [`admit`](Self::admit) what happens to new connections, [`cut`](Self::cut) and [`reset`](Self::reset)
/// end those that live; all of it works at any time, for all connections or for [one](Self::connections). Without faults it is
/// transparent: an end of either side is passed on as an end, a reset as a reset.
///
/// What is random is drawn from a [seed](Self::seeded): the same bytes are corrupted the same way in every run. Time is tokio's, and may be
/// paused with [in-memory](Self::in_memory) connections. At most 256 KiB of each direction are under way; then the sender waits.
///
/// When it is dropped, all of it ends: the port is free, and the connections are dropped.
///
/// ```
/// use mandovi::prelude::*;
/// use mandovi::testing::{Direction, FaultProxy, Faults};
///
/// #[service]
/// trait Echo {
///     #[get("/echo")]
///     async fn echo(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;
/// }
/// # struct Parrot;
/// # impl Echo for Parrot {
/// #     async fn echo(&self, mut input: Receiver<String>, output: Sender<String>) -> Outcome<()> {
/// #         while let Some(line) = input.recv().await? {
/// #             output.send(line).await?;
/// #         }
/// #         Ok(())
/// #     }
/// # }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
/// let proxy = FaultProxy::start(listener.local_addr()?).await?;
/// tokio::spawn(mandovi::serve(listener, EchoServer::new(Parrot).into_router()).into_future());
///
/// let client = EchoClient::builder(proxy.url()).build()?;
/// let (tx, mut rx) = client.echo().await?;
/// tx.send("hello").await?;
/// assert_eq!(rx.recv().await?, Some("hello".to_owned()));
///
/// // Answers take their time now.
/// proxy.set(Direction::ToClient, Faults::none().latency(Duration::from_millis(50)));
/// let asked = std::time::Instant::now();
/// tx.send("slow").await?;
/// assert_eq!(rx.recv().await?, Some("slow".to_owned()));
/// assert!(asked.elapsed() >= Duration::from_millis(50));
///
/// // And now the network is gone.
/// proxy.reset();
/// assert!(rx.recv().await.is_err());
/// # use std::future::IntoFuture;
/// # Ok(())
/// # }
/// ```
pub struct FaultProxy {
    core: Arc<Core>,
    /// None in memory.
    address: Option<SocketAddr>,
}

/// What the proxy shares with its tasks.
pub(super) struct Core {
    seed: u64,
    admit: watch::Sender<Admit>,
    /// The proxy was dropped: its accept loop ends.
    gone: watch::Sender<bool>,
    /// What new connections begin with: to the server, to the client.
    first: Mutex<[Faults; 2]>,
    live: Mutex<Vec<Arc<Link>>>,
    /// Changed whenever `live` is.
    count: watch::Sender<usize>,
    accepted: AtomicUsize,
    bytes: [AtomicU64; 2],
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl FaultProxy {
    /// A proxy in front of the server at `target`, on a free port of 127.0.0.1.
    ///
    /// The target need not listen yet; where nothing does, clients are reset.
    ///
    /// # Errors
    /// When the target has no address, or no port is free.
    pub async fn start(target: impl ToSocketAddrs) -> io::Result<Self> {
        Self::seeded(target, 0).await
    }

    /// As [`start`](Self::start), with another seed for what is random.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub async fn seeded(target: impl ToSocketAddrs, seed: u64) -> io::Result<Self> {
        let target = tokio::net::lookup_host(target).await?.next().ok_or(io::ErrorKind::AddrNotAvailable)?;
        let listener = bound(0)?.listen(BACKLOG)?;
        let address = listener.local_addr()?;
        let core = Core::new(seed);
        tokio::spawn(accept(Arc::clone(&core), listener, address.port(), target));
        Ok(Self { core, address: Some(address) })
    }

    /// A proxy in front of a server in this process, without a network, and the server as its clients see it through the proxy:
    /// `EchoClient::in_memory(server)`. With the clock paused no fault takes any time.
    ///
    /// ```
    /// # use mandovi::prelude::*;
    /// # use mandovi::testing::{Admit, FaultProxy};
    /// # #[service]
    /// # trait Echo {
    /// #     #[get("/echo")]
    /// #     async fn echo(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;
    /// # }
    /// # struct Parrot;
    /// # impl Echo for Parrot {
    /// #     async fn echo(&self, _input: Receiver<String>, _output: Sender<String>) -> Outcome<()> {
    /// #         Ok(())
    /// #     }
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let (proxy, server) = FaultProxy::in_memory(EchoServer::new(Parrot), 0);
    /// let client = EchoClient::in_memory(server).build()?;
    /// proxy.admit(Admit::Refuse);
    /// assert!(matches!(client.echo().await, Err(Failure::Connect(_))));
    /// # Ok(())
    /// # }
    /// ```
    pub fn in_memory(server: impl Into<InMemory>, seed: u64) -> (Self, InMemory) {
        let core = Core::new(seed);
        let server = server.into().behind(Arc::clone(&core));
        (Self { core, address: None }, server)
    }

    /// Where clients connect to: `http://127.0.0.1:` and the port.
    ///
    /// # Panics
    /// In memory.
    pub fn url(&self) -> String {
        format!("http://{}", self.address())
    }

    /// The address that it listens on.
    ///
    /// # Panics
    /// In memory.
    pub fn address(&self) -> SocketAddr {
        self.address.expect("a proxy in memory has no address")
    }

    /// What happens from now on to the bytes of a direction: on every connection that lives, and on those that come.
    /// What was set for it before is forgotten, also on a [single connection](FaultyConnection::set).
    pub fn set(&self, direction: Direction, faults: Faults) {
        let live = lock(&self.core.live);
        let mut first = lock(&self.core.first);
        for way in direction.ways() {
            first[way] = faults;
        }
        drop(first);
        live.iter().for_each(|link| link.set(direction, faults));
    }

    /// Nothing happens to the bytes any longer, and new connections are let in. What was lost stays lost.
    pub fn heal(&self) {
        self.set(Direction::Both, Faults::none());
        self.admit(Admit::Forward);
    }

    /// What becomes of new connections from now on. For [`Admit::Refuse`] the port stays taken, and nothing listens on it a moment later;
    /// connections that were accepted by the operating system before are reset.
    pub fn admit(&self, admit: Admit) {
        self.core.admit.send_replace(admit);
    }

    /// Ends every connection properly, as far as TCP goes: both sides see its end, after what is on its way in the operating system.
    /// What the proxy holds is lost.
    pub fn cut(&self) {
        self.end(Ending::Cut);
    }

    /// Ends every connection with a reset (RST). In memory it is as [`cut`](Self::cut).
    pub fn reset(&self) {
        self.end(Ending::Reset);
    }

    fn end(&self, ending: Ending) {
        lock(&self.core.live).iter().for_each(|link| link.end(ending));
    }

    /// The connections that live, in the order in which they came.
    pub fn connections(&self) -> Vec<FaultyConnection> {
        lock(&self.core.live).iter().map(|link| FaultyConnection(Arc::clone(link))).collect()
    }

    /// How many connections live.
    pub fn len(&self) -> usize {
        lock(&self.core.live).len()
    }

    /// Whether none lives.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Resolves when exactly so many connections live.
    pub async fn reaches(&self, connections: usize) {
        let _ = self.core.count.subscribe().wait_for(|count| *count == connections).await;
    }

    /// How many connections were accepted, in total.
    pub fn accepted(&self) -> usize {
        self.core.accepted.load(Ordering::Relaxed)
    }

    /// How many bytes were handed on in a direction, in total.
    pub fn bytes(&self, direction: Direction) -> u64 {
        direction.ways().map(|way| self.core.bytes[way].load(Ordering::Relaxed)).sum()
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.core.gone.send_replace(true);
        self.end(Ending::Dropped);
    }
}

impl fmt::Debug for FaultProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FaultProxy").field("address", &self.address).field("len", &self.len()).finish_non_exhaustive()
    }
}

/// One connection through a [`FaultProxy`]. It may be over.
#[derive(Clone)]
pub struct FaultyConnection(Arc<Link>);

impl FaultyConnection {
    /// Its number: the first connection is 0.
    pub fn number(&self) -> usize {
        self.0.number
    }

    /// What happens from now on to the bytes of a direction of this connection.
    pub fn set(&self, direction: Direction, faults: Faults) {
        self.0.set(direction, faults);
    }

    /// As [`FaultProxy::cut`].
    pub fn cut(&self) {
        self.0.end(Ending::Cut);
    }

    /// As [`FaultProxy::reset`].
    pub fn reset(&self) {
        self.0.end(Ending::Reset);
    }

    /// How many bytes were handed on in a direction.
    pub fn bytes(&self, direction: Direction) -> u64 {
        direction.ways().map(|way| self.0.ways[way].bytes.load(Ordering::Relaxed)).sum()
    }

    /// Resolves when it is over.
    pub async fn closed(&self) {
        self.0.over().await;
    }
}

impl fmt::Debug for FaultyConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FaultyConnection").field("number", &self.number()).finish_non_exhaustive()
    }
}

impl Core {
    fn new(seed: u64) -> Arc<Self> {
        Arc::new(Self {
            seed,
            admit: watch::Sender::new(Admit::Forward),
            gone: watch::Sender::new(false),
            first: Mutex::new([Faults::none(); 2]),
            live: Mutex::new(Vec::new()),
            count: watch::Sender::new(0),
            accepted: AtomicUsize::new(0),
            bytes: [AtomicU64::new(0), AtomicU64::new(0)],
        })
    }

    /// A new connection. Its end takes it out of the table, however it ends.
    fn enter(self: &Arc<Self>) -> Entered {
        let number = self.accepted.fetch_add(1, Ordering::Relaxed);
        let mut live = lock(&self.live);
        let link = Arc::new(Link::new(number, self.seed, *lock(&self.first)));
        if *self.gone.borrow() {
            link.end(Ending::Dropped);
        }
        live.push(Arc::clone(&link));
        self.count.send_replace(live.len());
        Entered { core: Arc::clone(self), link }
    }

    /// A connection in memory; `connect` makes the server's side of it.
    pub(super) fn connect(self: &Arc<Self>, connect: impl FnOnce() -> DuplexStream) -> DuplexStream {
        let (ours, theirs) = duplex(PIPE);
        let admit = *self.admit.borrow();
        if admit != Admit::Refuse && !*self.gone.borrow() {
            let entered = self.enter();
            let server = (admit == Admit::Forward).then(connect);
            tokio::spawn(async move {
                match server {
                    Some(server) => entered.link.join(theirs, server, &entered.core.bytes).await,
                    None => entered.link.ignore(theirs).await,
                }
            });
        }
        ours
    }
}

/// A connection that is in the table as long as this lives.
struct Entered {
    core: Arc<Core>,
    link: Arc<Link>,
}

impl Drop for Entered {
    fn drop(&mut self) {
        let mut live = lock(&self.core.live);
        live.retain(|link| !Arc::ptr_eq(link, &self.link));
        self.core.count.send_replace(live.len());
        drop(live);
        self.link.is_over();
    }
}

/// A socket that has a port, and does not listen on it.
fn bound(port: u16) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    // Connections that just ended must not keep the port from us.
    socket.set_reuseaddr(true)?;
    socket.bind((Ipv4Addr::LOCALHOST, port).into())?;
    Ok(socket)
}

/// The accept loop.
async fn accept(core: Arc<Core>, listener: TcpListener, port: u16, target: SocketAddr) {
    let mut gone = core.gone.subscribe();
    let mut admits = core.admit.subscribe();
    let mut listener = Some(listener);
    // What holds the port while nothing listens on it: who connects is refused by the operating system.
    let mut held = None;
    loop {
        let admit = *admits.borrow_and_update();
        if admit == Admit::Refuse && listener.is_some() {
            listener = None;
            held = bound(port).ok();
        } else if admit != Admit::Refuse && listener.is_none() {
            let socket = held.take().map_or_else(|| bound(port), Ok);
            match socket.and_then(|socket| socket.listen(BACKLOG)) {
                Ok(socket) => listener = Some(socket),
                Err(error) => {
                    tracing::warn!(%error, "a fault proxy lost its port");
                    return;
                }
            }
        }
        let accepted = async {
            match &listener {
                Some(listener) => listener.accept().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = async { drop(gone.wait_for(|gone| *gone).await) } => return,
            _ = admits.changed() => {}
            accepted = accepted => match accepted {
                Ok((client, _)) => {
                    let _ = client.set_nodelay(true);
                    let entered = core.enter();
                    tokio::spawn(async move {
                        if admit == Admit::Ignore {
                            return entered.link.ignore(client).await;
                        }
                        match entered.link.unless_dropped(TcpStream::connect(target)).await {
                            Some(Ok(server)) => {
                                let _ = server.set_nodelay(true);
                                entered.link.join(client, server, &entered.core.bytes).await;
                            }
                            Some(Err(_)) => link::Transport::abort(client),
                            None => {}
                        }
                    });
                }
                // The client has gone already, or of files there are none left.
                Err(_) => tokio::time::sleep(PAUSE).await,
            },
        }
    }
}
