//! The chat as its users meet it: through a client in memory, and through both binaries.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[cfg(unix)]
mod cli;
mod contract;
mod former_bugs;
mod methods;
mod support;
#[cfg(unix)]
mod tls;
#[cfg(unix)]
mod wire;
