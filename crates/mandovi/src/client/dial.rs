//! One HTTP exchange: over TCP, TLS, or in memory. A stream has a connection of its own, plain calls share them.

use std::time::Duration;

use bytes::Bytes;
use http::{StatusCode, response};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use super::builder::{Inner, Target};
use super::pool::Connection;
use super::trouble::Trouble;
use crate::error::ConnectError;

/// Sends a request on a connection of its own and waits for the head of the answer. The connection runs in a task of its own until
/// its exchange, or the upgrade, is over.
pub(super) async fn exchange(
    client: &Inner,
    request: http::Request<Full<Bytes>>,
) -> Result<http::Response<Incoming>, Trouble> {
    let mut connection = fresh(client).await?;
    connection.send_request(request).await.map_err(no_answer)
}

/// Sends a plain call's request and reads the whole answer, `max` bytes of it at most; on an idle connection where there is one.
/// `again`: the request may be sent twice.
pub(super) async fn answer(
    client: &Inner,
    request: http::Request<Full<Bytes>>,
    again: bool,
    max: impl FnOnce(StatusCode) -> usize,
) -> Result<(response::Parts, Bytes), Trouble> {
    let (response, connection) = match client.pool.take().await {
        None => first(client, request).await?,
        Some(mut connection) => match connection.try_send_request(request.clone()).await {
            Ok(response) => (response, connection),
            // The server has closed it meanwhile, without an answer. Where the request was not written, or does no harm twice,
            // that is no failure of the call.
            Err(mut error) if error.message().is_some() || again => {
                let _ = error.take_message();
                first(client, request).await?
            }
            Err(error) => return Err(no_answer(error.into_error())),
        },
    };
    let (parts, body) = response.into_parts();
    let body = read(body, max(parts.status)).await?;
    client.pool.put(connection);
    Ok((parts, body))
}

async fn first(
    client: &Inner,
    request: http::Request<Full<Bytes>>,
) -> Result<(http::Response<Incoming>, Connection), Trouble> {
    let mut connection = fresh(client).await?;
    let response = connection.send_request(request).await.map_err(no_answer)?;
    Ok((response, connection))
}

fn no_answer(error: hyper::Error) -> Trouble {
    Trouble::sent(ConnectError::new("the server did not answer", error))
}

/// The body of an answer.
pub(super) async fn read(body: Incoming, max: usize) -> Result<Bytes, Trouble> {
    match Limited::new(body, max).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) => Err(Trouble::sent(ConnectError::new("the server's answer was not read", error))),
    }
}

/// A new connection. Of those that are being made at once there is a bound, and each has its time.
async fn fresh(client: &Inner) -> Result<Connection, ConnectError> {
    // It is never closed.
    let _turn = client.dials.acquire().await;
    within(client.settings.handshake_timeout, async {
        match &client.target {
            Target::Memory(server) => speak(server.connect()).await,
            #[cfg(all(test, not(mandovi_loom)))]
            Target::Script(script) => {
                let stream =
                    script.connect().await.map_err(|error| ConnectError::new("cannot connect to the server", error))?;
                speak(stream).await
            }
            Target::Network { host, port, tls } => {
                let stream = connect(host, *port, client.settings.tcp_timeout).await?;
                if *tls { speak_tls(client, host, stream).await } else { speak(stream).await }
            }
        }
    })
    .await
}

async fn within<T>(limit: Duration, work: impl Future<Output = Result<T, ConnectError>>) -> Result<T, ConnectError> {
    match tokio::time::timeout(limit, work).await {
        Ok(done) => done,
        Err(elapsed) => Err(ConnectError::new("the server was not reached within the handshake timeout", elapsed)),
    }
}

async fn connect(host: &str, port: u16, tcp_timeout: Duration) -> Result<TcpStream, ConnectError> {
    // An IPv6 address stands in brackets in a URL, and without them here.
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let stream = TcpStream::connect((host, port))
        .await
        .map_err(|error| ConnectError::new("cannot connect to the server", error))?;
    // Small messages must not wait for the acknowledgement of others.
    let _ = stream.set_nodelay(true);
    crate::connection::tcp::judge(&stream, tcp_timeout);
    Ok(stream)
}

async fn speak<I>(io: I) -> Result<Connection, ConnectError>
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (sender, connection) = http1::handshake(TokioIo::new(io))
        .await
        .map_err(|error| ConnectError::new("cannot speak HTTP with the server", error))?;
    tokio::spawn(async move {
        if let Err(error) = connection.with_upgrades().await {
            tracing::debug!(%error, "an HTTP connection ended early");
        }
    });
    Ok(sender)
}

#[cfg(feature = "tls")]
async fn speak_tls(client: &Inner, host: &str, stream: TcpStream) -> Result<Connection, ConnectError> {
    use std::sync::{Arc, LazyLock};
    use tokio_rustls::rustls::{self, ClientConfig, RootCertStore, pki_types::ServerName};

    static WEB_ROOTS: LazyLock<Arc<ClientConfig>> = LazyLock::new(|| {
        let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        // Named, because another crate in the same program may bring a provider of its own.
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("ring supports the default versions");
        Arc::new(config.with_root_certificates(roots).with_no_client_auth())
    });
    let config = client.tls.clone().unwrap_or_else(|| Arc::clone(&WEB_ROOTS));
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let name = ServerName::try_from(host.to_owned())
        .map_err(|error| ConnectError::fatal("the host is no name a certificate can have", error))?;
    let stream = tokio_rustls::TlsConnector::from(config).connect(name, stream).await.map_err(|error| {
        // A certificate that is not trusted stays so. A server that goes away in the middle comes back.
        let stays = error.get_ref().is_some_and(|source| source.is::<rustls::Error>());
        if stays {
            ConnectError::fatal("the TLS handshake failed", error)
        } else {
            ConnectError::new("the TLS handshake was cut short", error)
        }
    })?;
    speak(stream).await
}

#[cfg(not(feature = "tls"))]
async fn speak_tls(_client: &Inner, _host: &str, _stream: TcpStream) -> Result<Connection, ConnectError> {
    Err(ConnectError::message("TLS needs the `tls` feature of mandovi"))
}

#[cfg(all(test, target_os = "linux", not(mandovi_loom)))]
mod tests {
    use super::*;

    #[tokio::test]
    async fn tcp_judges_what_was_dialled() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let timeout = Duration::from_secs(9);
        let stream = connect("127.0.0.1", listener.local_addr().unwrap().port(), timeout).await.unwrap();
        let socket = socket2::SockRef::from(&stream);
        assert_eq!(socket.tcp_user_timeout().unwrap(), Some(timeout));
        assert!(socket.keepalive().unwrap());
        assert!(stream.nodelay().unwrap());
    }
}
