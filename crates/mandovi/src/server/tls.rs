//! TLS of a server: a certificate that is replaced at work, and the handshake before the first request.

use std::convert::Infallible;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{self, ServerConfig};
use tokio_rustls::server::TlsStream;

/// What a server speaks, most wanted first: a WebSocket may come over either.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// A certificate chain with its key, from files that are read again when they change: for [`Serve::tls`](super::Serve::tls). Cheap to
/// clone; clones share what was read last.
///
/// TLS 1.2 and 1.3, HTTP/2 and HTTP/1.1 by ALPN, no certificates of clients. For anything else, mutual TLS for example, give
/// [`Serve::tls_config`](super::Serve::tls_config) a configuration of its own; a `Certificates` is a
/// [certificate resolver](ResolvesServerCert) in it.
///
/// ```no_run
/// # async fn run(router: axum::Router) -> Result<(), Box<dyn std::error::Error>> {
/// use mandovi::server::Certificates;
///
/// let certificates = Certificates::from_pem_files("/etc/tls/tls.crt", "/etc/tls/tls.key")?;
/// let listener = tokio::net::TcpListener::bind("0.0.0.0:8443").await?;
/// mandovi::serve(listener, router).tls(certificates).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Certificates {
    files: Arc<Files>,
    every: Duration,
}

struct Files {
    chain: PathBuf,
    key: PathBuf,
    current: RwLock<Arc<Current>>,
    /// What the files looked like when they were read. Held while they are.
    read: Mutex<Stamp>,
}

struct Current {
    certified: Arc<CertifiedKey>,
    /// A new one each time: no session goes on that an earlier certificate began.
    config: Arc<ServerConfig>,
}

/// When files were changed, and how long they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp([Option<(SystemTime, u64)>; 2]);

/// Why a certificate cannot be used. It names files and holds nothing of their content.
#[derive(Debug)]
#[non_exhaustive]
pub enum CertificateError {
    /// A file cannot be read.
    Unreadable {
        /// Which.
        file: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The file of the chain holds something that looks like PEM and is none.
    NotPem {
        /// Which.
        file: PathBuf,
    },
    /// The file of the chain holds no certificate.
    NoCertificate {
        /// Which.
        file: PathBuf,
    },
    /// The file of the key holds no private key in PEM.
    NoKey {
        /// Which.
        file: PathBuf,
    },
    /// The key is not that of the first certificate.
    KeyMismatch {
        /// The file of the chain.
        chain: PathBuf,
        /// That of the key.
        key: PathBuf,
    },
    /// TLS cannot work with them: an unknown kind of key, or a certificate that is none.
    Unusable {
        /// Why.
        error: rustls::Error,
    },
}

impl fmt::Display for CertificateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { file, error } => write!(f, "cannot read {}: {error}", file.display()),
            Self::NotPem { file } => write!(f, "{} is not PEM", file.display()),
            Self::NoCertificate { file } => write!(f, "{} holds no certificate in PEM", file.display()),
            Self::NoKey { file } => write!(f, "{} holds no private key in PEM", file.display()),
            Self::KeyMismatch { chain, key } => {
                write!(f, "the key in {} is not that of the first certificate in {}", key.display(), chain.display())
            }
            Self::Unusable { error } => write!(f, "certificate and key cannot be used: {error}"),
        }
    }
}

impl std::error::Error for CertificateError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unreadable { error, .. } => Some(error),
            Self::Unusable { error } => Some(error),
            _ => None,
        }
    }
}

impl From<CertificateError> for io::Error {
    fn from(error: CertificateError) -> Self {
        io::Error::new(io::ErrorKind::InvalidInput, error)
    }
}

impl Certificates {
    /// Reads a chain, the server's own certificate first, and its private key (PKCS #8, PKCS #1 or SEC 1). Blocks while it reads.
    ///
    /// # Errors
    /// A file that cannot be read or holds something else; a key that does not belong to the certificate.
    pub fn from_pem_files(chain: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Result<Self, CertificateError> {
        let (chain, key) = (chain.into(), key.into());
        // Before they are read: a change in between is seen the next time.
        let stamp = Stamp::of(&chain, &key);
        let current = RwLock::new(Arc::new(Current::read(&chain, &key)?));
        let files = Arc::new(Files { chain, key, current, read: Mutex::new(stamp) });
        Ok(Self { files, every: Duration::from_secs(60) })
    }

    /// How often a server with these looks whether the files have changed, by their time of modification and their length; it then
    /// [reloads](Self::reload) them, and where that fails says so in the log, and tries again. Default: 60 seconds; zero for never.
    #[must_use]
    pub fn reload_every(mut self, interval: Duration) -> Self {
        self.every = interval;
        self
    }

    /// Reads the files again. New handshakes see what they hold; open connections stay as they are. Blocks while it reads.
    ///
    /// # Errors
    /// As [`from_pem_files`](Self::from_pem_files); what was read before stays.
    pub fn reload(&self) -> Result<(), CertificateError> {
        let mut read = self.files.read.lock().unwrap_or_else(PoisonError::into_inner);
        self.files.reload(&mut read, Stamp::of(&self.files.chain, &self.files.key))
    }

    fn current(&self) -> Arc<Current> {
        Arc::clone(&self.files.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reloads what changes, for ever.
    async fn watch(&self) -> Infallible {
        if self.every.is_zero() {
            std::future::pending::<()>().await;
        }
        loop {
            sleep(self.every).await;
            let files = Arc::clone(&self.files);
            match tokio::task::spawn_blocking(move || files.reload_if_changed()).await {
                Ok(Ok(false)) => {}
                Ok(Ok(true)) => tracing::info!("the certificate was replaced"),
                Ok(Err(error)) => tracing::error!(%error, "the certificate was not replaced; the one before stays"),
                Err(error) => tracing::error!(%error, "the certificate was not looked at"),
            }
        }
    }
}

impl Files {
    fn reload(&self, read: &mut Stamp, stamp: Stamp) -> Result<(), CertificateError> {
        let current = Arc::new(Current::read(&self.chain, &self.key)?);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = current;
        *read = stamp;
        Ok(())
    }

    fn reload_if_changed(&self) -> Result<bool, CertificateError> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let stamp = Stamp::of(&self.chain, &self.key);
        if *read == stamp {
            return Ok(false);
        }
        self.reload(&mut read, stamp).map(|()| true)
    }
}

impl Stamp {
    fn of(chain: &Path, key: &Path) -> Self {
        Self([chain, key].map(|file| {
            // Through links: they are what a mounted secret is replaced by.
            let metadata = std::fs::metadata(file).ok()?;
            Some((metadata.modified().ok()?, metadata.len()))
        }))
    }
}

impl Current {
    fn read(chain: &Path, key: &Path) -> Result<Self, CertificateError> {
        let read = |file: &Path| {
            std::fs::read(file).map_err(|error| CertificateError::Unreadable { file: file.to_owned(), error })
        };
        let certificates: Vec<_> = CertificateDer::pem_slice_iter(&read(chain)?)
            .collect::<Result<_, _>>()
            .map_err(|_| CertificateError::NotPem { file: chain.to_owned() })?;
        if certificates.is_empty() {
            return Err(CertificateError::NoCertificate { file: chain.to_owned() });
        }
        let private =
            PrivateKeyDer::from_pem_slice(&read(key)?).map_err(|_| CertificateError::NoKey { file: key.to_owned() })?;
        let provider = provider();
        let certified = CertifiedKey::from_der(certificates, private, &provider).map_err(|error| match error {
            rustls::Error::InconsistentKeys(_) => {
                CertificateError::KeyMismatch { chain: chain.to_owned(), key: key.to_owned() }
            }
            error => CertificateError::Unusable { error },
        })?;
        let certified = Arc::new(certified);
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| CertificateError::Unusable { error })?
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(Only(Arc::clone(&certified))));
        config.alpn_protocols = protocols();
        Ok(Self { certified, config: Arc::new(config) })
    }
}

/// Named, because another crate in the same program may bring a provider of its own.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

fn protocols() -> Vec<Vec<u8>> {
    PROTOCOLS.map(<[u8]>::to_vec).into()
}

/// One certificate for whatever name.
#[derive(Debug)]
struct Only(Arc<CertifiedKey>);

impl ResolvesServerCert for Only {
    fn resolve(&self, _client_hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}

/// What was read last.
impl ResolvesServerCert for Certificates {
    fn resolve(&self, _client_hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.current().certified))
    }
}

impl fmt::Debug for Certificates {
    /// Without what the files hold.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Files { chain, key, .. } = &*self.files;
        f.debug_struct("Certificates").field("chain", chain).field("key", key).finish_non_exhaustive()
    }
}

/// What a server makes of a connection before its first request.
#[derive(Clone, Debug)]
pub(super) enum Tls {
    Files(Certificates),
    Config(Arc<ServerConfig>),
}

impl Tls {
    /// Somebody's own configuration; its protocols are ours where it names none.
    pub(super) fn of(mut config: ServerConfig) -> Self {
        if config.alpn_protocols.is_empty() {
            config.alpn_protocols = protocols();
        }
        Self::Config(Arc::new(config))
    }

    fn config(&self) -> Arc<ServerConfig> {
        match self {
            Self::Files(certificates) => Arc::clone(&certificates.current().config),
            Self::Config(config) => Arc::clone(config),
        }
    }

    /// Keeps up with the files, for ever.
    pub(super) async fn watch(&self) -> Infallible {
        match self {
            Self::Files(certificates) => certificates.watch().await,
            Self::Config(_) => std::future::pending().await,
        }
    }

    /// The handshake; `None` if it fails, takes longer than `time`, or the server stops meanwhile.
    pub(super) async fn handshake(
        &self,
        stream: TcpStream,
        limit: Duration,
        stopped: &mut watch::Receiver<()>,
    ) -> Option<TlsStream<TcpStream>> {
        let handshake = timeout(limit, TlsAcceptor::from(self.config()).accept(stream));
        tokio::select! {
            done = handshake => match done {
                Ok(Ok(stream)) => Some(stream),
                Ok(Err(error)) => {
                    tracing::debug!(%error, "a TLS handshake failed");
                    None
                }
                Err(_) => {
                    tracing::debug!("a TLS handshake took too long");
                    None
                }
            },
            _ = stopped.changed() => None,
        }
    }
}
