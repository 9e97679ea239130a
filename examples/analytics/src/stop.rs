//! The wish of a user, or of a supervisor, that a program comes to its end.

use std::future::Future;
use std::io;

/// Resolves at the first Ctrl-C, or SIGTERM where there is one. It listens from this call on, not only once it is polled.
///
/// # Errors
/// When the operating system does not let this process listen.
///
/// # Panics
/// Outside of a tokio runtime.
#[cfg(unix)]
pub fn requested() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    use tokio::signal::unix::{SignalKind, signal};

    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Resolves at the first Ctrl-C. It listens from this call on, not only once it is polled.
///
/// # Errors
/// When the operating system does not let this process listen.
///
/// # Panics
/// Outside of a tokio runtime.
#[cfg(windows)]
pub fn requested() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    let mut ctrl_c = tokio::signal::windows::ctrl_c()?;
    Ok(async move {
        ctrl_c.recv().await;
    })
}
