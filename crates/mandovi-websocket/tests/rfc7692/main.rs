//! permessage-deflate by behaviour, named by the sections of RFC 7692.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod bounds;
mod common;
mod framing;
mod handshake;
mod payload;
mod round_trips;
