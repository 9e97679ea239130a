//! The wish of a user, or of a supervisor, that a program comes to its end.

use std::future::Future;
use std::io;

/// Resolves at the first Ctrl-C, or SIGTERM where there is one: for [`Serve::with_graceful_shutdown`](super::Serve::with_graceful_shutdown).
///
/// It listens from this call on, not only once it is polled: make it before anybody is told that the server runs. From then on neither
/// signal ends the process by itself, and a second one changes nothing: the deadline of the drain is what bounds it.
///
/// # Errors
/// When the operating system does not let this process listen.
///
/// # Panics
/// Outside of a tokio runtime.
///
/// ```no_run
/// # async fn run(router: axum::Router) -> std::io::Result<()> {
/// let stop = mandovi::server::shutdown_signal()?;
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
/// mandovi::serve(listener, router).with_graceful_shutdown(stop).await?;
/// # Ok(())
/// # }
/// ```
#[cfg(unix)]
pub fn shutdown_signal() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    use tokio::signal::unix::{SignalKind, signal};

    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Resolves at the first Ctrl-C: for [`Serve::with_graceful_shutdown`](super::Serve::with_graceful_shutdown). It listens from this call on,
/// not only once it is polled.
///
/// # Errors
/// When the operating system does not let this process listen.
///
/// # Panics
/// Outside of a tokio runtime.
#[cfg(windows)]
pub fn shutdown_signal() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    let mut ctrl_c = tokio::signal::windows::ctrl_c()?;
    Ok(async move {
        ctrl_c.recv().await;
    })
}
