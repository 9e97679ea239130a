//! The whole of it through its public face: a design, its server, its client. A module for each behaviour.
#![allow(
    clippy::unwrap_used,
    unreachable_pub,
    missing_docs,
    reason = "a test that cannot go on fails; nobody depends on it"
)]

mod admin;
mod board;

mod calls;
mod caps;
mod classes;
mod collections;
mod composing;
mod compression;
mod cors;
mod dialect;
#[cfg(feature = "docs")]
mod documents;
mod draining;
mod errors;
mod events;
mod heads;
mod healing;
mod heartbeat;
mod hostile;
mod http2;
mod intercepted_events;
mod interceptors;
mod json;
mod manager;
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
mod slow;
#[cfg(feature = "tls")]
mod tls;
#[cfg(feature = "tls")]
mod tls_server;
mod tuned;
mod validation;
mod views;
