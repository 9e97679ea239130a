//! The accept loop: HTTP/1.1 connections with limits, and a shutdown that tells every stream.

use std::convert::Infallible;
use std::future::{Future, IntoFuture, pending};
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::time::Duration;

use axum::body::Body;
use hyper::body::Incoming;
use hyper_util::rt::{TokioIo, TokioTimer};
use mandovi_websocket::CloseCode;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::timeout;

use super::{Connections, Response};
use crate::context::PeerAddr;

/// How long a client may take for the head of a request.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// The most a request's head may take, in bytes.
const HEAD_MAX: usize = 32 * 1024;
/// How long to wait after an `accept` that failed for lack of resources.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

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
/// HTTP/1.1, `TCP_NODELAY` set (the connection gathers its writes itself), 10 seconds and 32 KiB for the head of a
/// request. It resolves after the shutdown, and today never with an error: an `accept` that fails is logged and tried again.
///
/// ```no_run
/// # async fn run(router: axum::Router) -> std::io::Result<()> {
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
/// mandovi::serve(listener, router)
///     .with_graceful_shutdown(async { tokio::signal::ctrl_c().await.unwrap_or(()) })
///     .await
/// # }
/// ```
pub fn serve<S: Serves>(listener: TcpListener, service: S) -> Serve<S> {
    Serve { listener, service, signal: Box::pin(pending()), notice: Duration::ZERO, deadline: Duration::from_secs(10) }
}

/// A server about to run; see [`serve`]. Await it.
#[must_use = "a server does nothing until it is awaited"]
pub struct Serve<S> {
    listener: TcpListener,
    service: S,
    signal: Pin<Box<dyn Future<Output = ()> + Send>>,
    notice: Duration,
    deadline: Duration,
}

impl<S> Serve<S> {
    /// Stops when `signal` resolves: accepts nothing more, refuses upgrades on open connections with 503, lets
    /// [`Context::draining`](crate::Context::draining) resolve, closes every stream with 1001 behind what was sent, and waits for
    /// handlers and peers.
    pub fn with_graceful_shutdown(mut self, signal: impl Future<Output = ()> + Send + 'static) -> Self {
        self.signal = Box::pin(signal);
        self
    }

    /// How long handlers may come to an end by themselves before their streams are closed. Default: none.
    pub fn drain_notice(mut self, notice: Duration) -> Self {
        self.notice = notice;
        self
    }

    /// How long a shutdown may take after the streams were closed; what is left then is cut. Default: 10 seconds.
    pub fn drain_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }
}

impl<S> std::fmt::Debug for Serve<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Serve").field("listener", &self.listener).finish_non_exhaustive()
    }
}

impl<S: Serves> IntoFuture for Serve<S> {
    type Output = io::Result<()>;
    type IntoFuture = Pin<Box<dyn Future<Output = io::Result<()>> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(run(self))
    }
}

async fn run<S: Serves>(serve: Serve<S>) -> io::Result<()> {
    let Serve { listener, service, mut signal, notice, deadline } = serve;
    let connections = Connections::default();
    // Dropping the sender tells every HTTP connection to stop; its `closed()` says when all have.
    let (stop, stopped) = watch::channel(());
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut signal => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                // Small messages must not wait for the acknowledgement of others.
                let _ = stream.set_nodelay(true);
                let (service, connections, stopped) = (service.clone(), connections.clone(), stopped.clone());
                tokio::spawn(serve_connection(stream, Some(peer), service, connections, stopped));
            }
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                tracing::warn!(%error, "accept failed");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop((listener, stopped));
    connections.drain();
    let _ = timeout(notice, connections.closed()).await;
    connections.close(CloseCode::GOING_AWAY, "server shutting down");
    let _ = stop.send(());
    let all = async {
        connections.closed().await;
        stop.closed().await;
        // A call that was accepted meanwhile.
        connections.closed().await;
    };
    if timeout(deadline, all).await.is_err() {
        tracing::warn!(open = connections.len(), "the drain deadline passed; the rest is cut");
        connections.cut();
    }
    Ok(())
}

fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset
    )
}

/// One HTTP connection, over whatever transport. Ends early when `stopped` says so.
pub(crate) async fn serve_connection<S, I>(
    io: I,
    peer: Option<SocketAddr>,
    service: S,
    connections: Connections,
    mut stopped: watch::Receiver<()>,
) where
    S: Serves,
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = hyper::service::service_fn(move |request: http::Request<Incoming>| {
        let mut request = request.map(Body::new);
        if let Some(peer) = peer {
            request.extensions_mut().insert(PeerAddr(peer));
        }
        request.extensions_mut().insert(connections.clone());
        let mut service = service.clone();
        async move {
            std::future::poll_fn(|cx| service.poll_ready(cx)).await?;
            service.call(request).await
        }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_buf_size(HEAD_MAX)
        .serve_connection(TokioIo::new(io), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        _ = stopped.changed() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "an HTTP connection ended early");
    }
}
