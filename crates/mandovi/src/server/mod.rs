//! The server: from a router's request to a method, and what is refused on the way.
//!
//! - `routes`: methods by path and verb, as a router or a plain service.
//! - `call`: one request on its way through the order of refusals.
//! - `connect`: the way of a WebSocket over HTTP/2 onto the same routes.
//! - `events`, `cors`: a stream as server-sent events; pages of other origins that may read what is answered.
//! - `stream`: the task of an accepted call.
//! - `serving`: what every server is built with.
//! - `serve`: the accept loop, with limits and graceful shutdown.
//! - `health`, `signal`: what load balancers ask, and what supervisors say.
//! - `tls`: certificates that are replaced at work, and the handshake.
//! - `admin`: connections as JSON, for those who operate the server.
//! - `endpoint`: what every call of one route has in common.
//! - `connections`: one HTTP connection's view of who is connected; `layer` brings it to requests that `serve` did not make.

mod admin;
mod call;
mod connect;
mod connections;
mod cors;
mod endpoint;
mod events;
mod health;
mod layer;
mod options;
mod origin;
mod parameters;
mod refusal;
mod routes;
mod serve;
mod serving;
mod signal;
mod stream;
#[cfg(feature = "tls")]
mod tls;
mod websocket;

pub use call::Response;
#[doc(hidden)]
pub use call::{Accept, Call, RouteKind, StreamSpec};
use connect::Opened;
pub(crate) use connections::Connections;
pub(crate) use endpoint::Endpoint;
#[doc(hidden)]
pub use endpoint::{Tune, close_with, message_rate};
pub use layer::{Managed, ManagerLayer};
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
pub(crate) use serve::{Heads, serve_connection};
pub use serve::{ProxyProtocol, Serve, Serves, serve};
#[doc(hidden)]
pub use serving::Serving;
pub use signal::shutdown_signal;
#[cfg(feature = "tls")]
#[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
pub use tls::{CertificateError, Certificates};
pub use websocket::{WebSocket, websocket};

/// The answer to a path that no route matches, as Goa gives it: for `Router::fallback`.
///
/// ```
/// let app: axum::Router = axum::Router::new().fallback(mandovi::server::not_found);
/// # let _ = app;
/// ```
pub async fn not_found() -> Response {
    crate::observe::refused_unknown(http::StatusCode::NOT_FOUND);
    Refusal::not_found().into_response()
}
