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
use crate::manager::ConnectionManager;
use crate::server::{Routes, Service};
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
            None,
            self.service.clone(),
            self.connections.clone(),
            self.stop.subscribe(),
        );
        tokio::spawn(serve);
        ours
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

    /// Stops as [`serve`](crate::serve) does: no new streams, every open one is closed with 1001.
    pub async fn shut_down(&self) {
        self.connections.drain();
        self.connections.close_all(mandovi_websocket::CloseCode::GOING_AWAY, "server shutting down");
        self.connections.closed().await;
    }
}

impl From<Routes> for InMemory {
    fn from(routes: Routes) -> Self {
        routes.into_service().into()
    }
}

impl From<Service> for InMemory {
    fn from(service: Service) -> Self {
        Self { service, connections: ConnectionManager::new(), stop: Arc::new(watch::channel(()).0), proxy: None }
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
