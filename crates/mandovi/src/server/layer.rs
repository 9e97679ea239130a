//! A manager for the requests of any server: under plain `axum::serve`, or whatever serves a tower service.

use std::task::{Context, Poll};

use tower_layer::Layer;
use tower_service::Service;

use super::Connections;
use crate::manager::ConnectionManager;

/// Brings a [`ConnectionManager`] to every request; from [`ConnectionManager::layer`].
#[derive(Clone, Debug)]
pub struct ManagerLayer {
    manager: ConnectionManager,
}

impl ConnectionManager {
    /// A layer that brings this manager to every request, for servers other than [`serve`](crate::serve). Where a request has one
    /// already, that one stays, and the mistake is logged once.
    ///
    /// Such a server does its own shutdown and has its own limits for connections and heads of requests; it must make the client's
    /// address known, in axum with `into_make_service_with_connect_info`:
    ///
    /// ```no_run
    /// # async fn run(router: axum::Router) -> std::io::Result<()> {
    /// use std::net::SocketAddr;
    ///
    /// let manager = mandovi::ConnectionManager::new();
    /// let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
    /// let app = router.layer(manager.layer()).into_make_service_with_connect_info::<SocketAddr>();
    /// mandovi::axum::serve(listener, app).await
    /// # }
    /// ```
    pub fn layer(&self) -> ManagerLayer {
        ManagerLayer { manager: self.clone() }
    }
}

impl<S> Layer<S> for ManagerLayer {
    type Service = Managed<S>;

    fn layer(&self, inner: S) -> Managed<S> {
        Managed { inner, manager: self.manager.clone() }
    }
}

/// The service that [`ManagerLayer`] makes.
#[derive(Clone, Debug)]
pub struct Managed<S> {
    inner: S,
    manager: ConnectionManager,
}

impl<S, B> Service<http::Request<B>> for Managed<S>
where
    S: Service<http::Request<B>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: http::Request<B>) -> S::Future {
        match request.extensions().get::<Connections>() {
            None => drop(request.extensions_mut().insert(Connections::of_request(self.manager.clone()))),
            Some(first) if !first.manager().is(&self.manager) && self.manager.complains() => {
                tracing::error!(
                    "a request has the manager of `serve` or of an outer layer already: that one stays, and this \
                     `ConnectionManager::layer` sees no connection; give the manager to `serve(..).manager(..)`"
                );
            }
            Some(_) => {}
        }
        self.inner.call(request)
    }
}
