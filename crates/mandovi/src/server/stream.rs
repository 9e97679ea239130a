//! The task of one streaming call: the method's first step, or with an `Opening` all of it until it accepts; the 101 and the
//! upgrade; then the connection.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Poll, Waker, ready};
use std::time::{Duration, SystemTime};

use http::Version;
use mandovi_websocket::{CloseCode, Role};
use pin_project_lite::pin_project;
use tokio::sync::{Notify, oneshot};
use tokio::time::{Instant, timeout};

use super::call::{Accept, Call, Response, StreamSpec, refusal_of};
use super::connect::Upgrade;
use super::connections::Registered;
use super::{Connections, Refusal};
use crate::connection::{
    Conclusion, EventsBody, EventsPump, Opened, Payload, Pump, Settings, Shared, Terms, poll_run, run_opening, run_with,
};
use crate::context::Context;
use crate::declared::DeclaredError;
use crate::error::{Closed, Failure, Outcome, StreamError};
use crate::intercept::{self, Boxed, End, Innermost, Last, Live, Whole, fault_of};
use crate::manager::{Admitted, Facts};
use crate::observe::{Connection, Handled, Observed};
use crate::opening::Gate;
use crate::stream::{Answer, Wire};
use crate::value::ViewId;

/// One streaming call between its refusals and its connection.
pub(super) struct Stream {
    wire: Wire,
    /// None for a stream of events, whose answer is itself the stream.
    upgrade: Option<Upgrade>,
    settings: Arc<Settings>,
    connections: Option<Connections>,
    admitted: Option<Admitted>,
    id: u64,
    path: &'static str,
    facts: Facts,
    /// It is accepted as soon as its method runs.
    at_once: bool,
    expires: Option<Instant>,
    /// What drops the HTTP connection, where this stream has it for itself.
    stalled: Option<Arc<Notify>>,
    observed: Observed,
}

impl Stream {
    /// Without an upgrade it is a stream of events.
    pub(super) fn new(
        mut call: Call,
        upgrade: Option<Upgrade>,
        shared: Arc<Shared>,
        context: Context,
        live: Option<Arc<Live>>,
        spec: StreamSpec,
    ) -> Self {
        let settings = Arc::clone(&call.endpoint.settings);
        let facts = call.connection_facts();
        let (connections, admitted) = (call.connections.take(), call.admitted.take());
        let alone = call.parts.version < Version::HTTP_2;
        let gate = match spec.accept {
            // Interceptors may refuse until they run the method.
            Accept::AtOnce if live.is_none() => None,
            Accept::AtOnce | Accept::ByHandler => Some(Arc::new(Gate::default())),
        };
        Self {
            observed: call.observed().clone(),
            stalled: connections.as_ref().filter(|_| alone).and_then(Connections::stalled),
            connections,
            admitted,
            id: call.id,
            path: call.path(),
            facts,
            expires: call.expires_at.map(instant_of),
            upgrade,
            settings,
            at_once: spec.accept == Accept::AtOnce,
            wire: Wire { context, shared, view: spec.view.map_or(spec.fixed_view, |(view, _)| view), gate, live },
        }
    }

    /// As [`run`](Self::run), with the answer of an event stream.
    pub(super) async fn run_events<E, R, F, Fut>(
        self,
        view: Option<&'static str>,
        method: F,
    ) -> Result<Response, Refusal>
    where
        E: DeclaredError,
        R: Answer,
        F: FnOnce(Wire) -> Fut,
        Fut: Future<Output = Outcome<R, E>> + Send + 'static,
    {
        // Should the client leave before it has the answer, the body is dropped with that, and ends the stream.
        let body = EventsBody::new(Arc::clone(&self.wire.shared));
        self.run(super::events::answer(body, view), method).await
    }

    /// Starts the method. The answer is the 101 after its first step (its first poll, which nothing waits for), or what its
    /// `Opening` comes to.
    pub(super) fn run<E, R, F, Fut>(
        self,
        response: Response,
        method: F,
    ) -> impl Future<Output = Result<Response, Refusal>> + Send
    where
        E: DeclaredError,
        R: Answer,
        F: FnOnce(Wire) -> Fut,
        Fut: Future<Output = Outcome<R, E>> + Send + 'static,
    {
        let Self {
            wire,
            upgrade,
            settings,
            connections,
            admitted,
            id,
            path,
            facts,
            at_once,
            expires,
            stalled,
            observed,
        } = self;
        let (shared, gate, live) = (Arc::clone(&wire.shared), wire.gate.clone(), wire.live.clone());
        let told = Told { shared: Arc::clone(&shared), gate: gate.clone(), view: wire.view, path };
        let start = Start {
            shared,
            gate,
            upgrade,
            settings,
            connections,
            admitted,
            id,
            facts,
            at_once,
            expires,
            stalled,
            observed,
        };
        let work = match live {
            None => Work::Plain { outcome: method(wire) },
            Some(live) => Work::Intercepted { concluded: intercepted(live, told.clone(), at_once, method(wire)) },
        };
        // In a box: what an async block takes in it stores twice, and a method may be large. Without its type: what follows is
        // compiled once, and not for every method.
        start.run(response, Box::pin(Method { work, told }))
    }
}

/// A method at work, whichever it is.
type Handler = Pin<Box<dyn Future<Output = Conclusion> + Send>>;

/// What the task of a call is made of, beside its method.
struct Start {
    shared: Arc<Shared>,
    gate: Option<Arc<Gate>>,
    /// None for a stream of events.
    upgrade: Option<Upgrade>,
    settings: Arc<Settings>,
    connections: Option<Connections>,
    admitted: Option<Admitted>,
    id: u64,
    facts: Facts,
    at_once: bool,
    expires: Option<Instant>,
    stalled: Option<Arc<Notify>>,
    observed: Observed,
}

impl Start {
    async fn run(self, response: Response, handler: Handler) -> Result<Response, Refusal> {
        let Self {
            shared,
            gate,
            upgrade,
            settings,
            connections,
            admitted,
            id,
            facts,
            at_once,
            expires,
            stalled,
            observed,
        } = self;
        let (answer, answered) = oneshot::channel();
        let unopened = Unopened(Some((Arc::clone(&shared), gate.clone())));
        // Before it has a task of its own: a shutdown must not overlook it.
        let registered = connections.as_ref().map(|connections| connections.enter(id, &shared, facts, admitted));
        let opening = Opening { shared, gate, upgrade, settings, at_once, expires, stalled, observed, unopened };
        let task = tokio::spawn(Task {
            stage: Stage::Opening(Box::pin(opening.run(answer, handler))),
            _registered: registered,
        });
        if let Some(connections) = &connections {
            connections.manager().name_task(id, task.abort_handle());
        }
        // A client that leaves before its answer takes its call along.
        let mut guard = AbortOnDrop(Some(task));
        let answered = answered.await;
        guard.0 = None;
        // Without an answer its task was cut.
        let drains = || connections.is_some_and(|connections| connections.manager().is_draining());
        answered.map_err(|_| if drains() { Refusal::draining() } else { Refusal::internal() })??;
        Ok(response)
    }
}

/// A method at work, in the span of its call.
type Observing = Handled<Handler>;

/// The task of a call. Written by hand: what an async block takes out of a future it stores twice.
struct Task {
    stage: Stage,
    /// Dropped last.
    _registered: Option<Registered>,
}

#[expect(clippy::large_enum_variant, reason = "the large one is what it is for")]
enum Stage {
    /// In a box, which is gone when it is done: a connection lives longer than its handshake.
    Opening(Pin<Box<dyn Future<Output = Option<Stage>> + Send>>),
    /// A WebSocket, and what runs it. The fields are dropped in this order.
    Socket { handler: Option<Observing>, pump: Pump, waker: Waker, _connected: Option<Connection> },
    /// A stream of events: all of it. In a box: it is small, and the others should not have to be larger for it.
    Events(Pin<Box<dyn Future<Output = ()> + Send>>),
}

impl Future for Task {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut std::task::Context<'_>) -> Poll<()> {
        loop {
            match &mut self.stage {
                Stage::Opening(opening) => match ready!(opening.as_mut().poll(cx)) {
                    Some(stage) => self.stage = stage,
                    None => return Poll::Ready(()),
                },
                Stage::Socket { handler, pump, waker, .. } => return poll_run(pump, Pin::new(handler), waker, cx),
                Stage::Events(events) => return events.as_mut().poll(cx),
            }
        }
    }
}

/// A call until its stream is open.
struct Opening {
    shared: Arc<Shared>,
    gate: Option<Arc<Gate>>,
    upgrade: Option<Upgrade>,
    settings: Arc<Settings>,
    at_once: bool,
    expires: Option<Instant>,
    stalled: Option<Arc<Notify>>,
    observed: Observed,
    unopened: Unopened,
}

impl Opening {
    /// `None`: there is no stream. `answer` has the method's refusal then, if it is that.
    async fn run(self, answer: oneshot::Sender<Result<(), Refusal>>, handler: Handler) -> Option<Stage> {
        let Self { shared, gate, upgrade, settings, at_once, expires, stalled, observed, unopened } = self;
        let waker = Waker::from(Arc::clone(&shared));
        let mut handler = Some(observed.handler(handler));
        let mut ended = None;
        // With bare halves the handler takes its first step before the client hears of the stream: what it registers
        // there, no later event of this client can miss.
        let asked = || gate.as_deref().is_none_or(Gate::is_asked);
        let decided = run_opening(&shared, Pin::new(&mut handler), &waker, asked);
        match (timeout(settings.handshake_timeout, decided).await, &gate) {
            (Ok(Opened::Accepted), _) => {}
            (Ok(Opened::Concluded(conclusion)), _) => ended = Some(conclusion),
            (Ok(Opened::Panicked), Some(gate)) if at_once && gate.is_asked() => ended = Some(internal()),
            (Ok(Opened::Panicked), Some(gate)) => gate.refuse(Refusal::internal()),
            (Err(_), Some(gate)) => gate.refuse(Refusal::opening_timeout()),
            (Ok(Opened::Panicked), None) => ended = Some(internal()),
            // Its first step is all that was waited for.
            (Err(_), None) => {}
        }
        if let Some(refusal) = gate.as_deref().and_then(Gate::take_refusal) {
            let _ = answer.send(Err(*refusal));
            return None;
        }
        // A stream that was over before it began: 101 and the close frame.
        let over = |conclusion| -> Handler { Box::pin(std::future::ready(conclusion)) };
        let handler = match (ended, handler) {
            (None, Some(handler)) => handler,
            (ended, _) => Observed::default().handler(over(ended.unwrap_or_else(internal))),
        };
        // Whoever waits for it is gone only if the client is, and then the upgrade fails.
        let _ = answer.send(Ok(()));
        let Some(upgrade) = upgrade else {
            if gate.is_some_and(|gate| gate.settle(true)) {
                shared.wake_handler();
            }
            unopened.opened();
            shared.vitals.opened();
            let connected = observed.opened(&shared);
            let pump = EventsPump::new(shared, settings, expires, stalled);
            return Some(Stage::Events(Box::pin(async move {
                // Dropped behind the handler and the pump.
                let _connected = connected;
                pump.run(pin!(Some(handler)), &waker).await;
            })));
        };
        let upgraded = upgrade.within(settings.handshake_timeout).await;
        if gate.is_some_and(|gate| gate.settle(upgraded.is_some())) {
            shared.wake_handler();
        }
        let (io, prefix) = upgraded?;
        shared.vitals.opened();
        let connected = observed.opened(&shared);
        let pump = Pump::new(io, &prefix, shared, settings, expires);
        // From here on the pump tells everyone of the end.
        unopened.opened();
        Some(Stage::Socket { handler: Some(handler), pump, waker, _connected: connected })
    }
}

/// A call whose connection has not come about. What its method gave to other tasks (halves, an `Opening`, a `Context`) learns
/// that it never will, however the call's own task ends.
struct Unopened(Option<(Arc<Shared>, Option<Arc<Gate>>)>);

impl Unopened {
    fn opened(mut self) {
        self.0 = None;
    }
}

impl Drop for Unopened {
    fn drop(&mut self) {
        let Some((shared, gate)) = self.0.take() else { return };
        if let Some(gate) = gate {
            // The method itself is gone.
            let _ = gate.settle(false);
        }
        shared.end_empty(Closed::abnormal("the opening handshake was not completed"));
    }
}

/// How a method tells its peer of its end.
#[derive(Clone)]
struct Told {
    shared: Arc<Shared>,
    gate: Option<Arc<Gate>>,
    view: ViewId,
    path: &'static str,
}

impl Told {
    fn conclude<R: Answer, E: DeclaredError>(&self, outcome: Outcome<R, E>) -> Conclusion {
        conclude(outcome, &self.shared, self.gate.as_deref(), self.view, self.path)
    }
}

pin_project! {
    /// A method at work, which ends as what its peer is told.
    struct Method<Fut> {
        #[pin]
        work: Work<Fut>,
        told: Told,
    }
}

pin_project! {
    #[project = WorkNow]
    enum Work<Fut> {
        Plain {
            #[pin]
            outcome: Fut,
        },
        // Its interceptors are around it, and it tells its end itself.
        Intercepted {
            concluded: Boxed<'static, Conclusion>,
        },
    }
}

impl<R: Answer, E: DeclaredError, Fut: Future<Output = Outcome<R, E>>> Future for Method<Fut> {
    type Output = Conclusion;

    fn poll(self: Pin<&mut Self>, cx: &mut std::task::Context<'_>) -> Poll<Conclusion> {
        let this = self.project();
        match this.work.project() {
            WorkNow::Plain { outcome } => {
                let outcome = ready!(outcome.poll(cx));
                Poll::Ready(this.told.conclude(outcome))
            }
            WorkNow::Intercepted { concluded } => concluded.as_mut().poll(cx),
        }
    }
}

/// A method with its interceptors around it. `at_once`: the stream is accepted when they run it.
fn intercepted<R: Answer, E: DeclaredError>(
    live: Arc<Live>,
    told: Told,
    at_once: bool,
    outcome: impl Future<Output = Outcome<R, E>> + Send + 'static,
) -> Boxed<'static, Conclusion> {
    Box::pin(async move {
        let Told { shared, gate, view, .. } = &told;
        let ran = &live;
        let last: Innermost<'_> = Box::new(move |_| {
            Box::pin(async move {
                if let Some(gate) = gate.as_deref().filter(|_| at_once) {
                    gate.ask();
                }
                let value = outcome.await.map_err(fault_of)?;
                // The answer of a client stream goes the way of a message.
                if R::empty().is_none() {
                    let compress = shared.compression.is_some() && !R::has_secret();
                    let last = Last { shared, terms: Terms::waiting(compress), now: true };
                    ran.send(&mut Whole::new(value, *view), true, last).await?;
                }
                Ok(None)
            })
        });
        let outcome = intercept::around::<(), E>(&live, None, None, last).await;
        let end = End::of(&outcome);
        let conclusion = told.conclude(outcome);
        live.end(&end);
        conclusion
    })
}

struct AbortOnDrop(Option<tokio::task::JoinHandle<()>>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        if let Some(task) = &self.0 {
            task.abort();
        }
    }
}

/// What the peer is told when a method is done: the one place where an outcome becomes a close code.
fn conclude<R: Answer, E: DeclaredError>(
    outcome: Outcome<R, E>,
    shared: &Shared,
    gate: Option<&Gate>,
    view: ViewId,
    path: &'static str,
) -> Conclusion {
    if let Some(gate) = gate.filter(|gate| gate.is_undecided())
        && let Err(failure) = outcome
    {
        gate.refuse(refusal_of(failure, path));
        return Conclusion::Silent;
    }
    let failure = match outcome {
        Ok(value) => match answer(&value, shared, view) {
            Ok(()) => return Conclusion::done(),
            Err(StreamError::Closed(_)) => return Conclusion::Silent,
            // The answer is ours: the peer did nothing wrong.
            Err(StreamError::Invalid(invalid) | StreamError::Unsendable(invalid)) => Failure::internal(invalid),
            Err(refused @ StreamError::Refused(_)) => refused.into(),
        },
        Err(failure) => failure,
    };
    let failure = match failure {
        Failure::Stream(StreamError::Refused(refused)) => refused.into_failure(),
        failure => failure,
    };
    match failure {
        Failure::Declared(error) if shared.events.is_some() => {
            Conclusion::Event(Box::new(super::events::end_of_declared(&error)))
        }
        Failure::Declared(error) => {
            let (code, reason) = super::close_of_declared(&error);
            Conclusion::Close(code, reason)
        }
        Failure::Stream(StreamError::Refused(refused)) => {
            let (code, reason) = refused.into_refusal(path).close_frame();
            Conclusion::Close(code, reason)
        }
        Failure::Stream(StreamError::Invalid(invalid)) => {
            Conclusion::Close(CloseCode::INVALID_PAYLOAD, invalid.to_string())
        }
        // Of one that is closed already nobody learns anything by that.
        Failure::Stream(StreamError::Closed(closed)) if closed.comes_back() => {
            Conclusion::Close(CloseCode::SERVICE_RESTART, shared.drain_reason())
        }
        Failure::Stream(StreamError::Closed(_)) => Conclusion::Silent,
        Failure::Internal(error) => {
            tracing::error!(%error, path, "a method failed");
            internal()
        }
        other => {
            tracing::error!(error = %other, path, "a method failed");
            internal()
        }
    }
}

fn internal() -> Conclusion {
    Conclusion::Close(CloseCode::INTERNAL_ERROR, String::new())
}

/// Queues the one answer of a client-streaming method. It is sent whatever the bound says: nothing follows it.
fn answer<R: Answer>(value: &R, shared: &Shared, view: ViewId) -> Result<(), StreamError> {
    let mut out = Vec::new();
    let kind = value.encode_answer(view, &mut out)?;
    if let Some(kind) = kind {
        let compress = shared.compression.is_some() && !R::has_secret();
        shared.send_now(kind, &Payload::Slice(&out), compress)?;
    }
    Ok(())
}

/// A connection that is only told why it is refused.
pub(super) fn spawn_refused(
    upgrade: Upgrade,
    settings: Arc<Settings>,
    connections: Option<Connections>,
    code: CloseCode,
    reason: String,
) {
    tokio::spawn(async move {
        let _socket = connections;
        let Some((io, prefix)) = upgrade.within(settings.handshake_timeout).await else { return };
        let shared = Shared::new(Role::Server, settings.outbox_size);
        let pump = Pump::new(io, &prefix, Arc::clone(&shared), settings, None);
        run_with(pump, shared, std::future::ready(Conclusion::Close(code, reason))).await;
    });
}

/// A point in time as the runtime's clock has it; what has passed is now.
fn instant_of(time: SystemTime) -> Instant {
    /// Far enough for any credential, and no overflow.
    const MAX: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);
    Instant::now() + time.duration_since(SystemTime::now()).unwrap_or_default().min(MAX)
}

#[cfg(all(test, not(mandovi_loom), target_pointer_width = "64"))]
mod tests {
    /// What every open stream costs, beside what its method holds: to be raised only on purpose.
    #[test]
    fn the_task_of_a_stream_is_small() {
        assert!(size_of::<super::Task>() <= 720, "{}", size_of::<super::Task>());
    }
}
