//! A chat over WebSocket: the model of a service made with Mandovi, and a drop-in for the chatter of Goa's examples.
//!
//! - [`design`]: the whole contract.
//! - [`chat`]: what the methods do.
//! - [`auth`]: who may call them.
//!
//! `chatter` serves it and `chatter-cli` calls it.
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test that cannot go on fails"))]

pub mod auth;
pub mod chat;
pub mod design;

use chat::Chat;
use design::ChatterServer;
use mandovi::ConnectionManager;
use mandovi::axum::Router;

/// The chat and its documents, ready for [`mandovi::serve`] or for a client in memory. Paths that it does not know are answered as Goa does.
pub fn service(chat: Chat) -> mandovi::server::Service {
    ChatterServer::new(chat).basic(auth::verify_user).jwt(auth::token_verifier()).documents().into_service()
}

/// The same with what its operators ask beside it: `/healthz` and `/readyz`.
pub fn app(chat: Chat, manager: &ConnectionManager) -> Router {
    manager.health_router().fallback_service(service(chat))
}
