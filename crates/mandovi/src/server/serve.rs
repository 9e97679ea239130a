//! The accept loop: connections of HTTP/1.1 and HTTP/2 with limits, and a shutdown that tells every stream.
//!
//! - `front`: which sockets are taken at all, and what comes before their first byte of HTTP.
//! - `proxy_protocol`: the addresses that a proxy writes there.

mod front;
mod proxy_protocol;

use std::convert::Infallible;
use std::future::{Future, IntoFuture, pending};
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::body::Body;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout_at};

use self::front::{Door, Front, Guest};
pub(crate) use self::front::{Heads, Socket};
pub use self::proxy_protocol::ProxyProtocol;
#[cfg(feature = "tls")]
use super::tls::{Certificates, Tls};
use super::{Connections, Response, connect};
use crate::connection::Settings;
use crate::context::PeerAddr;
use crate::manager::{ConnectionManager, Drain, DrainReport};

/// How many requests, WebSockets among them, an HTTP/2 connection may have under way.
pub(super) const STREAMS_MAX: u32 = 256;
/// How many bytes may arrive for one of them that are not read yet. The connection takes that for all of them, so that one whose
/// handler is behind never stops the others.
const STREAM_WINDOW: u32 = 16 * 1024;
/// The window of the connection. It is not what bounds the bytes: the windows of the streams do. But a frame that is not read yet costs
/// memory whatever its size, so `h2` charges up to 256 bytes for it, and ends a connection (ENHANCE_YOUR_CALM) when that comes to half
/// of this. Messages of 32 bytes in frames of their own, which are no attack, are charged 7 times their size: every stream may be
/// full of them.
const CONNECTION_WINDOW: u32 = 2 * 7 * STREAM_WINDOW * STREAMS_MAX;
/// How many bytes wait in the HTTP layer for one of them to be written.
const STREAM_OUT_MAX: usize = 64 * 1024;
/// How often an HTTP/2 connection is asked whether its peer is there, and how long the answer may take. A peer that is in the
/// middle of a head cannot answer, so this bounds every head after the first.
const ALIVE_INTERVAL: Duration = Duration::from_secs(20);
const ALIVE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long an HTTP connection has for its end after the last stream, where the deadline is over.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// How long to wait after an `accept` that failed for lack of resources.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// There is none.
#[cfg(not(feature = "tls"))]
#[derive(Clone, Debug)]
enum Tls {}

/// What can be served: an axum router, or [`Service`](super::Service).
pub trait Serves:
    tower_service::Service<http::Request<Body>, Response = Response, Error = Infallible, Future: Send>
    + Clone
    + Send
    + 'static
{
}

impl<S> Serves for S where
    S: tower_service::Service<http::Request<Body>, Response = Response, Error = Infallible, Future: Send>
        + Clone
        + Send
        + 'static
{
}

/// Serves a router on a listener, until the signal of [`Serve::with_graceful_shutdown`].
///
/// HTTP/1.1, and HTTP/2 for those who begin with it (no `Upgrade: h2c`; under TLS by ALPN), on one port; `TCP_NODELAY` set (the connection
/// gathers its writes itself); [10 seconds](Serve::head_timeout) and [32 KiB](Serve::max_head_size) for the head of a request;
/// [as many sockets](Serve::max_sockets) as the manager takes connections, and some more. An HTTP/2 connection has up to 256 requests under way,
/// takes 16 KiB ahead for each, and is pinged every 20 seconds. A WebSocket over HTTP/2 (RFC 8441) comes to the routes of `GET`, as one over
/// HTTP/1.1 does; its version tells it apart.
///
/// It resolves after the shutdown, with what became of the streams, or at once with an error where its settings contradict each other;
/// an `accept` that fails is logged and tried again.
///
/// ```no_run
/// # async fn run(router: axum::Router) -> std::io::Result<()> {
/// let stop = mandovi::server::shutdown_signal()?;
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
/// let report = mandovi::serve(listener, router).with_graceful_shutdown(stop).await?;
/// println!("{report}");
/// # Ok(())
/// # }
/// ```
pub fn serve<S: Serves>(listener: TcpListener, service: S) -> Serve<S> {
    Serve {
        listener,
        service,
        signal: Box::pin(pending()),
        drain: Drain::new(),
        readiness_delay: Duration::ZERO,
        tls: None,
        manager: ConnectionManager::new(),
        front: Front::default(),
    }
}

/// A server about to run; see [`serve`]. Await it.
#[must_use = "a server does nothing until it is awaited"]
pub struct Serve<S> {
    listener: TcpListener,
    service: S,
    signal: Pin<Box<dyn Future<Output = ()> + Send>>,
    drain: Drain,
    readiness_delay: Duration,
    tls: Option<Tls>,
    manager: ConnectionManager,
    front: Front,
}

impl<S> Serve<S> {
    /// The manager of its connections. Default: one of its own.
    pub fn manager(mut self, manager: ConnectionManager) -> Self {
        self.manager = manager;
        self
    }

    /// Stops when `signal` resolves: streams come to their end as [`ConnectionManager::drain`] says, the listener is closed, and when the
    /// last stream is over so are the HTTP connections. Until then they answer plain methods; those under way have until the deadline.
    pub fn with_graceful_shutdown(mut self, signal: impl Future<Output = ()> + Send + 'static) -> Self {
        self.signal = Box::pin(signal);
        self
    }

    /// Speaks TLS, with this certificate and its successors: `https` and `wss`. A client has 10 seconds for the handshake, and then those
    /// for its first request; one that speaks something else is dropped.
    #[cfg(feature = "tls")]
    #[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
    pub fn tls(mut self, certificates: Certificates) -> Self {
        self.tls = Some(Tls::Files(certificates));
        self
    }

    /// The same with a configuration of one's own, for mutual TLS for example. Where it names no protocols (ALPN) they are HTTP/2 and
    /// HTTP/1.1.
    ///
    /// ```
    /// # fn run(
    /// #     listener: tokio::net::TcpListener,
    /// #     router: axum::Router,
    /// #     certificates: mandovi::server::Certificates,
    /// #     ca: mandovi::rustls::RootCertStore,
    /// # ) -> Result<(), Box<dyn std::error::Error>> {
    /// use mandovi::rustls::{ServerConfig, crypto::ring, server::WebPkiClientVerifier};
    /// use std::sync::Arc;
    ///
    /// let provider = Arc::new(ring::default_provider());
    /// let clients = WebPkiClientVerifier::builder_with_provider(Arc::new(ca), Arc::clone(&provider)).build()?;
    /// let config = ServerConfig::builder_with_provider(provider)
    ///     .with_safe_default_protocol_versions()?
    ///     .with_client_cert_verifier(clients)
    ///     .with_cert_resolver(Arc::new(certificates));
    /// let server = mandovi::serve(listener, router).tls_config(config);
    /// # let _ = server;
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "tls")]
    #[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
    pub fn tls_config(mut self, config: crate::rustls::ServerConfig) -> Self {
        self.tls = Some(Tls::of(config));
        self
    }

    /// How streams come to their end. Default: [`Drain::new`].
    pub fn drain(mut self, drain: Drain) -> Self {
        self.drain = drain;
        self
    }

    /// Sets [`Drain::notice`].
    pub fn drain_notice(mut self, notice: Duration) -> Self {
        self.drain.notice = notice;
        self
    }

    /// Sets [`Drain::window`].
    pub fn drain_window(mut self, window: Duration) -> Self {
        self.drain.window = window;
        self
    }

    /// Sets [`Drain::deadline`].
    pub fn drain_deadline(mut self, deadline: Duration) -> Self {
        self.drain.deadline = deadline;
        self
    }

    /// For how long after the signal new connections are still accepted, so that a load balancer sees that
    /// [`/readyz`](ConnectionManager::health_router) has flipped before it sees a closed port. The drain goes on meanwhile. Default: none.
    pub fn readiness_delay(mut self, delay: Duration) -> Self {
        self.readiness_delay = delay;
        self
    }
}

impl<S> std::fmt::Debug for Serve<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Serve").field("listener", &self.listener).finish_non_exhaustive()
    }
}

impl<S: Serves> IntoFuture for Serve<S> {
    type Output = io::Result<DrainReport>;
    type IntoFuture = Pin<Box<dyn Future<Output = io::Result<DrainReport>> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(run(self))
    }
}

async fn run<S: Serves>(serve: Serve<S>) -> io::Result<DrainReport> {
    let Serve { listener, service, signal, drain, readiness_delay, tls, manager, front } = serve;
    let door = front.open(&manager, tls.is_none())?;
    // Sending tells every HTTP connection to come to its end, dropping the sender cuts what has not; its `closed()` says when all have.
    let (stop, stopped) = watch::channel(());
    let mut accepting = Box::pin(accept(listener, door, tls, service, manager.clone(), stopped));
    tokio::select! {
        never = accepting.as_mut() => match never {},
        () = signal => {}
    }
    let began = Instant::now();
    let closes_the_port = async move {
        tokio::select! {
            never = accepting.as_mut() => match never {},
            () = sleep(readiness_delay) => {}
        }
    };
    let (report, ()) = tokio::join!(manager.drain(drain), closes_the_port);
    tracing::info!(
        finished = report.finished,
        closed_in_window = report.closed_in_window,
        closed_at_deadline = report.closed_at_deadline,
        cut = report.cut,
        took_ms = u64::try_from(report.took.as_millis()).unwrap_or(u64::MAX),
        "the streams are drained"
    );
    // Only now: what a stream of HTTP/2 was told last has gone out.
    let _ = stop.send(());
    let last = Instant::now() + drain.grace.min(LAST_WORDS);
    let until = began.checked_add(drain.deadline).unwrap_or(last).max(last);
    if timeout_at(until, stop.closed()).await.is_err() {
        tracing::warn!(open = stop.receiver_count(), "HTTP connections were cut at the drain deadline");
    }
    Ok(report)
}

/// Takes connections for ever.
async fn accept<S: Serves>(
    listener: TcpListener,
    door: Arc<Door>,
    tls: Option<Tls>,
    service: S,
    manager: ConnectionManager,
    stopped: watch::Receiver<()>,
) -> Infallible {
    let mut watching = pin!(keeps_up(tls.clone()));
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            never = watching.as_mut() => match never {},
        };
        match accepted {
            Ok((stream, peer)) => {
                let Some(guest) = door.let_in(&stream, peer) else { continue };
                let (tls, service) = (tls.clone(), service.clone());
                let (manager, stopped) = (manager.clone(), stopped.clone());
                tokio::spawn(self::accepted(stream, guest, tls, service, manager, stopped));
            }
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                tracing::warn!(%error, "accept failed");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// One connection of the listener, from its first byte.
async fn accepted<S: Serves>(
    mut stream: TcpStream,
    mut guest: Guest,
    tls: Option<Tls>,
    service: S,
    manager: ConnectionManager,
    stopped: watch::Receiver<()>,
) {
    // Small messages must not wait for the acknowledgement of others.
    let _ = stream.set_nodelay(true);
    // Until a stream says otherwise of its own.
    crate::connection::tcp::judge(&stream, Settings::server().tcp_timeout);
    let Some(peer) = guest.introduced(&mut stream).await else { return };
    let Guest { socket, heads, .. } = guest;
    let connections = Connections::of(manager, Some(socket));
    match tls {
        None => serve_connection(stream, Some(peer), service, connections, heads, stopped).await,
        #[cfg(feature = "tls")]
        Some(tls) => {
            let mut stopped = stopped;
            // In a box, or every connection would be larger.
            if let Some(stream) = Box::pin(tls.handshake(stream, heads.timeout, &mut stopped)).await {
                Box::pin(serve_connection(stream, Some(peer), service, connections, heads, stopped)).await;
            }
        }
        #[cfg(not(feature = "tls"))]
        Some(never) => match never {},
    }
}

/// Keeps up with certificates that change, for ever.
async fn keeps_up(tls: Option<Tls>) -> Infallible {
    match tls {
        None => pending().await,
        #[cfg(feature = "tls")]
        Some(tls) => tls.watch().await,
        #[cfg(not(feature = "tls"))]
        Some(never) => match never {},
    }
}

fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset
    )
}

/// One HTTP connection of either version, over whatever transport. Comes to its end when `stopped` says so, and is cut if its sender
/// goes after that.
pub(crate) async fn serve_connection<S, I>(
    io: I,
    peer: Option<SocketAddr>,
    service: S,
    connections: Connections,
    heads: Heads,
    mut stopped: watch::Receiver<()>,
) where
    S: Serves,
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let stalled = connections.stalled().unwrap_or_default();
    let has_begun = Arc::new(AtomicBool::new(false));
    let begins = Arc::clone(&has_begun);
    let service = hyper::service::service_fn(move |request: http::Request<Incoming>| {
        begins.store(true, Ordering::Relaxed);
        let mut request = request.map(Body::new);
        if let Some(peer) = peer {
            request.extensions_mut().insert(PeerAddr(peer));
        }
        request.extensions_mut().insert(connections.clone());
        let opens = connect::as_get(&mut request);
        let mut service = service.clone();
        async move {
            std::future::poll_fn(|cx| service.poll_ready(cx)).await?;
            let response = service.call(request).await?;
            Ok::<_, Infallible>(if opens { connect::checked(response) } else { response })
        }
    });
    let builder = builder(heads);
    let mut connection = pin!(builder.serve_connection_with_upgrades(TokioIo::new(io), service));
    // Nobody else watches a client that does not even say which version it speaks.
    let mut first_head = pin!(tokio::time::sleep(heads.timeout));
    let (mut waits, mut finishes, mut listens) = (true, false, true);
    loop {
        tokio::select! {
            ended = connection.as_mut() => {
                if let Err(error) = ended {
                    tracing::debug!(%error, "an HTTP connection ended early");
                }
                return;
            }
            () = first_head.as_mut(), if waits => {
                waits = false;
                if !has_begun.load(Ordering::Relaxed) {
                    tracing::debug!("an HTTP connection brought no request");
                    return;
                }
            }
            // Of HTTP/1.1: its client takes nothing, so neither will it be told anything.
            () = stalled.notified() => {
                tracing::debug!("the client of an event stream took nothing within the write timeout");
                return;
            }
            told = stopped.changed(), if listens => {
                listens = told.is_ok();
                // The deadline of the shutdown has passed.
                if finishes {
                    return;
                }
                finishes = true;
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}

fn builder(heads: Heads) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(heads.timeout)
        .max_buf_size(heads.max)
        .http2()
        .timer(TokioTimer::new())
        .enable_connect_protocol()
        .max_header_list_size(u32::try_from(heads.max).unwrap_or(u32::MAX))
        .max_concurrent_streams(STREAMS_MAX)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_send_buf_size(STREAM_OUT_MAX)
        .keep_alive_interval(ALIVE_INTERVAL)
        .keep_alive_timeout(ALIVE_TIMEOUT);
    builder
}

#[cfg(all(test, not(mandovi_loom)))]
mod tests;
