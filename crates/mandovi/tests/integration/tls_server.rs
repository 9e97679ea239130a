//! A server that speaks TLS by itself: handshakes, certificates that are replaced at work, clients that do not take part.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use mandovi::manager::DrainReport;
use mandovi::prelude::*;
use mandovi::server::{CertificateError, Certificates, Serve, Service};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};

use crate::http2::peer::{Client, text};

/// Who calls, and what it says.
#[service]
pub trait Mirror {
    /// The client's address.
    #[get("/peer")]
    async fn peer(&self, cx: Context) -> Outcome<String>;

    /// Echoes.
    #[get("/echo")]
    async fn echo(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;
}

struct Glass;

impl Mirror for Glass {
    async fn peer(&self, cx: Context) -> Outcome<String> {
        Ok(cx.peer().map(|peer| peer.ip().to_string()).unwrap_or_default())
    }

    async fn echo(&self, mut input: Receiver<String>, output: Sender<String>) -> Outcome<()> {
        while let Some(line) = input.recv().await? {
            output.send(line).await?;
        }
        Ok(())
    }
}

/// A certificate for `localhost`, and its key.
struct Identity {
    certificate: CertificateDer<'static>,
    chain: String,
    key: String,
    key_der: Vec<u8>,
}

impl Identity {
    fn new() -> Self {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        Self {
            certificate: made.cert.der().clone(),
            chain: pem("CERTIFICATE", made.cert.der()),
            key: pem("PRIVATE KEY", &made.signing_key.serialize_der()),
            key_der: made.signing_key.serialize_der(),
        }
    }

    fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).unwrap();
        roots
    }

    /// A client that trusts this and nobody else.
    fn trust(&self) -> ClientConfig {
        ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(self.roots())
            .with_no_client_auth()
    }
}

fn pem(kind: &str, der: &[u8]) -> String {
    let text = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, der);
    let lines: Vec<_> = text.as_bytes().chunks(64).map(|line| str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {kind}-----\n{}\n-----END {kind}-----\n", lines.join("\n"))
}

/// A folder of its own, gone with the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("mandovi-tls-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn chain(&self) -> PathBuf {
        self.0.join("tls.crt")
    }

    fn key(&self) -> PathBuf {
        self.0.join("tls.key")
    }

    /// Each file at once, as who replaces a certificate does it.
    fn put(&self, chain: &str, key: &str) {
        for (file, content) in [(self.chain(), chain), (self.key(), key)] {
            let new = self.0.join("new");
            std::fs::write(&new, content).unwrap();
            std::fs::rename(new, file).unwrap();
        }
    }

    fn read(&self) -> Result<Certificates, CertificateError> {
        Certificates::from_pem_files(self.chain(), self.key())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

struct Server {
    address: std::net::SocketAddr,
    stop: oneshot::Sender<()>,
    served: JoinHandle<std::io::Result<DrainReport>>,
}

impl Server {
    async fn start(tls: impl FnOnce(Serve<Service>) -> Serve<Service>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let serve = tls(mandovi::serve(listener, MirrorServer::new(Glass).into_service()));
        let serve = serve.drain_window(Duration::ZERO).with_graceful_shutdown(async {
            let _ = stopped.await;
        });
        Self { address, stop, served: tokio::spawn(serve.into_future()) }
    }

    fn client(&self, scheme: &str, trust: ClientConfig) -> MirrorClient {
        let url = format!("{scheme}://localhost:{}", self.address.port());
        MirrorClient::builder(url).tls(Arc::new(trust)).build().unwrap()
    }

    async fn handshake(&self, mut trust: ClientConfig, protocol: &str) -> std::io::Result<TlsStream<TcpStream>> {
        trust.alpn_protocols = vec![protocol.as_bytes().to_vec()];
        let stream = TcpStream::connect(self.address).await?;
        TlsConnector::from(Arc::new(trust)).connect(ServerName::try_from("localhost").unwrap(), stream).await
    }

    async fn stop(self) -> DrainReport {
        self.stop.send(()).unwrap();
        self.served.await.unwrap().unwrap()
    }
}

async fn says(client: &MirrorClient, line: &str) -> Option<String> {
    let (tx, mut rx) = client.echo().await.ok()?;
    tx.send(line).await.unwrap();
    rx.recv().await.unwrap()
}

#[tokio::test]
async fn wss_and_https_from_one_port_with_the_address_of_the_peer() {
    let (folder, identity) = (Folder::new(), Identity::new());
    folder.put(&identity.chain, &identity.key);
    let server = Server::start(|serve| serve.tls(folder.read().unwrap())).await;
    for scheme in ["https", "wss"] {
        let client = server.client(scheme, identity.trust());
        assert_eq!(client.peer().await.unwrap(), "127.0.0.1");
        let (tx, mut rx) = client.echo().await.unwrap();
        for line in ["hello", &"x".repeat(50_000)] {
            tx.send(line).await.unwrap();
            assert_eq!(rx.recv().await.unwrap().as_deref(), Some(line));
        }
        tx.finish().unwrap();
        assert_eq!(rx.recv().await.unwrap(), None);
    }
    // The last one may be about to leave.
    let report = server.stop().await;
    assert_eq!(report.total(), report.finished, "{report}");
}

#[tokio::test]
async fn http2_by_alpn_and_a_drain_that_reaches_it() {
    let (folder, identity) = (Folder::new(), Identity::new());
    folder.put(&identity.chain, &identity.key);
    let server = Server::start(|serve| serve.tls(folder.read().unwrap())).await;
    let stream = server.handshake(identity.trust(), "h2").await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let mut client = Client::new(stream).await;
    let mut echo = client.open("/echo").await;
    echo.text("\"x\"");
    assert_eq!(echo.next().await, text("\"x\""));
    let stopping = tokio::spawn(server.stop());
    let crate::http2::peer::Seen::Close(1012, _) = echo.next().await else { panic!() };
    echo.close(1012, "");
    assert_eq!(echo.next().await, crate::http2::peer::Seen::End);
    client.ended().await.unwrap();
    let report = stopping.await.unwrap();
    assert_eq!((report.closed_in_window, report.total()), (1, 1), "{report}");
}

#[tokio::test]
async fn other_protocols_are_refused_in_the_handshake() {
    let (folder, identity) = (Folder::new(), Identity::new());
    folder.put(&identity.chain, &identity.key);
    let server = Server::start(|serve| serve.tls(folder.read().unwrap())).await;
    let stream = server.handshake(identity.trust(), "http/1.1").await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
    assert!(server.handshake(identity.trust(), "smtp").await.is_err());
}

#[tokio::test]
async fn a_new_certificate_is_for_new_handshakes_and_open_streams_go_on() {
    let (folder, old, new) = (Folder::new(), Identity::new(), Identity::new());
    folder.put(&old.chain, &old.key);
    let certificates = folder.read().unwrap().reload_every(Duration::ZERO);
    let kept = certificates.clone();
    let server = Server::start(|serve| serve.tls(certificates)).await;
    let client = server.client("wss", old.trust());
    let (tx, mut rx) = client.echo().await.unwrap();
    tx.send("before").await.unwrap();
    assert_eq!(rx.recv().await.unwrap().as_deref(), Some("before"));
    folder.put(&new.chain, &new.key);
    // Nobody looks by himself.
    assert_eq!(says(&server.client("wss", old.trust()), "still").await.as_deref(), Some("still"));
    kept.reload().unwrap();
    tx.send("after").await.unwrap();
    assert_eq!(rx.recv().await.unwrap().as_deref(), Some("after"));
    assert_eq!(says(&server.client("wss", new.trust()), "new").await.as_deref(), Some("new"));
    // Not even one that has a session of the old certificate to go on with.
    assert_eq!(says(&client, "old").await, None);
}

#[tokio::test]
async fn a_server_looks_for_a_new_certificate_by_itself() {
    let (folder, old, new) = (Folder::new(), Identity::new(), Identity::new());
    folder.put(&old.chain, &old.key);
    let certificates = folder.read().unwrap().reload_every(Duration::from_millis(5));
    let server = Server::start(|serve| serve.tls(certificates)).await;
    assert_eq!(says(&server.client("wss", old.trust()), "old").await.as_deref(), Some("old"));
    // One file after the other: a pair that does not fit is seen, and the old one stays until it does.
    folder.put(&old.chain, &new.key);
    assert_eq!(says(&server.client("wss", old.trust()), "old").await.as_deref(), Some("old"));
    folder.put(&new.chain, &new.key);
    let replaced = async {
        while says(&server.client("wss", new.trust()), "new").await.is_none() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), replaced).await.unwrap();
    assert_eq!(says(&server.client("wss", old.trust()), "old").await, None);
}

#[tokio::test]
async fn what_cannot_be_used_is_told_and_the_old_one_stays() {
    let (folder, identity, other) = (Folder::new(), Identity::new(), Identity::new());
    let (chain, key) = (folder.chain().display().to_string(), folder.key().display().to_string());
    let missing = folder.read().unwrap_err().to_string();
    assert!(missing.starts_with(&format!("cannot read {chain}: ")), "{missing}");
    folder.put(&identity.chain, &identity.key);
    let certificates = folder.read().unwrap().reload_every(Duration::ZERO);
    let kept = certificates.clone();
    let server = Server::start(|serve| serve.tls(certificates)).await;
    let cut = &identity.chain[..identity.chain.len() / 2];
    let garbage = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let cases = [
        ("", &*identity.key, format!("{chain} holds no certificate in PEM")),
        (&*identity.key, &identity.key, format!("{chain} holds no certificate in PEM")),
        (cut, &identity.key, format!("{chain} is not PEM")),
        (&identity.chain, "", format!("{key} holds no private key in PEM")),
        (&identity.chain, &identity.chain, format!("{key} holds no private key in PEM")),
        (&identity.chain, &other.key, format!("the key in {key} is not that of the first certificate in {chain}")),
        (garbage, &identity.key, "certificate and key cannot be used: ".to_owned()),
    ];
    for (chain, key, expected) in cases {
        folder.put(chain, key);
        for error in [folder.read().unwrap_err(), kept.reload().unwrap_err()] {
            let told = error.to_string();
            assert!(told.starts_with(&expected), "{told} instead of {expected}");
            assert!(!format!("{error:?} {told}").contains("PRIVATE"), "{told}");
        }
        assert_eq!(says(&server.client("wss", identity.trust()), "still").await.as_deref(), Some("still"));
    }
    std::fs::remove_file(Path::new(&key)).unwrap();
    let error: std::io::Error = kept.reload().unwrap_err().into();
    assert!(error.to_string().starts_with(&format!("cannot read {key}: ")), "{error}");
    assert_eq!(says(&server.client("wss", identity.trust()), "still").await.as_deref(), Some("still"));
    folder.put(&other.chain, &other.key);
    kept.reload().unwrap();
    assert_eq!(says(&server.client("wss", other.trust()), "new").await.as_deref(), Some("new"));
}

#[tokio::test(start_paused = true)]
async fn who_does_not_speak_tls_is_dropped() {
    let (folder, identity) = (Folder::new(), Identity::new());
    folder.put(&identity.chain, &identity.key);
    let server = Server::start(|serve| serve.tls(folder.read().unwrap())).await;
    // A record of 512 bytes that does not come.
    let half: &[u8] = &[22, 3, 1, 2, 0, 1];
    let plain: &[u8] = b"GET /peer HTTP/1.1\r\nHost: x\r\n\r\n";
    for (said, seconds) in [(plain, 0), (&b""[..], 10), (half, 10)] {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(said).await.unwrap();
        let began = Instant::now();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        let took = began.elapsed().as_secs_f64();
        assert!((took - f64::from(seconds)).abs() < 0.1, "{said:?} took {took} s");
        assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
    }
}

#[tokio::test]
async fn a_shutdown_does_not_wait_for_handshakes() {
    let (folder, identity) = (Folder::new(), Identity::new());
    folder.put(&identity.chain, &identity.key);
    let server = Server::start(|serve| serve.tls(folder.read().unwrap())).await;
    let mut idle = TcpStream::connect(server.address).await.unwrap();
    // Those who came later are served: it is in its handshake by now.
    assert_eq!(says(&server.client("wss", identity.trust()), "x").await.as_deref(), Some("x"));
    let began = std::time::Instant::now();
    server.stop().await;
    assert!(began.elapsed() < Duration::from_secs(5));
    assert_eq!(idle.read(&mut [0]).await.unwrap_or(0), 0);
}

#[tokio::test]
async fn mutual_tls_by_a_configuration_of_ones_own() {
    let (folder, identity, known) = (Folder::new(), Identity::new(), Identity::new());
    folder.put(&identity.chain, &identity.key);
    let provider = Arc::new(ring::default_provider());
    let clients =
        WebPkiClientVerifier::builder_with_provider(Arc::new(known.roots()), Arc::clone(&provider)).build().unwrap();
    let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(clients)
        .with_cert_resolver(Arc::new(folder.read().unwrap()));
    let server = Server::start(|serve| serve.tls_config(config)).await;
    let client = |who: &Identity| {
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(who.key_der.clone()));
        ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(identity.roots())
            .with_client_auth_cert(vec![who.certificate.clone()], key)
            .unwrap()
    };
    assert_eq!(says(&server.client("wss", client(&known)), "known").await.as_deref(), Some("known"));
    assert_eq!(says(&server.client("wss", client(&Identity::new())), "unknown").await, None);
    assert_eq!(says(&server.client("wss", identity.trust()), "nobody").await, None);
    // Its protocols are ours, since it names none.
    let stream = server.handshake(client(&known), "h2").await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
}
