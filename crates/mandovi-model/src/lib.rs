//! The design of a service as plain data: what a `#[service]` trait says, without the trait.
//!
//! Everything that is made from a design (documents, clients for other languages, tools) reads this model and nothing
//! else, so that they cannot disagree. It knows nothing of procedural macros, of sockets or of any runtime, and it must
//! stay that way.
//!
//! - [`service`]: the service as a whole, and the published form.
//! - [`method`]: its methods, their parameters, streams and answers. [`security`]: who may call them.
//! - [`errors`]: the errors that a method declares. [`tuning`]: limits, heartbeat and health of its connections.
//! - [`schema`]: the shape of JSON values. [`definition`]: the named types that shapes refer to. [`rule`]: what values keep
//!   beyond their shape.
//! - [`mod@compare`]: what a change of a design does to its clients.
//!
//! The structs are `#[non_exhaustive]`: make one with its `new` and set its public fields, so that a later member of the
//! model breaks nobody. [`Service::to_json`] writes the published form, which carries its version as `"mandovi": 1`.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test that cannot go on fails"))]

pub mod compare;
pub mod definition;
pub mod errors;
pub mod method;
pub mod rule;
pub mod schema;
pub mod security;
pub mod service;
pub mod tuning;

pub use compare::{Change, ChangeKind, Impact, compare};
pub use definition::{Alias, Definition, EnumValue, Enumeration, Field, Message, Union, Variant, View, ViewField};
pub use errors::{ErrorCase, ErrorClass};
pub use method::{Location, Method, Parameter, Response, ResponseHeader, Streaming, Verb};
pub use rule::{Format, Rule, UnknownFormat};
pub use schema::{Schema, Types};
pub use security::{Flow, FlowKind, Scheme, SchemeKind, Security};
pub use service::{Contact, ExternalDocs, Info, License, Server, Service, UnsupportedDesign};
pub use tuning::{Health, HealthAction, Heartbeat, Limits, MessageRate, MissedPong, Setting, SlowConsumer, Tuning};
