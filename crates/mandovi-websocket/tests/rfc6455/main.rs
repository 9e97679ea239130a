//! RFC 6455 §5 to §8, rule by rule: each test is named by the section that it checks.
//!
//! Everything goes through the public API, over bytes: `Peer` writes what a peer would send, `read` tells what the
//! decoder makes of it.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod closing;
mod common;
mod framing;
mod limits;
mod splits;
mod text;
