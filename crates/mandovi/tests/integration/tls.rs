//! `https` and `wss`: the client against a TLS server, here a proxy in front of a plain one.

use std::sync::Arc;

use mandovi::prelude::*;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};

use crate::board::{BoardClient, Wall, listen};

/// A TLS port in front of `plain`, and what a client needs to trust it.
async fn proxy(plain: std::net::SocketAddr) -> (std::net::SocketAddr, Arc<ClientConfig>) {
    let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let certificate = certified.cert.der().clone();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(certified.signing_key.serialize_der()));
    let provider = Arc::new(ring::default_provider());
    let server = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(certificate).unwrap();
    let client = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let acceptor = TlsAcceptor::from(Arc::new(server));
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut tls) = acceptor.accept(stream).await else { return };
                let mut inner = TcpStream::connect(plain).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut tls, &mut inner).await;
            });
        }
    });
    (address, Arc::new(client))
}

/// A TLS port whose certificate nobody trusts.
pub(crate) async fn untrusted() -> std::net::SocketAddr {
    proxy(listen(&Wall::default()).await).await.0
}

#[tokio::test]
async fn https_and_wss_speak_tls() {
    let (address, trust) = proxy(listen(&Wall::default()).await).await;
    for scheme in ["https", "wss"] {
        let url = format!("{scheme}://localhost:{}", address.port());
        let client = BoardClient::builder(url).tls(Arc::clone(&trust)).build().unwrap();
        assert_eq!(client.sum("b", 1, None, None, None).await.unwrap(), 101);
        let (tx, mut rx) = client.echo().await.unwrap();
        for line in ["hello", &"x".repeat(50_000)] {
            tx.send(line).await.unwrap();
            assert_eq!(rx.recv().await.unwrap().as_deref(), Some(line));
        }
        tx.finish().unwrap();
        assert_eq!(rx.recv().await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_certificate_that_is_not_trusted_is_refused() {
    let (address, _) = proxy(listen(&Wall::default()).await).await;
    let client = BoardClient::builder(format!("https://localhost:{}", address.port())).build().unwrap();
    let error = client.echo().await.unwrap_err();
    assert!(matches!(error, Failure::Connect(_)), "{error:?}");
    assert!(error.to_string().starts_with("the TLS handshake failed"), "{error}");
}
