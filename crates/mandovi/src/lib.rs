//! Streaming services over WebSocket: one trait is the whole contract.
//!
//! From a `#[service]` trait come the typed server (an axum router), the typed client, and the model of the design. A
//! Goa-generated client or server talks to both unchanged.
//!
//! ```
//! use mandovi::prelude::*;
//!
//! /// Says things again.
//! #[service]
//! pub trait Echo {
//!     /// Echoes every line.
//!     #[get("/echo")]
//!     async fn echo(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;
//! }
//!
//! struct Parrot;
//!
//! impl Echo for Parrot {
//!     async fn echo(&self, mut input: Receiver<String>, output: Sender<String>) -> Outcome<()> {
//!         while let Some(line) = input.recv().await? {
//!             output.send(line).await?;
//!         }
//!         Ok(())
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let client = EchoClient::in_memory(EchoServer::new(Parrot)).build()?;
//! let (tx, mut rx) = client.echo().await?;
//! tx.send("hello").await?;
//! assert_eq!(rx.recv().await?, Some("hello".to_owned()));
//! # Ok(())
//! # }
//! ```
//!
//! # Where things are
//! - [`Receiver`], [`Sender`], [`Reply`]: the halves of a stream, on both sides.
//! - [`Outcome`], [`Failure`], [`StreamError`]: what methods and calls answer.
//! - [`server`]: options, routes, [`serve`]. [`client`]: builder, calls, [`Retry`]. [`auth`]: schemes and verifiers.
//! - [`Settings`]: what a connection allows and how long it waits. [`manager`]: who is connected, how many may be, how they end.
//! - [`class`]: what a client should do about an error.
//! - [`intercept`]: code around every call and every message.
//! - `metrics`: what is measured, for Prometheus and others; spans and logs are in `docs/observability.md`.
//! - [`value`]: what a message may hold. [`model`]: the design as plain data.
//! - [`testing`]: servers, clients and handlers without a network; a proxy that breaks connections; a committed design held against
//!   the code.
//! - `docs`: AsyncAPI, OpenAPI, JSON Schema and Markdown of a design.
//!
//! # Features
//!
//! | feature | default | what it brings |
//! |---|---|---|
//! | `tls` | yes | `https` and `wss`, for clients and servers |
//! | `docs` | yes | documents of a design, written or served |
//! | `metrics` | yes | numbers of connections and calls, through the facade of the `metrics` crate |
//! | `prometheus` | | a recorder for them, and the router that Prometheus reads |
//! | `opentelemetry` | | the spans of calls belong to the traces of their callers |
//! | `chrono`, `jiff`, `time`, `uuid` | | the types of these crates in designs |
//! | `testing` | | tokio's clock, paused from tests |
//!
//! # Cancel safety
//! A dropped `recv` loses nothing. A dropped `send` has queued the whole message or none of it. On the wire, dropping the
//! last half that a client holds closes the connection; a server's stream lives as long as its handler runs.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test that cannot go on fails"))]

// So that what the macros generate works in this crate's own tests and documentation too.
#[allow(unused_extern_crates, reason = "used by generated code only")]
extern crate self as mandovi;

pub mod auth;
pub mod class;
pub mod client;
mod close_reason;
mod connection;
mod context;
mod contract;
pub mod declared;
mod describe;
mod dialect;
#[cfg(feature = "docs")]
#[cfg_attr(docsrs, doc(cfg(feature = "docs")))]
pub mod docs;
mod error;
pub mod intercept;
pub mod manager;
#[cfg(feature = "metrics")]
#[cfg_attr(docsrs, doc(cfg(feature = "metrics")))]
pub mod metrics;
mod observe;
mod opening;
pub mod parameter;
mod placed;
pub mod server;
pub mod stream;
mod sync;
pub mod testing;
pub mod value;

pub use axum;
pub use mandovi_model as model;
pub use mandovi_websocket::{CloseCode, MessageKind, MessageRef};
#[cfg(feature = "tls")]
#[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
pub use tokio_rustls::rustls;

pub use auth::{
    ApiKey, ApiKeyCredential, Auth, Basic, BasicCredential, BearerCredential, CustomScheme, Denied, Jwt, JwtVerifier,
    OAuth2, Verified, Verifier,
};
pub use class::ErrorClass;
pub use client::{Resume, Retry, Unsent};
pub use connection::{HealthAction, HealthPolicy, MessageRate, MissedPong, Settings, SlowConsumer};
pub use context::{Context, PeerAddr};
pub use contract::Design;
pub use declared::{DeclaredError, ErrorResult, NoError};
pub use dialect::Dialect;
pub use error::{Closed, ConnectError, Failure, Initiator, Outcome, Remote, StreamError};
pub use manager::ConnectionManager;
pub use mandovi_websocket::deflate::Compression;
pub use opening::{Halves, Opening};
pub use server::{serve, websocket};
pub use stream::{Message, Receiver, Reply, Sender};
pub use value::{Base64, Invalid, Violation};

/// The examples of the README, as tests. (It lies outside of the published package.)
#[cfg(all(doctest, feature = "docs", feature = "prometheus", feature = "tls"))]
#[doc = include_str!("../../../README.md")]
pub struct ReadmeIsTrue;

/// The guide to interceptors, as a test.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/interceptors.md")]
pub struct InterceptorsGuideIsTrue;

/// The guide to stopping, readiness and TLS, as a test.
#[cfg(all(doctest, feature = "tls"))]
#[doc = include_str!("../../../docs/drain.md")]
pub struct DrainGuideIsTrue;
/// The guide to metrics, spans and logs, as a test.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/observability.md")]
pub struct ObservabilityGuideIsTrue;
/// The guide to connections, as a test.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/manager.md")]
pub struct ManagerGuideIsTrue;
/// The guide to the life of connections, as a test.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/connections.md")]
pub struct ConnectionsGuideIsTrue;
/// The guide to slow consumers, as a test.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/slow-consumers.md")]
pub struct SlowConsumersGuideIsTrue;
/// The guide to the client, as a test.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/client.md")]
pub struct ClientGuideIsTrue;
/// The guide to faults, as a test.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/faults.md")]
pub struct FaultsGuideIsTrue;

pub mod prelude {
    //! What a design, a server and a client usually need: `use mandovi::prelude::*`.

    pub use crate::{
        ApiKey, ApiKeyCredential, Auth, Base64, Basic, BasicCredential, Context, Denied, ErrorResult, Failure, Jwt,
        JwtVerifier, Message, MessageRef, NoError, OAuth2, Opening, Outcome, Receiver, Reply, Resume, Retry, Sender,
        SlowConsumer, StreamError, Unsent, errors, message, service,
    };
    #[doc(no_inline)]
    pub use std::time::Duration;
}

#[doc = include_str!("docs/errors.md")]
pub use mandovi_macros::errors;
#[doc = include_str!("docs/message.md")]
pub use mandovi_macros::message;
#[doc = include_str!("docs/service.md")]
pub use mandovi_macros::service;
#[doc(hidden)]
pub mod __private {
    //! What generated code uses. Not for users: it changes without notice.
    pub use crate::auth::{Guard, Missing, Provided, Scheme, Source, Verifies, alternative};
    pub use crate::contract::ServesDocuments;
    pub use crate::declared::{
        Body, DeclaredError, ErrorNames, ErrorResult, Received, decode_value, encode_value, names_are_new,
        only_name_of_status,
    };
    pub use crate::parameter::{Expected, Parameter};
    pub use crate::placed::{PlacedMember, ResponseSpec, has_member, is_scalar_member};
    pub use crate::server::{
        Accept, Call, Refusal, Response, RouteKind, Routes, Serving, StreamSpec, Tune, close_with, message_rate,
    };
    pub use crate::value::{
        Constant, FlatMembers, Flatten, InView, Invalid, Item, Limit, MapKey, Member, NamedViews, Names, NotNull,
        Pattern, Projected, Redacted, Ruled, Rules, Scalar, Tagged, Validator, Value, ViewId, ViewName, Views,
        assert_event_text, assert_members_apart, assert_model, assert_not_null, content, decode_list, deserialize_name,
        deserialize_union, example, flatten, flatten_view, member, name_of_instance, no_content, no_variant,
        serialize_bare, serialize_flattened, serialize_variant, text_example, union_of, view_number,
    };
    pub use mandovi_model::Format;
    pub use mandovi_websocket::{MessageKind, MessageRef};
    pub use serde;
    pub use serde_json;

    pub mod describe {
        pub use crate::describe::*;
    }
}
