//! A testing kit: a server and its client without a network, the halves of a stream to call a handler with, and a
//! [proxy](FaultProxy) that breaks connections on demand.
//!
//! Time is tokio's: `#[tokio::test(start_paused = true)]`, or `pause` with the `testing` feature, lets every deadline of
//! this crate pass at once when nothing else is left to do.
//!
//! ```
//! use mandovi::prelude::*;
//! use mandovi::testing;
//!
//! async fn shout(mut input: Receiver<String>, output: Sender<String>) -> Outcome<()> {
//!     while let Some(line) = input.recv().await? {
//!         output.send(line.to_uppercase()).await?;
//!     }
//!     Ok(())
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let ((to_handler, mut from_handler), (input, output)) = testing::bidirectional::<String, String>();
//! let handler = tokio::spawn(shout(input, output));
//! to_handler.send("hello").await?;
//! assert_eq!(from_handler.recv().await?, Some("HELLO".to_owned()));
//! to_handler.finish()?;
//! assert!(handler.await?.is_ok());
//! # Ok(())
//! # }
//! ```

mod fault;

use std::fmt;
use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use mandovi_websocket::Role;
use tokio::io::{DuplexStream, duplex};
use tokio::sync::watch;

pub use self::fault::{Admit, Direction, FaultProxy, Faults, FaultyConnection};
use crate::connection::{Io, Pump, Settings, Shared, run_with};
pub use crate::contract::assert_contract;
use crate::declared::NoError;
use crate::error::Failure;
use crate::manager::{ConnectionManager, Drain, DrainReport};
use crate::server::{Connections, Heads, Routes, Service};
use crate::stream::{Incoming, Receiver, Sender};
use crate::sync::lock;
use crate::value::{Item, ViewId};

/// How many bytes an in-memory connection holds in each direction before its writer waits.
const PIPE: usize = 64 * 1024;

/// A server in this process, which clients reach without a network: `ChatterClient::in_memory(server)`.
#[derive(Clone)]
pub struct InMemory {
    service: Service,
    connections: ConnectionManager,
    /// What its clients come from.
    peer: Option<SocketAddr>,
    /// Never sent on: an in-memory server stops with its clients.
    stop: Arc<watch::Sender<()>>,
    /// What stands before it.
    proxy: Option<Arc<fault::Core>>,
}

impl InMemory {
    /// A connection to the server: whole HTTP, over a pipe.
    pub(crate) fn connect(&self) -> DuplexStream {
        match &self.proxy {
            Some(proxy) => proxy.connect(|| self.directly()),
            None => self.directly(),
        }
    }

    fn behind(mut self, proxy: Arc<fault::Core>) -> Self {
        self.proxy = Some(proxy);
        self
    }

    fn directly(&self) -> DuplexStream {
        let (ours, theirs) = duplex(PIPE);
        let serve = crate::server::serve_connection(
            theirs,
            self.peer,
            self.service.clone(),
            Connections::of(self.connections.clone(), None),
            Heads::default(),
            self.stop.subscribe(),
        );
        tokio::spawn(serve);
        ours
    }

    /// With clients that come from that address from now on. Default: from none.
    #[must_use]
    pub fn with_peer(mut self, peer: SocketAddr) -> Self {
        self.peer = Some(peer);
        self
    }

    /// With another manager for the connections that come from now on: one with limits, for example.
    ///
    /// # Errors
    /// Where it limits the connections [of an address](crate::manager::ConnectionLimits::max_connections_per_address) and there is none:
    /// say [`with_peer`](Self::with_peer) first.
    pub fn with_manager(mut self, manager: ConnectionManager) -> io::Result<Self> {
        if self.peer.is_none() && manager.limits().needs_address() {
            return Err(io::Error::other(
                "`max_connections_per_address` is set, and clients in memory have no address: say `with_peer` first",
            ));
        }
        self.connections = manager;
        Ok(self)
    }

    /// The manager of its connections.
    pub fn manager(&self) -> &ConnectionManager {
        &self.connections
    }

    /// How many streams are open.
    pub fn open_streams(&self) -> usize {
        self.connections.len()
    }

    /// Resolves when no stream is open.
    pub async fn closed(&self) {
        self.connections.closed().await;
    }

    /// Stops as [`serve`](crate::serve) does, at once: no new streams, and every open one is closed with 1012. Another course of things:
    /// [`manager().drain(..)`](ConnectionManager::drain).
    pub async fn shut_down(&self) -> DrainReport {
        self.connections.drain(Drain::new().window(std::time::Duration::ZERO)).await
    }
}

impl From<Routes> for InMemory {
    fn from(routes: Routes) -> Self {
        routes.into_service().into()
    }
}

impl From<Service> for InMemory {
    fn from(service: Service) -> Self {
        let stop = Arc::new(watch::channel(()).0);
        Self { service, connections: ConnectionManager::new(), peer: None, stop, proxy: None }
    }
}

impl fmt::Debug for InMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InMemory").finish_non_exhaustive()
    }
}

/// The client's halves of a stream, and the server's, joined by a real connection in memory.
pub type Joined<T, U> = ((Sender<T>, Receiver<U, Failure<NoError>>), (Receiver<T>, Sender<U>));

/// Both ends of a bidirectional stream, to call a handler without a network. The server's end stays open until its halves are
/// dropped, and then closes properly.
///
/// # Panics
/// Outside of a tokio runtime.
pub fn bidirectional<T: Item, U: Item>() -> Joined<T, U> {
    let (client, server) = duplex(PIPE);
    let theirs = Shared::new(Role::Client, Settings::client().outbox_size);
    let ours = Shared::new(Role::Server, Settings::server().outbox_size);
    let client_halves = (
        Sender::new(Arc::clone(&theirs), ViewId::DEFAULT),
        Receiver::new(Incoming::new(Arc::clone(&theirs)), ViewId::DEFAULT),
    );
    let server_halves = (
        Receiver::new(Incoming::new(Arc::clone(&ours)), ViewId::DEFAULT),
        Sender::new(Arc::clone(&ours), ViewId::DEFAULT),
    );
    crate::client::spawn(Io::Memory(client), &Bytes::new(), theirs, Settings::client(), true);
    let pump = Pump::new(Io::Memory(server), &Bytes::new(), Arc::clone(&ours), Settings::server(), None);
    tokio::spawn(async move {
        let watched = Arc::clone(&ours);
        let until_dropped = std::future::poll_fn(move |_| {
            let held = lock(&watched.inbox).receiver == crate::connection::ReceiverLife::Held;
            let sends = watched.senders.load(crate::sync::Ordering::Acquire) > 0;
            if held || sends {
                std::task::Poll::Pending
            } else {
                std::task::Poll::Ready(crate::connection::Conclusion::done())
            }
        });
        run_with(pump, ours, until_dropped).await;
    });
    (client_halves, server_halves)
}

/// Stops tokio's clock: time passes only when every task waits, and then at once to the next deadline.
///
/// # Panics
/// Outside of a current-thread tokio runtime, or when the clock is stopped already.
#[cfg(feature = "testing")]
#[cfg_attr(docsrs, doc(cfg(feature = "testing")))]
pub fn pause() {
    tokio::time::pause();
}

/// Lets the stopped clock go on by `duration` at once.
///
/// # Panics
/// When the clock is not stopped.
#[cfg(feature = "testing")]
#[cfg_attr(docsrs, doc(cfg(feature = "testing")))]
pub async fn advance(duration: std::time::Duration) {
    tokio::time::advance(duration).await;
}

/// A future that never resolves, for handlers that only wait to be cancelled.
pub async fn forever() {
    pending::<()>().await;
}
