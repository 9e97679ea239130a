//! The design of a service as plain data: what a `#[service]` trait says, without the trait.
//!
//! Everything that is made from a design (documents, clients for other languages, tools) reads this model and nothing
//! else, so that they cannot disagree. It knows nothing of procedural macros, of sockets or of any runtime, and it must
//! stay that way.
//!
//! - [`service`]: the service, its methods, their parameters and streams.
//! - [`schema`]: the shape of JSON values, and the named types that the shapes refer to.
//! - [`errors`]: the errors that a method declares.
//!
//! The structs are `#[non_exhaustive]`: make one with its `new` and set its public fields, so that a later member of the
//! model breaks nobody. [`Service::to_json`] writes the published form, which carries its version as `"mandovi": 1`.

pub mod errors;
pub mod schema;
pub mod service;

pub use errors::{ErrorCase, ErrorClass};
pub use schema::{Definition, EnumValue, Enumeration, Field, Message, Rule, Schema, Types, View, ViewField};
pub use service::{
    Location, Method, Parameter, Scheme, SchemeKind, Security, Service, Streaming, UnsupportedDesign, Verb,
};
