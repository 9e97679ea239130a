//! The whole of it through its public face: a design, its server, its client. A module for each behaviour.
#![allow(
    clippy::unwrap_used,
    unreachable_pub,
    missing_docs,
    reason = "a test that cannot go on fails; nobody depends on it"
)]

mod board;

mod calls;
mod collections;
mod composing;
mod compression;
mod cors;
mod dialect;
#[cfg(feature = "docs")]
mod documents;
mod errors;
mod events;
mod heads;
mod healing;
mod hostile;
mod http2;
mod intercepted_events;
mod interceptors;
mod json;
mod model;
mod opening;
mod ownership;
mod raw;
mod refusals;
mod responses;
mod schemes;
mod security;
mod shapes;
mod shutdown;
#[cfg(feature = "tls")]
mod tls;
mod validation;
mod views;
