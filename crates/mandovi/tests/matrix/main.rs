//! Every shape of value in every direction, compiled, run and compared: made-up values go through a client and a server
//! that talk real HTTP and WebSocket over a pipe, and must come out as they went in.
//!
//! A line in `shapes!` or `all!` is a type, one in `parameters!` a type that travels in a request's head, one in `views!`
//! something that holds a message with views. `tests/interop/tests/shapes` does the same with programs of Goa's.
#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    unreachable_pub,
    missing_docs,
    reason = "a test that cannot go on fails; nobody depends on it"
)]

#[macro_use]
mod arbitrary;
mod directions;
#[macro_use]
mod shapes;
#[macro_use]
mod parameters;
mod moments;
mod types;
mod views;
