//! The meters of a route, and of one connection of it. No recorder: no meters.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use ::metrics::{Counter, Gauge, Histogram, counter, gauge, histogram, with_recorder};
use http::StatusCode;

use super::{Outcome, Side};
use crate::class::ErrorClass;
use crate::error::{Closed, Initiator};
use crate::manager::Transport;
use crate::metrics as names;

/// The names of one side's metrics.
struct Names {
    active: &'static str,
    opened: &'static str,
    closed: &'static str,
    reaped: &'static str,
    errors: &'static str,
    invalid: &'static str,
    messages: [&'static str; 2],
    bytes: [&'static str; 2],
    lagged: &'static str,
    handshake: &'static str,
    handler: &'static str,
    queue: &'static str,
    round_trip: &'static str,
}

static SERVER: Names = Names {
    active: names::CONNECTIONS_ACTIVE,
    opened: names::CONNECTIONS_OPENED,
    closed: names::CONNECTIONS_CLOSED,
    reaped: names::CONNECTIONS_REAPED,
    errors: names::ERRORS,
    invalid: names::INVALID_MESSAGES,
    messages: [names::MESSAGES_RECEIVED, names::MESSAGES_SENT],
    bytes: [names::BYTES_RECEIVED, names::BYTES_SENT],
    lagged: names::MESSAGES_LAGGED,
    handshake: names::HANDSHAKE,
    handler: names::HANDLER,
    queue: names::QUEUE,
    round_trip: names::ROUND_TRIP,
};

static CLIENT: Names = Names {
    active: names::CLIENT_CONNECTIONS_ACTIVE,
    opened: names::CLIENT_CONNECTIONS_OPENED,
    closed: names::CLIENT_CONNECTIONS_CLOSED,
    reaped: names::CLIENT_CONNECTIONS_REAPED,
    errors: names::CLIENT_ERRORS,
    invalid: names::CLIENT_INVALID_MESSAGES,
    messages: [names::CLIENT_MESSAGES_RECEIVED, names::CLIENT_MESSAGES_SENT],
    bytes: [names::CLIENT_BYTES_RECEIVED, names::CLIENT_BYTES_SENT],
    lagged: names::CLIENT_MESSAGES_LAGGED,
    handshake: names::CLIENT_HANDSHAKE,
    handler: names::CLIENT_HANDLER,
    queue: names::CLIENT_QUEUE,
    round_trip: names::CLIENT_ROUND_TRIP,
};

/// Whether anybody records. What holds nothing can record nothing: the facade's own stand-in is such a recorder.
fn is_recorded() -> bool {
    with_recorder(|recorder| size_of_val(recorder) > 0)
}

/// The meters of one route, made for its first call that finds a recorder.
#[derive(Debug, Default)]
pub(crate) struct Metered(OnceLock<Arc<Meters>>);

impl Metered {
    pub(crate) fn get(&self, service: &'static str, method: &'static str) -> Option<Arc<Meters>> {
        if let Some(meters) = self.0.get() {
            return Some(Arc::clone(meters));
        }
        let make = || Arc::new(Meters::new(Side::Server, service, method));
        is_recorded().then(|| Arc::clone(self.0.get_or_init(make)))
    }
}

/// The meters of the methods that a client calls.
#[derive(Debug, Default)]
pub(crate) struct MeteredCalls(Mutex<HashMap<(&'static str, &'static str), Arc<Meters>>>);

impl MeteredCalls {
    pub(crate) fn get(&self, service: &'static str, method: &'static str) -> Option<Arc<Meters>> {
        let known = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(meters) = known().get(&(service, method)) {
            return Some(Arc::clone(meters));
        }
        // Not under the lock: the recorder is the program's own code.
        let made = is_recorded().then(|| Arc::new(Meters::new(Side::Client, service, method)))?;
        Some(Arc::clone(known().entry((service, method)).or_insert(made)))
    }
}

/// What is measured of one route: handles that are looked up once.
#[derive(Debug)]
pub(crate) struct Meters {
    side: Side,
    service: &'static str,
    method: &'static str,
    /// Received and sent, like the next.
    messages: [Counter; 2],
    bytes: [Counter; 2],
    reaped: Counter,
    invalid: Counter,
    lagged: Counter,
    handshake: Histogram,
    handler: Histogram,
    queue: Histogram,
    round_trip: Histogram,
}

impl Meters {
    fn new(side: Side, service: &'static str, method: &'static str) -> Self {
        let names = names_of(side);
        let counter = |name: &'static str| counter!(name, "service" => service, "method" => method);
        let histogram = |name: &'static str| histogram!(name, "service" => service, "method" => method);
        Self {
            side,
            service,
            method,
            messages: names.messages.map(counter),
            bytes: names.bytes.map(counter),
            reaped: counter(names.reaped),
            invalid: counter(names.invalid),
            lagged: counter(names.lagged),
            handshake: histogram(names.handshake),
            handler: histogram(names.handler),
            queue: histogram(names.queue),
            round_trip: histogram(names.round_trip),
        }
    }

    /// The call is answered, or its handler done.
    pub(crate) fn handled(&self, lasted: Duration) {
        self.handler.record(lasted);
    }

    /// The server answers a call with an error.
    pub(crate) fn refused(&self, status: StatusCode, retry_after: bool) {
        let Self { service, method, .. } = *self;
        let class = ErrorClass::of_status(status.as_u16(), retry_after);
        // A number of three digits, and one that the program chose.
        let status = status.as_str().to_owned();
        counter!(names::REFUSED, "service" => service, "method" => method, "status" => status).increment(1);
        self.failed(class);
    }

    fn failed(&self, class: ErrorClass) {
        let Self { service, method, .. } = *self;
        let class = name_of_class(class);
        counter!(names_of(self.side).errors, "service" => service, "method" => method, "class" => class).increment(1);
    }

    /// What became of a client's call before its first message.
    pub(crate) fn called(&self, outcome: Outcome) {
        let Self { service, method, .. } = *self;
        let outcome = outcome.as_str();
        counter!(names::CLIENT_CALLS, "service" => service, "method" => method, "outcome" => outcome).increment(1);
    }

    /// A client's stream was opened again.
    #[allow(dead_code, reason = "for the client that comes back by itself")]
    pub(crate) fn reconnected(&self) {
        let Self { service, method, .. } = *self;
        counter!(names::CLIENT_RECONNECTS, "service" => service, "method" => method).increment(1);
    }
}

/// A call that no route has.
pub(super) fn refused_unknown(status: StatusCode) {
    if is_recorded() {
        let class = name_of_class(ErrorClass::of_status(status.as_u16(), false));
        let status = status.as_str().to_owned();
        counter!(names::REFUSED, "service" => "", "method" => "", "status" => status).increment(1);
        counter!(names::ERRORS, "service" => "", "method" => "", "class" => class).increment(1);
    }
}

/// What is measured of one open connection. Dropping it is no end of it: see [`ended`](Self::ended).
#[derive(Debug)]
pub(crate) struct Meter {
    meters: Arc<Meters>,
    active: Gauge,
    /// How much of the connection's own numbers is in the meters already: bytes and messages, received and sent.
    told: [AtomicU64; 4],
}

impl Meter {
    /// A connection is open after that time.
    pub(crate) fn open(meters: &Arc<Meters>, transport: Transport, handshake: Duration) -> Self {
        let Meters { side, service, method, .. } = **meters;
        let transport = super::name_of_transport(transport);
        let names = names_of(side);
        counter!(names.opened, "service" => service, "method" => method, "transport" => transport).increment(1);
        let active = gauge!(names.active, "service" => service, "method" => method, "transport" => transport);
        active.increment(1.0);
        meters.handshake.record(handshake);
        Self { meters: Arc::clone(meters), active, told: Default::default() }
    }

    /// Its connection is over: once.
    pub(crate) fn ended(&self, closed: &Closed) {
        let Meters { side, service, method, .. } = *self.meters;
        self.active.decrement(1.0);
        let (code, local) = (closed.code().as_u16(), closed.initiator() == Initiator::Local);
        if code != 1000 {
            self.meters.failed(ErrorClass::of_close_code(code));
        }
        let (code, initiator) = (name_of_code(code, local), if local { "local" } else { "peer" });
        counter!(
            names_of(side).closed,
            "service" => service, "method" => method, "code" => code, "initiator" => initiator
        )
        .increment(1);
    }

    /// Brings the meters up to date. The connection's task alone does, or whoever has the connection last.
    pub(crate) fn flush(&self, numbers: [u64; 4]) {
        let [bytes, messages] = [&self.meters.bytes, &self.meters.messages];
        let counters = bytes.iter().chain(messages);
        for ((counter, told), now) in counters.zip(&self.told).zip(numbers) {
            let before = told.load(Relaxed);
            if now > before {
                told.store(now, Relaxed);
                counter.increment(now - before);
            }
        }
    }

    pub(crate) fn invalid(&self) {
        self.meters.invalid.increment(1);
    }

    pub(crate) fn lagged(&self, messages: u64) {
        self.meters.lagged.increment(messages);
    }

    pub(crate) fn reaped(&self) {
        self.meters.reaped.increment(1);
    }

    pub(crate) fn round_trip(&self, took: Duration) {
        self.meters.round_trip.record(took);
    }

    pub(crate) fn queued(&self, waited: Duration) {
        self.meters.queue.record(waited);
    }
}

fn names_of(side: Side) -> &'static Names {
    match side {
        Side::Server => &SERVER,
        Side::Client => &CLIENT,
    }
}

fn name_of_class(class: ErrorClass) -> &'static str {
    match class {
        ErrorClass::Recoverable => "recoverable",
        ErrorClass::Exhausted => "exhausted",
        ErrorClass::Unauthenticated => "unauthenticated",
        ErrorClass::Fatal => "fatal",
    }
}

/// A close code as a label. A peer may say what it likes, so only those that mean something stand for themselves; what this
/// side says is bounded by the design.
fn name_of_code(code: u16, local: bool) -> String {
    let known = matches!(code, 1000..=1003 | 1005..=1015)
        || matches!(code, 4400 | 4401 | 4403 | 4404 | 4408 | 4409 | 4413 | 4415 | 4422 | 4426 | 4429 | 4500..=4504)
        || local && (4400..=4599).contains(&code);
    if known { code.to_string() } else { "other".to_owned() }
}

#[cfg(test)]
mod tests {
    use metrics_util::debugging::{DebugValue, DebuggingRecorder};

    use super::*;
    use crate::connection::Shared;

    /// Everything that can be measured, once, through the hooks of a connection where there are such.
    fn measure_all() {
        for side in [Side::Server, Side::Client] {
            let meters = Arc::new(Meters::new(side, "Service", "method"));
            let shared = Shared::new(mandovi_websocket::Role::Server, 1024);
            shared.metered(Meter::open(&meters, Transport::Http2, Duration::from_millis(1)));
            let (vitals, now) = (&shared.vitals, tokio::time::Instant::now());
            vitals.received(10, now);
            vitals.sent(20, now);
            vitals.message_sent();
            vitals.error();
            vitals.dropped(3);
            vitals.reaped();
            vitals.pong(Duration::from_millis(5), now);
            vitals.queued(Some(Duration::from_millis(7)));
            vitals.flush(4);
            vitals.flush(4);
            vitals.ended(&Closed::abnormal("it broke"));
            meters.handled(Duration::from_millis(9));
            match side {
                Side::Server => meters.refused(StatusCode::SERVICE_UNAVAILABLE, true),
                Side::Client => {
                    meters.called(Outcome::Refused);
                    meters.reconnected();
                }
            }
        }
    }

    #[test]
    fn what_is_measured_is_what_the_table_says() {
        let recorder = DebuggingRecorder::new();
        ::metrics::with_local_recorder(&recorder, measure_all);
        let mut measured = HashMap::new();
        for (key, _, _, value) in recorder.snapshotter().snapshot().into_vec() {
            let (kind, key) = key.into_parts();
            let (name, labels) = key.into_parts();
            let row = names::TABLE.iter().find(|row| row.name == name.as_str()).expect("it is in the table");
            assert_eq!(format!("{kind:?}"), format!("{:?}", row.kind), "{name:?}");
            let keys: Vec<_> = labels.iter().map(|label| label.key()).collect();
            assert_eq!(keys, row.labels, "{name:?}");
            let value = match value {
                DebugValue::Counter(value) => value as f64,
                DebugValue::Gauge(value) => value.0,
                DebugValue::Histogram(values) => values.iter().map(|value| value.0).sum(),
            };
            let labels: Vec<_> = labels.iter().skip(2).map(|label| label.value().to_owned()).collect();
            measured.entry(row.name).or_insert_with(Vec::new).push((labels.join(" "), value));
        }
        for row in names::TABLE {
            assert!(measured.contains_key(row.name), "{} is never measured", row.name);
        }
        let of = |name| &measured[name][..];
        let one = |labels: &str, value| [(labels.to_owned(), value)];
        assert_eq!(of(names::CONNECTIONS_ACTIVE), one("http2", 0.0));
        assert_eq!(of(names::CONNECTIONS_OPENED), one("http2", 1.0));
        assert_eq!(of(names::CONNECTIONS_CLOSED), one("1006 peer", 1.0));
        assert_eq!(of(names::BYTES_RECEIVED), one("", 10.0));
        assert_eq!(of(names::BYTES_SENT), one("", 20.0));
        assert_eq!(of(names::MESSAGES_RECEIVED), one("", 4.0));
        assert_eq!(of(names::MESSAGES_SENT), one("", 1.0));
        assert_eq!(of(names::INVALID_MESSAGES), one("", 1.0));
        assert_eq!(of(names::MESSAGES_LAGGED), one("", 3.0));
        assert_eq!(of(names::CONNECTIONS_REAPED), one("", 1.0));
        assert_eq!(of(names::ROUND_TRIP), one("", 0.005));
        assert_eq!(of(names::QUEUE), one("", 0.007));
        assert_eq!(of(names::HANDSHAKE), one("", 0.001));
        assert_eq!(of(names::HANDLER), one("", 0.009));
        assert_eq!(of(names::REFUSED), one("503", 1.0));
        assert_eq!(of(names::CLIENT_RECONNECTS), one("", 1.0));
        assert_eq!(of(names::CLIENT_CALLS), one("refused", 1.0));
        let mut classes = of(names::ERRORS).to_vec();
        classes.sort_by(|a, b| a.0.cmp(&b.0));
        assert_eq!(classes, [("exhausted".to_owned(), 1.0), ("recoverable".to_owned(), 1.0)]);
    }

    #[test]
    fn what_a_peer_says_does_not_make_labels_without_end() {
        let labels =
            |local| (0..=u16::MAX).map(|code| name_of_code(code, local)).collect::<std::collections::HashSet<_>>();
        assert!(labels(false).len() < 40, "{:?}", labels(false));
        assert!(labels(true).len() < 240);
        assert_eq!(name_of_code(4418, true), "4418");
        assert_eq!(name_of_code(4418, false), "other");
    }
}
