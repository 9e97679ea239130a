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
mod metrics;
mod raw;
mod spans;
