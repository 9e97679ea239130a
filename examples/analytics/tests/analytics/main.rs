//! The service as its users meet it: through a client in memory, and through the command line.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[cfg(unix)]
mod cli;
mod contract;
mod methods;
mod support;
