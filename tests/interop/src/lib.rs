//! Mandovi against Goa's own programs, against plain WebSocket clients, and byte for byte.
//!
//! All of it is in `tests/`: `goa` is the matrix of pairings, `shapes` every type in every direction, `peers` are Python and
//! Node, `wire` is bytes, and `idle` takes a minute. What they share is `tests/support`; the peers themselves are in `goa/` and `peers/`.
