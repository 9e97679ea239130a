//! What is told of calls and connections while they live: a span, events for the log, and meters. Nothing that a user says is
//! told but what is listed in `docs/observability.md`: no header but `Origin` and the identity of a trace, no query, no payload,
//! no reason of a close.
//!
//! - `meters`: what goes through the `metrics` facade; `silent` stands for it without the feature.
//! - `trace`: the caller's place in a distributed trace.
//!
//! An [`Observed`] is empty where nobody listens: a call then costs two loads, and a message nothing.

#[cfg(feature = "metrics")]
mod meters;
#[cfg(not(feature = "metrics"))]
#[path = "silent.rs"]
mod meters;
#[cfg(feature = "opentelemetry")]
mod opentelemetry;
mod trace;

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use http::{HeaderMap, StatusCode, header};
use tokio::time::Instant;
use tracing::field::display;
use tracing::instrument::{Instrument as _, Instrumented};
use tracing::level_filters::LevelFilter;
use tracing::{Span, debug, field, info, info_span, warn};

use self::meters::Meters;
pub(crate) use self::meters::{Meter, Metered, MeteredCalls};
use self::trace::{Hex, TraceParent};
use crate::connection::Shared;
use crate::error::{Closed, Initiator};
use crate::manager::Transport;

/// The target of what is logged of connections and calls.
macro_rules! target {
    () => {
        "mandovi::connection"
    };
}

/// The longest `Origin` that is logged, in bytes.
const ORIGIN_MAX: usize = 256;

/// Who observes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Server,
    Client,
}

/// What became of a client's call before its first message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It is open, or answered.
    Ok,
    /// The server answered otherwise.
    Refused,
    /// It did not reach the server, or got no answer.
    Failed,
}

impl Outcome {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Outcome::Ok => "ok",
            Outcome::Refused => "refused",
            Outcome::Failed => "failed",
        }
    }
}

/// A transport as a label.
pub(crate) fn name_of_transport(transport: Transport) -> &'static str {
    match transport {
        Transport::WebSocket => "websocket",
        Transport::Http2 => "http2",
        Transport::Events => "events",
    }
}

/// One call, where anybody listens. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Observed(Option<Arc<Call>>);

#[derive(Debug)]
struct Call {
    side: Side,
    span: Span,
    meters: Option<Arc<Meters>>,
    id: Option<u64>,
    service: &'static str,
    method: &'static str,
    peer: Option<SocketAddr>,
    origin: Option<Box<str>>,
    /// A plain method has none.
    transport: Option<Transport>,
    /// Where it may be logged.
    principal: OnceLock<Arc<str>>,
    began: Instant,
    /// When its stream was open.
    opened: OnceLock<Instant>,
    /// Its handler was done before that.
    done: AtomicBool,
}

/// What a server knows of a call when it comes.
pub(crate) struct Arrival<'a> {
    pub(crate) metered: &'a Metered,
    pub(crate) id: u64,
    pub(crate) service: &'static str,
    pub(crate) method: &'static str,
    pub(crate) peer: Option<SocketAddr>,
    pub(crate) transport: Option<Transport>,
    pub(crate) headers: &'a HeaderMap,
}

/// Whether anybody logs or traces.
fn is_logged() -> bool {
    LevelFilter::current() != LevelFilter::OFF
}

impl Observed {
    /// A call that a server takes.
    pub(crate) fn arrival(arrival: &Arrival<'_>) -> Self {
        let Arrival { metered, id, service, method, peer, transport, headers } = *arrival;
        let meters = metered.get(service, method);
        if meters.is_none() && !is_logged() {
            return Self(None);
        }
        let origin = if is_logged() { origin_of(headers) } else { None };
        let span = info_span!(
            target: target!(),
            "mandovi.call",
            otel.name = field::Empty,
            otel.kind = "server",
            otel.status_code = field::Empty,
            id,
            service,
            method,
            peer = peer.map(display),
            origin = origin.as_deref(),
            transport = transport.map(name_of_transport),
            principal = field::Empty,
            trace_id = field::Empty,
            parent_span_id = field::Empty,
            status = field::Empty,
            code = field::Empty,
        );
        if !span.is_disabled() {
            name(&span, service, method);
            if let Some(parent) = TraceParent::of(headers) {
                span.record("trace_id", display(Hex(&parent.trace)));
                span.record("parent_span_id", display(Hex(&parent.span)));
                #[cfg(feature = "opentelemetry")]
                opentelemetry::adopt(&span, &parent, headers);
            }
        }
        let id = Some(id);
        let side = Side::Server;
        Self::new(Call { side, span, meters, id, service, method, peer, origin, transport, ..Call::begun() })
    }

    /// A call that a client makes, of the server at `authority`.
    pub(crate) fn departure(
        metered: &MeteredCalls,
        authority: impl FnOnce() -> String,
        service: &'static str,
        method: &'static str,
    ) -> Self {
        let meters = metered.get(service, method);
        if meters.is_none() && !is_logged() {
            return Self(None);
        }
        let span = info_span!(
            target: target!(),
            "mandovi.call",
            otel.name = field::Empty,
            otel.kind = "client",
            otel.status_code = field::Empty,
            service,
            method,
            server = field::Empty,
            status = field::Empty,
            code = field::Empty,
        );
        if !span.is_disabled() {
            name(&span, service, method);
            span.record("server", authority());
        }
        let transport = Some(Transport::WebSocket);
        Self::new(Call { side: Side::Client, span, meters, service, method, transport, ..Call::begun() })
    }

    fn new(call: Call) -> Self {
        Self(Some(Arc::new(call)))
    }

    /// Names the caller in the log, where that is wanted.
    pub(crate) fn authenticated(&self, principal: Option<&Arc<str>>) {
        if let (Some(call), Some(principal)) = (&self.0, principal) {
            call.span.record("principal", &**principal);
            let _ = call.principal.set(Arc::clone(principal));
        }
    }

    /// Polls a future in the span of the call.
    pub(crate) fn within<F: Future>(&self, future: F) -> Instrumented<F> {
        future.instrument(self.0.as_ref().map_or_else(Span::none, |call| call.span.clone()))
    }

    /// The server answers with an error, before the stream is open or in place of a plain method's result. `name`: that of the
    /// refusal, which is ours or the design's.
    pub(crate) fn refused(&self, status: StatusCode, retry_after: bool, name: &str) {
        let Some(call) = &self.0 else { return };
        if let Some(meters) = &call.meters {
            meters.refused(status, retry_after);
        }
        let status = status.as_u16();
        call.span.record("status", status);
        if status >= 500 {
            call.span.record("otel.status_code", "ERROR");
        }
        macro_rules! told {
            ($level:ident, $text:literal) => {
                $level!(
                    target: target!(), parent: &call.span,
                    id = call.id, service = call.service, method = call.method, peer = call.peer.map(display),
                    origin = call.origin.as_deref(), principal = call.principal.get().map(|name| &**name),
                    status, error = name, $text
                )
            };
        }
        match status {
            401 => told!(warn, "authentication failed"),
            403 => told!(warn, "a call was forbidden"),
            _ if call.transport.is_some() => told!(info, "a stream was refused"),
            _ => told!(debug, "a call failed"),
        }
        if call.transport.is_none() {
            call.handled(call.began);
        }
    }

    /// A plain method was answered.
    pub(crate) fn answered(&self, status: StatusCode) {
        let Some(call) = &self.0 else { return };
        call.span.record("status", status.as_u16());
        if call.transport.is_none() || call.side == Side::Client {
            call.handled(call.began);
        }
    }

    /// What became of a client's call before its first message.
    pub(crate) fn called(&self, outcome: Outcome) {
        let Some(call) = &self.0 else { return };
        if let Some(meters) = &call.meters {
            meters.called(outcome);
        }
        if outcome != Outcome::Ok {
            call.span.record("otel.status_code", "ERROR");
        }
        let outcome = outcome.as_str();
        debug!(
            target: target!(), parent: &call.span,
            service = call.service, method = call.method, outcome, "called"
        );
    }

    /// A client's stream is open again, after it had broken.
    #[allow(dead_code, reason = "for the client that comes back by itself")]
    pub(crate) fn reconnected(&self) {
        if let Some(meters) = self.0.as_ref().and_then(|call| call.meters.as_ref()) {
            meters.reconnected();
        }
    }

    /// The stream is open: until what this gives is dropped.
    pub(crate) fn opened(&self, shared: &Arc<Shared>) -> Option<Connection> {
        let call = self.0.as_ref()?;
        let now = Instant::now();
        let _ = call.opened.set(now);
        if let (Some(meters), Some(transport)) = (&call.meters, call.transport) {
            let handshake = now.saturating_duration_since(call.began);
            shared.metered(Meter::open(meters, transport, handshake));
            if call.done.load(Relaxed) {
                meters.handled(Duration::ZERO);
            }
        }
        macro_rules! told {
            ($level:ident) => {
                $level!(
                    target: target!(), parent: &call.span,
                    id = call.id, service = call.service, method = call.method, peer = call.peer.map(display),
                    origin = call.origin.as_deref(), principal = call.principal.get().map(|name| &**name),
                    transport = call.transport.map(name_of_transport), "connected"
                )
            };
        }
        match call.side {
            Side::Server => told!(info),
            Side::Client => told!(debug),
        }
        Some(Connection { call: Arc::clone(call), shared: Arc::clone(shared) })
    }

    /// A handler, polled in the span of its call; it is measured from the opening on until it is done or dropped.
    pub(crate) fn handler<H>(&self, handler: H) -> Handled<H> {
        Handled { handler, call: self.0.clone() }
    }

    /// What a request to the server of a client's call says of its trace.
    #[cfg(feature = "opentelemetry")]
    pub(crate) fn inject(&self, headers: &mut HeaderMap) {
        opentelemetry::inject(self.0.as_ref().map(|call| &call.span), headers);
    }

    #[cfg(not(feature = "opentelemetry"))]
    #[allow(clippy::unused_self, reason = "the other one does something")]
    pub(crate) fn inject(&self, _headers: &mut HeaderMap) {}
}

impl Call {
    fn begun() -> Self {
        Self {
            side: Side::Server,
            span: Span::none(),
            meters: None,
            id: None,
            service: "",
            method: "",
            peer: None,
            origin: None,
            transport: None,
            principal: OnceLock::new(),
            began: Instant::now(),
            opened: OnceLock::new(),
            done: AtomicBool::new(false),
        }
    }

    fn handled(&self, since: Instant) {
        if let Some(meters) = &self.meters {
            meters.handled(since.elapsed());
        }
    }

    fn ended(&self, shared: &Shared, closed: &Closed) {
        let (code, local) = (closed.code().as_u16(), closed.initiator() == Initiator::Local);
        self.span.record("code", code);
        let failed = match self.side {
            Side::Server => matches!(code, 1011 | 4500..=4599),
            Side::Client => !matches!(code, 1000 | 1001),
        };
        if failed {
            self.span.record("otel.status_code", "ERROR");
        }
        let (received, sent) = shared.vitals.bytes();
        let duration = self.opened.get().map_or(0, |opened| opened.elapsed().as_millis());
        macro_rules! told {
            ($level:ident, $text:literal) => {
                $level!(
                    target: target!(), parent: &self.span,
                    id = self.id, service = self.service, method = self.method, peer = self.peer.map(display),
                    principal = self.principal.get().map(|name| &**name),
                    code, initiator = if local { "local" } else { "peer" }, duration_ms = u64::try_from(duration).unwrap_or(u64::MAX),
                    bytes_received = received, bytes_sent = sent, $text
                )
            };
        }
        match (self.side, code) {
            // What this side closes with where the other breaks the protocol, the contract or a limit.
            (Side::Server, 1002 | 1003 | 1007..=1010 | 4400 | 4401 | 4403) if local => {
                told!(warn, "closed for a violation")
            }
            (Side::Server, 1006) => told!(info, "disconnected without a close frame"),
            (Side::Server, _) => told!(info, "disconnected"),
            (Side::Client, _) => told!(debug, "disconnected"),
        }
    }
}

/// An open stream; its end is told when this is dropped, which is to be after its pump.
#[derive(Debug)]
pub(crate) struct Connection {
    call: Arc<Call>,
    shared: Arc<Shared>,
}

impl Drop for Connection {
    fn drop(&mut self) {
        let closed = self.shared.end().unwrap_or_else(|| Closed::abnormal("the connection was dropped"));
        self.shared.flush_meter();
        self.shared.vitals.ended(&closed);
        if self.call.side == Side::Client
            && let Some(opened) = self.call.opened.get()
        {
            self.call.handled(*opened);
        }
        self.call.ended(&self.shared, &closed);
    }
}

/// See [`Observed::handler`].
#[derive(Debug)]
pub(crate) struct Handled<H> {
    handler: H,
    call: Option<Arc<Call>>,
}

impl<F: Future + ?Sized> Future for Handled<Pin<Box<F>>> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let Self { handler, call } = &mut *self;
        let _entered = call.as_ref().map(|call| call.span.enter());
        handler.as_mut().poll(cx)
    }
}

impl<H> Drop for Handled<H> {
    fn drop(&mut self) {
        let Some(call) = &self.call else { return };
        match call.opened.get() {
            Some(opened) => call.handled(*opened),
            // In its first step, or it refuses.
            None => call.done.store(true, Relaxed),
        }
    }
}

/// What a trace calls it.
fn name(span: &Span, service: &str, method: &str) {
    match (service, method) {
        ("", _) => span.record("otel.name", "websocket"),
        _ => span.record("otel.name", display(format_args!("{service}/{method}"))),
    };
}

/// The page that calls, if what the header holds has the form of an origin: what has not is nothing for a log.
fn origin_of(headers: &HeaderMap) -> Option<Box<str>> {
    let origin = headers.get(header::ORIGIN)?.to_str().ok()?;
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b":/.-_[]".contains(&byte);
    (origin.len() <= ORIGIN_MAX && origin.bytes().all(allowed)).then(|| origin.into())
}

/// A call to a path or with a verb that no method has.
pub(crate) fn refused_unknown(status: StatusCode) {
    meters::refused_unknown(status);
}
