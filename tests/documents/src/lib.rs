//! A harbour: a contract that uses everything a design can say, so that the documents made from it show everything they can.
//!
//! - [`values`]: what travels.
//! - [`errors`]: what the harbour refuses.
//! - [`service`]: the methods.
//!
//! There is no implementation: documents need none. `tests/documents.rs` holds the documents in `everything/` against it, and
//! `validate.sh` holds those against their specifications.
#![allow(rustdoc::invalid_html_tags, reason = "a description may hold anything, and one of these does on purpose")]

pub mod errors;
pub mod service;
pub mod values;

pub use service::{Harbour, HarbourClient, HarbourDesign};
