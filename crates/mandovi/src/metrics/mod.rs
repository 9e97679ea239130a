//! What is measured: every metric's name, type, unit and labels, in one [table](TABLE).
//!
//! Numbers go to whatever recorder of the [`metrics`](https://docs.rs/metrics) facade the program has installed; without one
//! nothing is measured. A call takes the recorder that is there when it begins: it may be installed at any time, and what
//! runs already is not measured. A recorder type without any state (of size 0) is taken for none.
//!
//! With the feature `prometheus`, [`prometheus()`] installs a recorder and gives the router that answers `GET /metrics`.
//!
//! # Labels
//! Their values come from the design and from this table, never from what a user sends: their number is bounded.
//! - `service`, `method`: names of the design; both empty for a raw [`websocket`](crate::websocket).
//! - `transport`: `websocket` (RFC 6455), `http2` (RFC 8441), `events` (server-sent events).
//! - `code`: a close code of `docs/wire.md`, or `other`; 1006 where a connection ended without one.
//! - `initiator`: who ended it, `local` or `peer`.
//! - `status`: the HTTP status of a refusal, also where it was told by a close code.
//! - `class`: what a client should do about it, of [`ErrorClass`](crate::ErrorClass): `recoverable`, `exhausted`,
//!   `unauthenticated` or `fatal`.
//! - `outcome`: of a client's call before its first message: `ok`, `refused` (the server answered otherwise) or `failed` (it
//!   could not be reached, or the call was not allowed to leave).
//!
//! # How exact
//! Counters of messages and bytes are brought up to date whenever the task of a connection goes to sleep, and at its end.
//! They are those of a stream; what a plain method takes and answers is not in them.

#[cfg(feature = "prometheus")]
mod prometheus;

use ::metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

#[cfg(feature = "prometheus")]
#[cfg_attr(docsrs, doc(cfg(feature = "prometheus")))]
pub use prometheus::{InstallError, Prometheus, prometheus};

/// What kind of number a metric is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// It only grows.
    Counter,
    /// It goes up and down.
    Gauge,
    /// How often which value occurred.
    Histogram,
}

impl Kind {
    /// Its name, as Prometheus has it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        }
    }
}

/// One metric.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Metric {
    /// Its name, in the manner of Prometheus: the unit at the end, then `_total` for what only grows.
    pub name: &'static str,
    /// What kind of number it is.
    pub kind: Kind,
    /// What is counted: `connections`, `messages`, `bytes`, `seconds`...
    pub unit: &'static str,
    /// The names of its labels.
    pub labels: &'static [&'static str],
    /// What it says.
    pub help: &'static str,
}

const ROUTE: &[&str] = &["service", "method"];
const ROUTE_TRANSPORT: &[&str] = &["service", "method", "transport"];
const ROUTE_END: &[&str] = &["service", "method", "code", "initiator"];
const ROUTE_STATUS: &[&str] = &["service", "method", "status"];
const ROUTE_CLASS: &[&str] = &["service", "method", "class"];
const ROUTE_OUTCOME: &[&str] = &["service", "method", "outcome"];

macro_rules! table {
    ($($constant:ident = $name:literal, $kind:ident, $unit:literal, $labels:ident, $help:literal;)*) => {
        $(
            #[doc = $help]
            pub const $constant: &str = $name;
        )*

        /// Every metric there is.
        pub const TABLE: &[Metric] = &[$(
            Metric { name: $constant, kind: Kind::$kind, unit: $unit, labels: $labels, help: $help },
        )*];
    };
}

table! {
    CONNECTIONS_ACTIVE = "mandovi_connections_active", Gauge, "connections", ROUTE_TRANSPORT,
        "Streams of the server that are open, from the answer of their handshake until their handler and their connection are done.";
    CONNECTIONS_OPENED = "mandovi_connections_opened_total", Counter, "connections", ROUTE_TRANSPORT,
        "Streams of the server whose handshake was answered.";
    CONNECTIONS_CLOSED = "mandovi_connections_closed_total", Counter, "connections", ROUTE_END,
        "Streams of the server that ended, by close code and by who ended them.";
    CONNECTIONS_REAPED = "mandovi_connections_reaped_total", Counter, "connections", ROUTE,
        "Streams of the server whose client was found dead: it answered no ping in time, or TCP gave it up.";
    REFUSED = "mandovi_refused_total", Counter, "calls", ROUTE_STATUS,
        "Calls that the server refused before they were open, or answered with an error, by HTTP status.";
    ERRORS = "mandovi_errors_total", Counter, "errors", ROUTE_CLASS,
        "Calls of the server that were refused or did not end with 1000, by what their client should do about it.";
    INVALID_MESSAGES = "mandovi_invalid_messages_total", Counter, "messages", ROUTE,
        "Messages from clients that broke the contract.";
    MESSAGES_RECEIVED = "mandovi_received_messages_total", Counter, "messages", ROUTE,
        "Messages from clients that handlers took.";
    MESSAGES_SENT = "mandovi_sent_messages_total", Counter, "messages", ROUTE,
        "Messages that were queued for clients.";
    BYTES_RECEIVED = "mandovi_received_bytes_total", Counter, "bytes", ROUTE,
        "Bytes that were read from the connections of clients, framing and compression included, TLS not.";
    BYTES_SENT = "mandovi_sent_bytes_total", Counter, "bytes", ROUTE,
        "Bytes that were written to the connections of clients, framing and compression included, TLS not.";
    MESSAGES_LAGGED = "mandovi_lagged_messages_total", Counter, "messages", ROUTE,
        "Messages to slow clients that were dropped.";
    HANDSHAKE = "mandovi_handshake_seconds", Histogram, "seconds", ROUTE,
        "From the request of a stream until its handshake was answered: verification, and an opening that the method decides.";
    HANDLER = "mandovi_handler_seconds", Histogram, "seconds", ROUTE,
        "How long a call lasted: a stream from the answer of its handshake until its handler was done, a plain method from its request until its answer.";
    QUEUE = "mandovi_queue_seconds", Histogram, "seconds", ROUTE,
        "How long output waited in the server until it was written: from the first message in an empty queue until what was queued with it was handed to the transport.";
    ROUND_TRIP = "mandovi_round_trip_seconds", Histogram, "seconds", ROUTE,
        "From a ping of the server until its pong.";

    CLIENT_CONNECTIONS_ACTIVE = "mandovi_client_connections_active", Gauge, "connections", ROUTE_TRANSPORT,
        "Streams of clients in this process that are open.";
    CLIENT_CONNECTIONS_OPENED = "mandovi_client_connections_opened_total", Counter, "connections", ROUTE_TRANSPORT,
        "Streams of clients whose handshake was answered.";
    CLIENT_CONNECTIONS_CLOSED = "mandovi_client_connections_closed_total", Counter, "connections", ROUTE_END,
        "Streams of clients that ended, by close code and by who ended them.";
    CLIENT_CONNECTIONS_REAPED = "mandovi_client_connections_reaped_total", Counter, "connections", ROUTE,
        "Streams of clients whose server was found dead: it answered no ping in time, or TCP gave it up.";
    CLIENT_CALLS = "mandovi_client_calls_total", Counter, "calls", ROUTE_OUTCOME,
        "Calls of clients, each attempt of its own, by what became of them before their first message.";
    CLIENT_RECONNECTS = "mandovi_client_reconnects_total", Counter, "connections", ROUTE,
        "Streams of clients that were opened again after they had broken.";
    CLIENT_ERRORS = "mandovi_client_errors_total", Counter, "errors", ROUTE_CLASS,
        "Streams of clients that did not end with 1000, by what the client should do about it.";
    CLIENT_INVALID_MESSAGES = "mandovi_client_invalid_messages_total", Counter, "messages", ROUTE,
        "Messages from servers that broke the contract.";
    CLIENT_MESSAGES_RECEIVED = "mandovi_client_received_messages_total", Counter, "messages", ROUTE,
        "Messages from servers that were taken.";
    CLIENT_MESSAGES_SENT = "mandovi_client_sent_messages_total", Counter, "messages", ROUTE,
        "Messages that were queued for servers.";
    CLIENT_BYTES_RECEIVED = "mandovi_client_received_bytes_total", Counter, "bytes", ROUTE,
        "Bytes that were read from the connections of servers, framing and compression included, TLS not.";
    CLIENT_BYTES_SENT = "mandovi_client_sent_bytes_total", Counter, "bytes", ROUTE,
        "Bytes that were written to the connections of servers, framing and compression included, TLS not.";
    CLIENT_MESSAGES_LAGGED = "mandovi_client_lagged_messages_total", Counter, "messages", ROUTE,
        "Messages to slow servers that were dropped.";
    CLIENT_HANDSHAKE = "mandovi_client_handshake_seconds", Histogram, "seconds", ROUTE,
        "From the start of a client's call until the handshake of its stream was answered, the dialling included.";
    CLIENT_HANDLER = "mandovi_client_call_seconds", Histogram, "seconds", ROUTE,
        "How long a client's call lasted: a stream from its handshake until its connection was over, a plain method until its answer.";
    CLIENT_QUEUE = "mandovi_client_queue_seconds", Histogram, "seconds", ROUTE,
        "How long output waited in the client until it was written.";
    CLIENT_ROUND_TRIP = "mandovi_client_round_trip_seconds", Histogram, "seconds", ROUTE,
        "From a ping of the client until its pong.";
}

/// Tells the recorder that is installed what every metric means. [`prometheus()`] has done so.
///
/// ```
/// // A program that brings a recorder of its own installs it, and then:
/// mandovi::metrics::describe();
/// ```
pub fn describe() {
    for Metric { name, kind, unit, help, .. } in TABLE {
        let unit = match *unit {
            "bytes" => Unit::Bytes,
            "seconds" => Unit::Seconds,
            _ => Unit::Count,
        };
        match kind {
            Kind::Counter => describe_counter!(*name, unit, *help),
            Kind::Gauge => describe_gauge!(*name, unit, *help),
            Kind::Histogram => describe_histogram!(*name, unit, *help),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Prometheus and OpenMetrics ask of names.
    #[test]
    fn names_follow_the_advice() {
        let mut names: Vec<_> = TABLE.iter().map(|metric| metric.name).collect();
        for Metric { name, kind, unit, labels, help } in TABLE {
            assert!(name.starts_with("mandovi_"), "{name}");
            assert!(
                name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_' || byte.is_ascii_digit()),
                "{name}"
            );
            assert_eq!(name.ends_with("_total"), *kind == Kind::Counter, "{name}");
            if matches!(*unit, "bytes" | "seconds") {
                assert!(name.trim_end_matches("_total").ends_with(unit), "{name}");
            }
            assert!(help.ends_with('.'), "{name}");
            assert!(labels.starts_with(ROUTE) && !labels.contains(&"le"), "{name}");
        }
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), TABLE.len());
    }
}
