//! The items of OWASP's WebSocket security cheat sheet, a test for each and more where one does not do: `owasp_06_..` is item 6.
//! `docs/owasp.md` says what each is about; `page` holds that table against these names.
#![cfg(feature = "tls")]
#![allow(
    clippy::unwrap_used,
    unreachable_pub,
    missing_docs,
    dead_code,
    reason = "a test that cannot go on fails; nobody depends on it"
)]

#[path = "../observability/capture.rs"]
mod capture;
mod peer;
mod room;

mod callers;
mod load;
mod log;
mod messages;
mod page;
mod pages;
mod practice;
mod transport;
