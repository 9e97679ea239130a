//! What a method may know about the connection that calls it.

use std::any::Any;
use std::fmt;
use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;

use http::{Extensions, HeaderMap};

use crate::connection::{Key, Shared};
use crate::dialect::Dialect;
use crate::error::Closed;
use crate::sync::lock;

/// The connection behind a call: who, from where, with which headers, and how it goes on. Cheap to clone.
///
/// A method that takes a `Context` argument gets one.
#[derive(Clone)]
pub struct Context {
    inner: Arc<Inner>,
}

struct Inner {
    id: u64,
    peer: Option<SocketAddr>,
    headers: HeaderMap,
    extensions: Extensions,
    principal: Option<Arc<dyn Any + Send + Sync>>,
    principal_name: Option<Arc<str>>,
    dialect: Dialect,
    shared: Option<Arc<Shared>>,
}

/// What a context is made from.
pub(crate) struct Facts {
    pub(crate) peer: Option<SocketAddr>,
    pub(crate) headers: HeaderMap,
    pub(crate) extensions: Extensions,
    pub(crate) principal: Option<Arc<dyn Any + Send + Sync>>,
    pub(crate) principal_name: Option<Arc<str>>,
    pub(crate) dialect: Dialect,
}

/// The address of the peer, as an extension of its requests. [`serve`](crate::serve) sets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerAddr(pub SocketAddr);

impl PeerAddr {
    /// The peer's address, where the server has made it known.
    pub(crate) fn of(extensions: &Extensions) -> Option<SocketAddr> {
        let peer = extensions.get::<Self>().map(|peer| peer.0);
        peer.or_else(|| extensions.get::<axum::extract::ConnectInfo<SocketAddr>>().map(|info| info.0))
    }
}

/// A number for a connection, unique in this process.
pub(crate) fn next_id() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

impl Context {
    pub(crate) fn new(id: u64, facts: Facts, shared: Option<Arc<Shared>>) -> Self {
        let Facts { peer, headers, extensions, principal, principal_name, dialect } = facts;
        let inner = Inner { id, peer, headers, extensions, principal, principal_name, dialect, shared };
        Self { inner: Arc::new(inner) }
    }

    /// A context of nobody, to call a method from a test without a network.
    pub fn for_test() -> Self {
        let facts = Facts {
            peer: None,
            headers: HeaderMap::new(),
            extensions: Extensions::new(),
            principal: None,
            principal_name: None,
            dialect: Dialect::Plain,
        };
        Self::new(next_id(), facts, None)
    }

    /// The connection's number, unique in this process.
    pub fn id(&self) -> u64 {
        self.inner.id
    }

    /// The client's address: known under [`serve`](crate::serve), and under axum with
    /// `into_make_service_with_connect_info`. Behind [trusted proxies](crate::manager::TrustedProxies) it is what they say, with the
    /// port 0; the address of the proxy itself is then the [`PeerAddr`] in the [extensions](Self::extensions).
    pub fn peer(&self) -> Option<SocketAddr> {
        self.inner.peer
    }

    /// The headers of the request, credentials among them: do not log them. Those of a page that is not
    /// [allowed](crate::server::AllowedOrigins) are without its visitor's cookies.
    pub fn headers(&self) -> &HeaderMap {
        &self.inner.headers
    }

    /// The extensions of the request, which layers around the router may have set.
    pub fn extensions(&self) -> &Extensions {
        &self.inner.extensions
    }

    /// The verified principal, if the method's scheme proves one of this type.
    pub fn principal<T: Send + Sync + 'static>(&self) -> Option<Arc<T>> {
        self.inner.principal.clone()?.downcast().ok()
    }

    /// What the verified principal is called, where its verifier [says](crate::Verified::name) it: the name by which a
    /// [`ConnectionManager`](crate::ConnectionManager) knows it.
    pub fn principal_name(&self) -> Option<&str> {
        self.inner.principal_name.as_deref()
    }

    /// The dialect that is spoken.
    pub fn dialect(&self) -> Dialect {
        self.inner.dialect
    }

    /// Resolves when the server is about to stop, so that a handler can come to a good end. Never for a plain method.
    pub fn draining(&self) -> impl Future<Output = ()> + Send + '_ {
        let mut place =
            Place { shared: self.inner.shared.as_ref(), key: Key::default(), forget: Shared::forget_draining };
        poll_fn(move |cx| match place.shared {
            Some(shared) => shared.poll_draining(cx, &mut place.key),
            None => Poll::Pending,
        })
    }

    /// Resolves when the peer has left or the connection was closed here. Never for a plain method.
    pub fn closed(&self) -> impl Future<Output = Closed> + Send + '_ {
        let mut place =
            Place { shared: self.inner.shared.as_ref(), key: Key::default(), forget: Shared::forget_closed };
        poll_fn(move |cx| match place.shared {
            Some(shared) => shared.poll_closed(cx, &mut place.key),
            None => Poll::Pending,
        })
    }

    /// Resolves when everything sent so far has been given to the operating system, or cannot be any more.
    pub fn flush(&self) -> impl Future<Output = ()> + Send + '_ {
        let mut place = Place { shared: self.inner.shared.as_ref(), key: Key::default(), forget: Shared::forget_flush };
        poll_fn(move |cx| match place.shared {
            Some(shared) => shared.poll_flushed(cx, &mut place.key),
            None => Poll::Ready(()),
        })
    }
}

impl fmt::Debug for Context {
    /// Without headers and extensions, which hold credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("id", &self.inner.id)
            .field("peer", &self.inner.peer)
            .field("dialect", &self.inner.dialect)
            .finish_non_exhaustive()
    }
}

/// A waiting future's place, given up when it is dropped.
struct Place<'a> {
    shared: Option<&'a Arc<Shared>>,
    key: Key,
    forget: fn(&Shared, &Key),
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if let Some(shared) = self.shared
            && self.key.is_registered()
        {
            (self.forget)(shared, &self.key);
        }
    }
}

impl Shared {
    fn poll_closed(self: &Arc<Self>, cx: &mut std::task::Context<'_>, key: &mut Key) -> Poll<Closed> {
        let own = self.is_own(cx.waker());
        match lock(&self.inbox).poll_left(key, cx.waker(), own) {
            Some(closed) => Poll::Ready(closed),
            None => Poll::Pending,
        }
    }

    fn forget_closed(&self, key: &Key) {
        lock(&self.inbox).forget_left(key);
    }

    fn poll_flushed(self: &Arc<Self>, cx: &mut std::task::Context<'_>, key: &mut Key) -> Poll<()> {
        let own = self.is_own(cx.waker());
        if lock(&self.outbox).poll_flushed(key, cx.waker(), own) { Poll::Ready(()) } else { Poll::Pending }
    }

    fn forget_flush(&self, key: &Key) {
        lock(&self.outbox).forget(key);
    }
}
