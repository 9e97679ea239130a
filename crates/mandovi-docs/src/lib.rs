//! Documents made from the design of a service: what is published about it, and nothing that is not in its model.
//!
//! - [`asyncapi()`]: AsyncAPI 3.0.0, the streams. [`openapi()`]: OpenAPI 3.1, plain methods and the upgrades of streams.
//! - [`json_schema`]: JSON Schema 2020-12, the types. [`markdown()`]: a reference to read.
//! - [`write()`]: all four into a folder.
//!
//! Each is a pure function of the model, and deterministic: members come in the order of the design, so that a committed
//! document changes where the design does and nowhere else. Secret members are marked, and neither their defaults nor their
//! examples are shown.
//!
//! ```
//! use mandovi_model::{Method, Schema, Service, Verb};
//!
//! let mut echo = Method::new("echo", Verb::Get, "/echo");
//! echo.streaming.input = Some(Schema::string());
//! echo.streaming.output = Some(Schema::string());
//! let mut service = Service::new("Echo");
//! service.methods.push(echo);
//!
//! let document = mandovi_docs::asyncapi(&service).to_value();
//! assert_eq!(document["channels"]["echo"]["address"], "/echo");
//! assert_eq!(document["operations"]["echo_receive"]["action"], "receive");
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test that cannot go on fails"))]

mod asyncapi;
mod close_codes;
mod document;
mod example;
mod info;
mod markdown;
mod method;
mod openapi;
mod schema;
mod security;
mod tuning;
mod write;

pub use asyncapi::asyncapi;
#[doc(hidden)]
pub use close_codes::class_of;
pub use close_codes::{CLOSE_CODES, CloseCode};
pub use document::Document;
pub use markdown::markdown;
pub use openapi::openapi;
pub use schema::json_schema;
pub use write::{Files, files, write};
