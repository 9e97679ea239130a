//! What a program sees of its connections: metrics, spans, logs. In a process of its own, since a recorder is the process's.
#![allow(
    clippy::unwrap_used,
    unreachable_pub,
    missing_docs,
    dead_code,
    reason = "a test that cannot go on fails; nobody depends on it"
)]

#[path = "../integration/board.rs"]
mod board;

mod capture;
#[cfg(feature = "metrics")]
mod documented;
#[cfg(feature = "metrics")]
mod metrics;
#[cfg(feature = "opentelemetry")]
mod otel;
#[cfg(feature = "prometheus")]
mod prometheus;
mod raw;
#[cfg(feature = "metrics")]
mod secrets;
mod spans;
