//! Live metrics over WebSocket: the analytics service of Goa's streaming guide, made with Mandovi.
//!
//! - [`design`]: the whole contract.
//! - [`methods`]: what the methods do.
//! - [`store`]: what was measured, and who waits for more.
//! - [`generator`]: believable measurements.
//! - [`feed`]: from the generator into the store, as time passes.
//!
//! `analytics` serves it and calls it.
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test that cannot go on fails"))]

pub mod design;
pub mod feed;
pub mod generator;
pub mod methods;
pub mod store;

use design::AnalyticsServer;
use mandovi::ConnectionManager;
use mandovi::axum::Router;
use store::Store;

/// The service and its documents, ready for [`mandovi::serve`] or for a client in memory.
pub fn service(store: Store) -> mandovi::server::Service {
    AnalyticsServer::new(store).documents().into_service()
}

/// The same with what its operators ask beside it: `/healthz` and `/readyz`.
pub fn app(store: Store, manager: &ConnectionManager) -> Router {
    manager.health_router().fallback_service(service(store))
}
