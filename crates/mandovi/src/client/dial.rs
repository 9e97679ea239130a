//! One HTTP exchange on a connection of its own: over TCP, TLS, or in memory.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use super::builder::{Inner, Target};
use crate::error::ConnectError;

/// Sends a request and waits for the head of its answer. The connection runs in a task of its own until its exchange, or
/// the upgrade, is over.
pub(super) async fn exchange(
    client: &Inner,
    request: http::Request<Full<Bytes>>,
) -> Result<http::Response<Incoming>, ConnectError> {
    match &client.target {
        Target::Memory(server) => send(server.connect(), request).await,
        Target::Network { host, port, tls } => {
            let stream = connect(host, *port, client.settings.tcp_timeout).await?;
            if *tls { send_tls(client, host, stream, request).await } else { send(stream, request).await }
        }
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

async fn send<I>(io: I, request: http::Request<Full<Bytes>>) -> Result<http::Response<Incoming>, ConnectError>
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) = http1::handshake(TokioIo::new(io))
        .await
        .map_err(|error| ConnectError::new("cannot speak HTTP with the server", error))?;
    tokio::spawn(async move {
        if let Err(error) = connection.with_upgrades().await {
            tracing::debug!(%error, "an HTTP connection ended early");
        }
    });
    sender.send_request(request).await.map_err(|error| ConnectError::new("the server did not answer", error))
}

#[cfg(feature = "tls")]
async fn send_tls(
    client: &Inner,
    host: &str,
    stream: TcpStream,
    request: http::Request<Full<Bytes>>,
) -> Result<http::Response<Incoming>, ConnectError> {
    use std::sync::{Arc, LazyLock};
    use tokio_rustls::rustls::{ClientConfig, RootCertStore, pki_types::ServerName};

    static WEB_ROOTS: LazyLock<Arc<ClientConfig>> = LazyLock::new(|| {
        let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        // Named, because another crate in the same program may bring a provider of its own.
        let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("ring supports the default versions");
        Arc::new(config.with_root_certificates(roots).with_no_client_auth())
    });
    let config = client.tls.clone().unwrap_or_else(|| Arc::clone(&WEB_ROOTS));
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let name = ServerName::try_from(host.to_owned())
        .map_err(|error| ConnectError::fatal("the host is no name a certificate can have", error))?;
    let stream = tokio_rustls::TlsConnector::from(config)
        .connect(name, stream)
        .await
        .map_err(|error| ConnectError::fatal("the TLS handshake failed", error))?;
    send(stream, request).await
}

#[cfg(not(feature = "tls"))]
async fn send_tls(
    _client: &Inner,
    _host: &str,
    _stream: TcpStream,
    _request: http::Request<Full<Bytes>>,
) -> Result<http::Response<Incoming>, ConnectError> {
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
