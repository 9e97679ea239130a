//! The server speaks TLS when it is given a certificate.

use std::fs;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chatter::design::{ChatterClient, Event};
use mandovi::prelude::*;
use mandovi::rustls::crypto::ring;
use mandovi::rustls::{ClientConfig, RootCertStore};

use crate::cli::Server;
use crate::support::{next_messages, say};

fn pem(kind: &str, der: &[u8]) -> String {
    format!("-----BEGIN {kind}-----\n{}\n-----END {kind}-----\n", STANDARD.encode(der))
}

#[tokio::test]
async fn wss_from_end_to_end() {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let folder = std::env::temp_dir().join(format!("chatter-tls-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let (chain, key) = (folder.join("tls.crt"), folder.join("tls.key"));
    fs::write(&chain, pem("CERTIFICATE", made.cert.der())).unwrap();
    fs::write(&key, pem("PRIVATE KEY", &made.signing_key.serialize_der())).unwrap();
    let (chain, key) = (chain.to_str().unwrap(), key.to_str().unwrap());
    let server = Server::start_with(&["--drain-window", "0", "--tls-cert", chain, "--tls-key", key]);
    fs::remove_dir_all(&folder).unwrap();

    let mut roots = RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    let trust = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let trust = Arc::new(trust);
    assert!(server.url().starts_with("https://"), "{}", server.url());
    let client = |token: String| {
        ChatterClient::builder(server.url()).basic("goa", "rocks").tls(Arc::clone(&trust)).token(token).build().unwrap()
    };
    let client = client(client(String::new()).login().await.unwrap());
    let mut events: Receiver<Event, _> = client.subscribe().await.unwrap();
    say(&client, &["over TLS"]).await;
    assert_eq!(next_messages(&mut events, 1).await, ["over TLS"]);
    let stopped = tokio::task::spawn_blocking(move || server.stop());
    match events.recv().await {
        Err(Failure::Stream(StreamError::Closed(closed))) => assert_eq!(closed.code().as_u16(), 1012),
        other => panic!("{other:?}"),
    }
    assert_eq!(stopped.await.unwrap(), Some(0));
}
