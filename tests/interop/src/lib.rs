//! Mandovi against Goa's own programs, against plain WebSocket clients, and byte for byte.
//!
//! All of it is in `tests/`: `goa` is the matrix of pairings, `shapes` every type in every direction, `peers` are Python and
//! Node, `wire` is bytes, `idle` takes a minute, and `table` holds the page `docs/goa.md` against the code. What they share is
//! `tests/support`; the peers themselves are in `goa/` and `peers/`.
