//! Where the server is, and who calls.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use tokio::sync::Semaphore;

use super::call::ClientCall;
use super::credentials::Credentials;
use super::pool::Pool;
use super::retry::{Resume, Retry, Unsent};
use super::state::{ClientEvent, OnEvent};
use super::token::TokenProvider;
use crate::auth::{ApiKeyCredential, BasicCredential, CustomScheme};
use crate::connection::Settings;
use crate::intercept::{self, Interceptor, Stack};
use crate::model::Verb;
use crate::observe::MeteredCalls;
use crate::testing::InMemory;

/// The untyped client inside a generated one. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Client {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) target: Target,
    /// What goes before every path: empty, or starting with a slash and not ending with one.
    pub(super) base: String,
    pub(super) settings: Settings,
    pub(super) credentials: Credentials,
    pub(super) headers: HeaderMap,
    pub(super) interceptors: Option<intercept::Shared>,
    /// What is measured of its calls.
    pub(super) metered: MeteredCalls,
    pub(super) retry: Retry,
    pub(super) resume: Resume,
    pub(super) unsent: Unsent,
    pub(super) on_event: Option<OnEvent>,
    pub(super) pool: Pool,
    /// How many connections may be made at once.
    pub(super) dials: Semaphore,
    #[cfg(feature = "tls")]
    pub(super) tls: Option<Arc<tokio_rustls::rustls::ClientConfig>>,
}

/// Where to connect to.
pub(super) enum Target {
    Network {
        host: String,
        port: u16,
        tls: bool,
    },
    Memory(InMemory),
    /// A server that follows a script.
    #[cfg(all(test, not(mandovi_loom)))]
    Script(super::tests::Script),
}

impl Target {
    /// The `Host` header: the port only where it is not the scheme's own.
    pub(super) fn authority(&self) -> String {
        match self {
            Target::Network { host, port: 80, tls: false } | Target::Network { host, port: 443, tls: true } => {
                host.clone()
            }
            Target::Network { host, port, .. } => format!("{host}:{port}"),
            Target::Memory(_) => "in-memory".to_owned(),
            #[cfg(all(test, not(mandovi_loom)))]
            Target::Script(_) => "script".to_owned(),
        }
    }
}

impl Client {
    /// Starts a call. Only generated code uses it.
    #[doc(hidden)]
    pub fn call(&self, service: &'static str, method: &'static str, verb: Verb, path: &'static str) -> ClientCall<'_> {
        ClientCall::new(&self.inner, service, method, verb, path)
    }
}

impl fmt::Debug for Inner {
    /// Without credentials and headers.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inner")
            .field("authority", &self.target.authority())
            .field("base", &self.base)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

/// A generated client, made from the untyped one.
pub trait Connect: Sized {
    /// Wraps it.
    #[doc(hidden)]
    fn from_client(client: Client) -> Self;
}

/// Builds a client: `ChatterClient::builder("http://127.0.0.1:8080")`.
///
/// The URL's scheme may be `http`, `https`, `ws` or `wss`; its path, if any, goes before every method's. Nothing is
/// connected before the first call.
#[must_use = "a builder does nothing until it is built"]
pub struct ClientBuilder<C> {
    target: Result<(Target, String), BuildError>,
    settings: Settings,
    credentials: Credentials,
    headers: Result<HeaderMap, BuildError>,
    interceptors: Stack,
    retry: Retry,
    resume: Resume,
    unsent: Unsent,
    on_event: Option<OnEvent>,
    max_idle: usize,
    idle_timeout: Duration,
    max_dials: usize,
    #[cfg(feature = "tls")]
    tls: Option<Arc<tokio_rustls::rustls::ClientConfig>>,
    marker: PhantomData<fn() -> C>,
}

impl<C: Connect> ClientBuilder<C> {
    /// A client of the server at `url`.
    pub fn new(url: impl AsRef<str>) -> Self {
        Self::with(target(url.as_ref()))
    }

    /// A client of a server in this process, without a network.
    pub fn in_memory(server: impl Into<InMemory>) -> Self {
        Self::with(Ok((Target::Memory(server.into()), String::new())))
    }

    #[cfg(all(test, not(mandovi_loom)))]
    pub(super) fn script(script: super::tests::Script) -> Self {
        Self::with(Ok((Target::Script(script), String::new())))
    }

    fn with(target: Result<(Target, String), BuildError>) -> Self {
        Self {
            target,
            settings: Settings::client(),
            credentials: Credentials::default(),
            headers: Ok(HeaderMap::new()),
            interceptors: Stack::default(),
            retry: Retry::none(),
            resume: Resume::default(),
            unsent: Unsent::default(),
            on_event: None,
            max_idle: 8,
            idle_timeout: Duration::from_secs(60),
            max_dials: 64,
            #[cfg(feature = "tls")]
            tls: None,
            marker: PhantomData,
        }
    }

    /// The token for methods that need one: a string, or a function that fetches it at every attempt.
    pub fn token(mut self, provider: impl TokenProvider) -> Self {
        self.credentials.token = Some(Box::new(provider));
        self
    }

    /// User name and password for methods that need them.
    pub fn basic(mut self, user: impl Into<String>, password: impl Into<String>) -> Self {
        self.credentials.basic = Some(BasicCredential::new(user, password));
        self
    }

    /// The API key for methods that need one, whatever their scheme is called.
    pub fn api_key(mut self, key: impl Into<String>) -> Self {
        self.credentials.key = Some(ApiKeyCredential::new(key));
        self
    }

    /// The API key for methods of one scheme, by its name in the design: for a service with several kinds of key.
    pub fn api_key_for(mut self, scheme: impl Into<String>, key: impl Into<String>) -> Self {
        self.credentials.keys.insert(scheme.into(), ApiKeyCredential::new(key));
        self
    }

    /// The credential for methods of a [`CustomScheme`].
    pub fn credential<S: CustomScheme>(mut self, credential: S::Credential) -> Self {
        self.credentials.set::<S>(credential);
        self
    }

    /// A header for every request. [`build`](Self::build) says if it is not one.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let parsed = HeaderName::try_from(name).ok().zip(HeaderValue::try_from(value).ok());
        match (&mut self.headers, parsed) {
            (Ok(headers), Some((name, value))) => {
                headers.append(name, value);
            }
            (Ok(_), None) => self.headers = Err(BuildError("a header whose name or value is not one")),
            (Err(_), _) => {}
        }
        self
    }

    /// An [interceptor](crate::intercept) around every call and every message. Of several the first is the outermost.
    pub fn intercept(mut self, interceptor: impl Interceptor) -> Self {
        self.interceptors.push(interceptor);
        self
    }

    /// Tries again, by the [class](crate::ErrorClass) of each failure: the opening of streams, plain calls where that does no
    /// harm, and server streams whose connection breaks. Default: [`Retry::none`]. The guide is `docs/client.md`.
    ///
    /// A plain call is tried again when nothing was sent, when the server refused it before it acted (429, 503 with a
    /// `Retry-After`, 401 with a token to ask for), and where its verb is GET, PUT or DELETE. Why it is off unless asked for: a
    /// stream that is called again may say again what it said before.
    ///
    /// ```
    /// # use mandovi::prelude::*;
    /// # use mandovi::client::Retry;
    /// # #[service]
    /// # pub trait Clock {
    /// #     #[get("/ticks")]
    /// #     async fn ticks(&self, output: Sender<u64>) -> Outcome<()>;
    /// # }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let clock = ClockClient::builder("http://127.0.0.1:8080").retry(Retry::default()).build()?;
    /// # let _ = clock;
    /// # Ok(())
    /// # }
    /// ```
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    /// Which server streams are called again when their connection breaks, where the client [tries again](Self::retry). Default:
    /// [`Resume::Always`].
    pub fn resume(mut self, resume: Resume) -> Self {
        self.resume = resume;
        self
    }

    /// What becomes of messages that are queued when the connection of a client stream or a bidirectional one breaks, where the
    /// client [tries again](Self::retry). Default: [`Unsent::Report`].
    pub fn unsent(mut self, unsent: Unsent) -> Self {
        self.unsent = unsent;
        self
    }

    /// Is told where each call of the client is, in order for each call: when it connects, is open, waits and why, is closed.
    ///
    /// It runs in the task of the call and must not block. It is not called under a lock, and a panic in it is caught.
    pub fn on_event(mut self, on_event: impl Fn(&ClientEvent) + Send + Sync + 'static) -> Self {
        self.on_event = Some(Box::new(on_event));
        self
    }

    /// How many connections are kept for further plain calls while they are idle. Default: 8; zero: none.
    pub fn max_idle(mut self, connections: usize) -> Self {
        self.max_idle = connections;
        self
    }

    /// For how long an idle connection is kept. Default: 60 seconds.
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.idle_timeout = timeout;
        self
    }

    /// How many connections are made at once, from the first packet to the end of the TLS handshake; others wait for their turn. So a
    /// client with thousands of streams does not fall upon a server that has just come back. Default: 64; zero counts as one.
    pub fn max_dials(mut self, dials: usize) -> Self {
        self.max_dials = dials;
        self
    }

    /// Limits and deadlines. Default: [`Settings::client`].
    pub fn settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }

    /// TLS settings of one's own, for `https` and `wss`. Default: the usual web roots.
    #[cfg(feature = "tls")]
    #[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
    pub fn tls(mut self, config: Arc<tokio_rustls::rustls::ClientConfig>) -> Self {
        self.tls = Some(config);
        self
    }

    /// The client.
    ///
    /// # Errors
    /// When the URL or a header is not one, or the URL needs TLS and the `tls` feature is off.
    pub fn build(self) -> Result<C, BuildError> {
        let (target, base) = self.target?;
        let inner = Inner {
            target,
            base,
            settings: self.settings,
            credentials: self.credentials,
            headers: self.headers?,
            interceptors: self.interceptors.shared(),
            metered: MeteredCalls::default(),
            retry: self.retry,
            resume: self.resume,
            unsent: self.unsent,
            on_event: self.on_event,
            pool: Pool::new(self.max_idle, self.idle_timeout),
            dials: Semaphore::new(self.max_dials.clamp(1, Semaphore::MAX_PERMITS)),
            #[cfg(feature = "tls")]
            tls: self.tls,
        };
        Ok(C::from_client(Client { inner: Arc::new(inner) }))
    }
}

impl<C> fmt::Debug for ClientBuilder<C> {
    /// Without credentials and headers.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder").field("settings", &self.settings).finish_non_exhaustive()
    }
}

fn target(url: &str) -> Result<(Target, String), BuildError> {
    let uri: Uri = url.parse().map_err(|_| BuildError("a URL that cannot be read"))?;
    let tls = match uri.scheme_str() {
        Some("http" | "ws") => false,
        Some("https" | "wss") => true,
        _ => return Err(BuildError("a URL whose scheme is not http, https, ws or wss")),
    };
    if tls && !cfg!(feature = "tls") {
        return Err(BuildError("an https or wss URL, which needs the `tls` feature of mandovi"));
    }
    if uri.query().is_some() {
        return Err(BuildError("a URL with a query; parameters belong to the methods"));
    }
    let authority = uri.authority().ok_or(BuildError("a URL without a host"))?;
    if authority.as_str().contains('@') {
        return Err(BuildError("a URL with credentials in it; use `.basic()` or `.token()`"));
    }
    let host = authority.host();
    if host.is_empty() {
        return Err(BuildError("a URL without a host"));
    }
    let port = authority.port_u16().unwrap_or(if tls { 443 } else { 80 });
    let base = uri.path().trim_end_matches('/').to_owned();
    Ok((Target::Network { host: host.to_owned(), port, tls }, base))
}

/// A client was built from something that does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BuildError(&'static str);

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the client was given {}", self.0)
    }
}

impl std::error::Error for BuildError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn network(url: &str, host: &str, port: u16, tls: bool, base: &str) {
        match target(url).expect("a target") {
            (Target::Network { host: h, port: p, tls: t }, b) => {
                assert_eq!((h.as_str(), p, t, b.as_str()), (host, port, tls, base));
            }
            _ => panic!("not in memory"),
        }
    }

    #[test]
    fn http_and_ws_urls_name_the_same_server() {
        network("http://127.0.0.1:8080", "127.0.0.1", 8080, false, "");
        network("ws://example.com/api/", "example.com", 80, false, "/api");
        network("ws://[::1]:7/", "[::1]", 7, false, "");
    }

    #[cfg(feature = "tls")]
    #[test]
    fn https_and_wss_urls_use_tls() {
        network("https://example.com", "example.com", 443, true, "");
        network("wss://example.com:8443/x", "example.com", 8443, true, "/x");
    }

    #[test]
    fn other_urls_are_refused_with_a_reason() {
        for url in ["", "example.com", "ftp://example.com", "http://a:b@example.com", "http://example.com/?q=1"] {
            assert!(target(url).is_err(), "{url}");
        }
    }
}
