//! TCP as the judge of who is there: how long the peer's system may leave unacknowledged what was sent, and that it is asked
//! where nothing is.

use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;

/// How many probes a silent system may leave without an answer.
const PROBES: u32 = 3;

/// Gives the peer's system so long to acknowledge what it gets. Asked is a system that was silent for that long, and again after each
/// third of it. Zero leaves both to the system of this side.
///
/// A socket that cannot have these options (one that is gone already, for example) goes without.
pub(crate) fn judge(stream: &TcpStream, timeout: Duration) {
    let socket = SockRef::from(stream);
    let timeout = Some(timeout).filter(|timeout| !timeout.is_zero());
    #[cfg(any(target_os = "linux", target_os = "android"))]
    if let Err(error) = socket.set_tcp_user_timeout(timeout) {
        tracing::debug!(%error, "no TCP_USER_TIMEOUT");
    }
    let kept = match timeout {
        None => socket.set_keepalive(false),
        Some(timeout) => socket.set_tcp_keepalive(&keepalive(timeout)),
    };
    if let Err(error) = kept {
        tracing::debug!(%error, "no SO_KEEPALIVE");
    }
}

/// The options count in whole seconds.
fn keepalive(timeout: Duration) -> TcpKeepalive {
    let second = Duration::from_secs(1);
    // More than any system takes would be refused.
    let timeout = timeout.clamp(second, Duration::from_secs(32_767));
    let keepalive = TcpKeepalive::new().with_time(timeout);
    #[cfg(any(target_os = "linux", target_os = "android", target_os = "macos", target_os = "freebsd"))]
    let keepalive = keepalive.with_interval((timeout / PROBES).max(second)).with_retries(PROBES);
    keepalive
}

#[cfg(all(test, target_os = "linux", not(mandovi_loom)))]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;
    use mandovi_websocket::Role;
    use tokio::net::TcpListener;

    use super::*;
    use crate::connection::{Io, Pump, Settings, Shared};

    async fn pair() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let dialled = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        (dialled, listener.accept().await.unwrap().0)
    }

    /// User timeout, keepalive, its time, interval and number of probes.
    type Options = (Option<Duration>, bool, Duration, Duration, u32);

    fn options(socket: SockRef<'_>) -> Options {
        (
            socket.tcp_user_timeout().unwrap().filter(|timeout| !timeout.is_zero()),
            socket.keepalive().unwrap(),
            socket.tcp_keepalive_time().unwrap(),
            socket.tcp_keepalive_interval().unwrap(),
            socket.tcp_keepalive_retries().unwrap(),
        )
    }

    #[tokio::test]
    async fn the_options_are_set_as_said() {
        let (stream, _peer) = pair().await;
        judge(&stream, Duration::from_secs(30));
        let (thirty, ten) = (Duration::from_secs(30), Duration::from_secs(10));
        assert_eq!(options(SockRef::from(&stream)), (Some(thirty), true, thirty, ten, 3));
        judge(&stream, Duration::from_millis(1500));
        let second = Duration::from_secs(1);
        assert_eq!(options(SockRef::from(&stream)), (Some(Duration::from_millis(1500)), true, second, second, 3));
        judge(&stream, Duration::MAX);
        let (_, on, time, ..) = options(SockRef::from(&stream));
        assert_eq!((on, time), (true, Duration::from_secs(32_767)));
        judge(&stream, Duration::ZERO);
        let (timeout, on, ..) = options(SockRef::from(&stream));
        assert_eq!((timeout, on), (None, false));
    }

    /// What a route says of its connections holds from the upgrade on, whoever accepted them.
    #[tokio::test]
    async fn a_connection_has_what_its_settings_say() {
        let (stream, _peer) = pair().await;
        let stream = stream.into_std().unwrap();
        let watched = stream.try_clone().unwrap();
        let settings = Settings::server().tcp_timeout(Duration::from_secs(12));
        let shared = Shared::new(Role::Server, settings.outbox_size);
        let io = Io::Tcp(TcpStream::from_std(stream).unwrap());
        let _pump = Pump::new(io, &Bytes::new(), Arc::clone(&shared), settings, None);
        let (twelve, four) = (Duration::from_secs(12), Duration::from_secs(4));
        assert_eq!(options(SockRef::from(&watched)), (Some(twelve), true, twelve, four, 3));
    }
}
