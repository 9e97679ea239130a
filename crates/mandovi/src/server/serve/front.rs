//! Before the first byte of HTTP: which sockets are taken, how long their heads may be, and who they say they are.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::Serve;
use super::proxy_protocol::{self, ProxyProtocol};
use crate::manager::{AddressKey, ConnectionManager, Counts, TrustedProxies};

/// How many sockets there may be beyond the connections that the manager takes: requests that are no streams, and those on their way.
const HEADROOM: usize = 1_000;
/// The same for one address.
const HEADROOM_PER_ADDRESS: usize = 100;
/// What stands for a time so long that no clock shows its end: the HTTP layer adds it to its own.
const HEAD_TIMEOUT_MOST: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);
/// The smallest limit of a head that the HTTP layer can keep, in bytes.
const HEAD_LEAST: usize = 8 * 1024;

/// What a socket that is one too many is told, if it can be told without waiting.
const TURNED_AWAY: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\nretry-after: 5\r\n\
    content-type: application/json\r\ncontent-length: 49\r\n\r\n{\"message\":\"too many connections (max_sockets)\"}\n";

/// The same where it is one too many of its address.
const TURNED_AWAY_ADDRESS: &[u8] = b"HTTP/1.1 429 Too Many Requests\r\nconnection: close\r\nretry-after: 5\r\n\
    content-type: application/json\r\ncontent-length: 61\r\n\r\n\
    {\"message\":\"too many connections (max_sockets_per_address)\"}\n";

/// What a request's head may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Heads {
    /// In bytes.
    pub(super) max: usize,
    pub(super) timeout: Duration,
}

impl Default for Heads {
    fn default() -> Self {
        Self { max: 32 * 1024, timeout: Duration::from_secs(10) }
    }
}

/// What `serve` was told of all this.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Front {
    heads: Heads,
    max_sockets: Option<usize>,
    max_sockets_per_address: Option<usize>,
    proxy_protocol: ProxyProtocol,
}

impl<S> Serve<S> {
    /// How many bytes the head of a request may take, at least 8 KiB; beyond that it is refused with 431. The HTTP layer looks after each
    /// read, so it is exact for a power of two, and lets up to twice as much pass for others. Over HTTP/2 it is the size of the list
    /// of fields, which RFC 9113 §6.5.2 counts with 32 bytes more for each. Default: 32 KiB.
    pub fn max_head_size(mut self, bytes: usize) -> Self {
        self.front.heads.max = bytes;
        self
    }

    /// How long a client may take for the head of a request, for the first one since it connected; then the connection is dropped,
    /// without an answer (there is no request that could have one). With
    /// the [PROXY protocol](Self::proxy_protocol) its header may take that long too. Default: 10 seconds; zero is an
    /// error when the server starts.
    pub fn head_timeout(mut self, timeout: Duration) -> Self {
        self.front.heads.timeout = timeout;
        self
    }

    /// How many sockets there may be, whatever they are used for; one that is too many is told so as far as that can be done without
    /// waiting, and dropped. It bounds what the streams' own limits do not see: sockets that have not asked for anything yet.
    /// Default: [`max_connections`](crate::manager::ConnectionLimits::max_connections) of the manager, and 1,000 more.
    pub fn max_sockets(mut self, sockets: usize) -> Self {
        self.front.max_sockets = Some(sockets);
        self
    }

    /// How many sockets there may be from one address (IPv4, or the first 64 bits of IPv6), as [`max_sockets`](Self::max_sockets) has it; not
    /// for [trusted proxies](crate::manager::TrustedProxies), behind which many clients are, but for those whom they name with the PROXY
    /// protocol. Default:
    /// [`max_connections_per_address`](crate::manager::ConnectionLimits::max_connections_per_address) of the manager, and 100 more; none
    /// where it has none.
    pub fn max_sockets_per_address(mut self, sockets: usize) -> Self {
        self.front.max_sockets_per_address = Some(sockets);
        self
    }

    /// Whether every connection begins with the header of the PROXY protocol. Default: none does.
    ///
    /// With [`Required`](ProxyProtocol::Required) the manager's [trusted proxies](crate::manager::TrustedProxies) must be known, or
    /// `serve` ends at once with an error.
    pub fn proxy_protocol(mut self, proxy_protocol: ProxyProtocol) -> Self {
        self.front.proxy_protocol = proxy_protocol;
        self
    }
}

impl Front {
    /// # Errors
    /// What was told makes no sense.
    pub(super) fn open(self, manager: &ConnectionManager, plain: bool) -> io::Result<Arc<Door>> {
        let Self { mut heads, max_sockets, max_sockets_per_address, proxy_protocol } = self;
        let proxies = manager.proxies().clone();
        if proxy_protocol == ProxyProtocol::Required && proxies.is_empty() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "the PROXY protocol is required, and no proxy is trusted: say which with \
                 `ConnectionManager::builder().trusted_proxies(..)`",
            ));
        }
        if heads.max < HEAD_LEAST {
            let message = format!("`max_head_size` is {} bytes, and must be at least {HEAD_LEAST}", heads.max);
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        if heads.timeout.is_zero() {
            let message = "`head_timeout` is zero: no request could come";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        heads.timeout = heads.timeout.min(HEAD_TIMEOUT_MOST);
        let limits = manager.limits();
        let most = max_sockets.unwrap_or_else(|| limits.total().saturating_add(HEADROOM));
        let per_address =
            max_sockets_per_address.or_else(|| Some(limits.per_address()?.saturating_add(HEADROOM_PER_ADDRESS)));
        Ok(Arc::new(Door {
            sockets: Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS))),
            addresses: Arc::default(),
            per_address,
            heads,
            proxies,
            proxy_protocol,
            plain,
            turns_away: AtomicBool::new(false),
        }))
    }
}

/// Where sockets come in.
#[derive(Debug)]
pub(super) struct Door {
    sockets: Arc<Semaphore>,
    addresses: Arc<Counts<AddressKey>>,
    per_address: Option<usize>,
    heads: Heads,
    proxies: TrustedProxies,
    proxy_protocol: ProxyProtocol,
    /// Without TLS: who is turned away can be told why.
    plain: bool,
    /// The last one was turned away: a flood is told once.
    turns_away: AtomicBool,
}

/// A socket's place; it is free when this is dropped.
#[derive(Debug)]
pub(crate) struct Socket {
    _place: OwnedSemaphorePermit,
    address: Option<Counted>,
}

/// An address that has one more.
type Counted = (Arc<Counts<AddressKey>>, AddressKey);

impl Drop for Socket {
    fn drop(&mut self) {
        if let Some((addresses, key)) = self.address.take() {
            addresses.remove(key);
        }
    }
}

/// A socket that came in.
#[derive(Debug)]
pub(super) struct Guest {
    pub(super) socket: Socket,
    pub(super) heads: Heads,
    peer: SocketAddr,
    /// Where its proxy has to say who it is.
    door: Option<Arc<Door>>,
}

/// Which limit is reached, and what is told.
type Full = (&'static str, &'static [u8]);

impl Door {
    /// Takes a socket, or turns it away.
    pub(super) fn let_in(self: &Arc<Self>, stream: &TcpStream, peer: SocketAddr) -> Option<Guest> {
        let introduces = self.proxy_protocol == ProxyProtocol::Required;
        if introduces && !self.proxies.contains(peer.ip()) {
            tracing::debug!("a connection that does not come from a trusted proxy is dropped (`proxy_protocol`)");
            return None;
        }
        let socket = self.or_turned_away(self.take(peer.ip()), stream)?;
        Some(Guest { socket, heads: self.heads, peer, door: introduces.then(|| Arc::clone(self)) })
    }

    fn take(&self, address: IpAddr) -> Result<Socket, Full> {
        let place = Arc::clone(&self.sockets).try_acquire_owned().map_err(|_| ("max_sockets", TURNED_AWAY))?;
        Ok(Socket { _place: place, address: self.count(address)? })
    }

    /// Counts it for its address, unless that is a proxy's.
    fn count(&self, address: IpAddr) -> Result<Option<Counted>, Full> {
        let most = self.per_address.filter(|_| !self.proxies.contains(address));
        match (most, AddressKey::of(address)) {
            (None, _) => Ok(None),
            (Some(most), key) if self.addresses.add(key, most) => Ok(Some((Arc::clone(&self.addresses), key))),
            (Some(_), _) => Err(("max_sockets_per_address", TURNED_AWAY_ADDRESS)),
        }
    }

    fn or_turned_away<T>(&self, taken: Result<T, Full>, stream: &TcpStream) -> Option<T> {
        let turned_away = self.turns_away.swap(taken.is_err(), Ordering::Relaxed);
        match taken {
            Ok(taken) => Some(taken),
            Err((setting, answer)) => {
                if !turned_away {
                    tracing::warn!(setting, "connections are turned away: there are as many sockets as there may be");
                }
                if self.plain {
                    let _ = stream.try_write(answer);
                }
                None
            }
        }
    }
}

impl Guest {
    /// Its address, which a proxy may write at the beginning.
    pub(super) async fn introduced(&mut self, stream: &mut TcpStream) -> Option<SocketAddr> {
        let Some(door) = self.door.take() else { return Some(self.peer) };
        match timeout(self.heads.timeout, proxy_protocol::read(stream)).await {
            Ok(Ok(None)) => Some(self.peer),
            Ok(Ok(Some(client))) => {
                self.socket.address = door.or_turned_away(door.count(client.ip()), stream)?;
                Some(client)
            }
            Ok(Err(error)) => {
                tracing::debug!(%error, "a connection without a header of the PROXY protocol is dropped");
                None
            }
            Err(_) => {
                tracing::debug!("a connection whose header of the PROXY protocol takes too long is dropped");
                None
            }
        }
    }
}
