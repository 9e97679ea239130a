//! Before the first byte of HTTP: which sockets are taken, how long their heads may be, and who they say they are.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::Serve;
use super::proxy_protocol::{self, ProxyProtocol};
use crate::manager::{ConnectionManager, TrustedProxies};

/// How many sockets there may be beyond the connections that the manager takes: requests that are no streams, and those on their way.
const HEADROOM: usize = 1_000;
/// The smallest limit of a head that the HTTP layer can keep, in bytes.
const HEAD_LEAST: usize = 8 * 1024;

/// What a socket that is one too many is told, if it can be told without waiting.
const TURNED_AWAY: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\nretry-after: 5\r\n\
    content-type: application/json\r\ncontent-length: 49\r\n\r\n{\"message\":\"too many connections (max_sockets)\"}\n";

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
    /// the [PROXY protocol](Self::proxy_protocol) its header may take that long too. Default: 10 seconds.
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
    pub(super) fn open(self, manager: &ConnectionManager) -> io::Result<Door> {
        let Self { heads, max_sockets, proxy_protocol } = self;
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
        let most = max_sockets.unwrap_or_else(|| manager.limits().total().saturating_add(HEADROOM));
        let sockets = Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS)));
        Ok(Door { sockets, heads, proxies: Arc::new(proxies), proxy_protocol })
    }
}

/// Where sockets come in.
#[derive(Debug)]
pub(super) struct Door {
    sockets: Arc<Semaphore>,
    heads: Heads,
    proxies: Arc<TrustedProxies>,
    proxy_protocol: ProxyProtocol,
}

/// A socket that came in.
#[derive(Debug)]
pub(super) struct Guest {
    pub(super) socket: OwnedSemaphorePermit,
    pub(super) heads: Heads,
    peer: SocketAddr,
    proxy_protocol: ProxyProtocol,
}

impl Door {
    /// Takes a socket, or turns it away; `plain`: it can be told why without TLS.
    pub(super) fn let_in(&self, stream: &TcpStream, peer: SocketAddr, plain: bool) -> Option<Guest> {
        if self.proxy_protocol == ProxyProtocol::Required && !self.proxies.contains(peer.ip()) {
            tracing::warn!(
                "a connection that does not come from a trusted proxy is dropped: `proxy_protocol` is required"
            );
            return None;
        }
        match Arc::clone(&self.sockets).try_acquire_owned() {
            Ok(socket) => Some(Guest { socket, heads: self.heads, peer, proxy_protocol: self.proxy_protocol }),
            Err(_) => {
                tracing::warn!(
                    "a connection is turned away: there are as many sockets as there may be (`max_sockets`)"
                );
                if plain {
                    let _ = stream.try_write(TURNED_AWAY);
                }
                None
            }
        }
    }
}

impl Guest {
    /// Its address, which a proxy may write at the beginning.
    pub(super) async fn introduced(&mut self, stream: &mut TcpStream) -> Option<SocketAddr> {
        if self.proxy_protocol == ProxyProtocol::Off {
            return Some(self.peer);
        }
        match timeout(self.heads.timeout, proxy_protocol::read(stream)).await {
            Ok(Ok(address)) => Some(address.unwrap_or(self.peer)),
            Ok(Err(error)) => {
                tracing::warn!(%error, "a connection without a header of the PROXY protocol is dropped");
                None
            }
            Err(_) => {
                tracing::warn!("a connection whose header of the PROXY protocol takes too long is dropped");
                None
            }
        }
    }
}
