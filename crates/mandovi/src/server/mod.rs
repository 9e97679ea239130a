//! The server: from a router's request to a method, and what is refused on the way.
//!
//! - `routes`: methods by path and verb, as a router or a plain service.
//! - `call`: one request on its way through the order of refusals.
//! - `connect`: the way of a WebSocket over HTTP/2 onto the same routes.
//! - `events`, `cors`: a stream as server-sent events; pages of other origins that may read what is answered.
//! - `stream`: the task of an accepted call.
//! - `serving`: what every server is built with.
//! - `serve`: the accept loop, with limits and graceful shutdown.
//! - `endpoint`: what every call of one route has in common.
//! - `connections`: one HTTP connection's view of who is connected.

mod call;
mod connect;
mod connections;
mod cors;
mod endpoint;
mod events;
mod options;
mod origin;
mod parameters;
mod refusal;
mod routes;
mod serve;
mod serving;
mod stream;
mod websocket;

pub use call::Response;
#[doc(hidden)]
pub use call::{Accept, Call, RouteKind, StreamSpec};
use connect::Opened;
pub(crate) use connections::Connections;
pub(crate) use endpoint::Endpoint;
#[doc(hidden)]
pub use endpoint::{Tune, close_with, message_rate};
pub use options::Options;
pub use origin::{AllowedOrigins, InvalidOrigin};
#[doc(hidden)]
pub use parameters::{Parameters, Parsed};
pub(crate) use parameters::{cookie_values, query_values};
#[doc(hidden)]
pub use refusal::Refusal;
pub(crate) use refusal::{close_code, close_of_declared, standard_body};
#[doc(hidden)]
pub use routes::Routes;
pub use routes::Service;
pub(crate) use serve::serve_connection;
pub use serve::{Serve, Serves, serve};
#[doc(hidden)]
pub use serving::Serving;
pub use websocket::{WebSocket, websocket};

/// The answer to a path that no route matches, as Goa gives it: for `Router::fallback`.
///
/// ```
/// let app: axum::Router = axum::Router::new().fallback(mandovi::server::not_found);
/// # let _ = app;
/// ```
pub async fn not_found() -> Response {
    Refusal::not_found().into_response()
}
