//! The task of an event stream beside its handler: ends, heartbeats, deadlines.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use mandovi_websocket::CloseCode;
use tokio::sync::Notify;
use tokio::time::{Instant, Sleep};

use super::super::InPlace;
use super::super::health::{Health, Now, reason};
use super::super::lifetime::Lifetime;
use super::super::outbox::{CloseRequest, Segment};
use super::super::pump::{Conclusion, EXPIRED, Handler, after};
use super::super::settings::{HealthAction, Settings};
use super::super::shared::Shared;
use super::framing::COMMENT;
use super::{End, Events, Over, end_of};
use crate::error::{Closed, Initiator};
use crate::sync::lock;

/// How often the handler has its turn in one poll, as in the pump of a WebSocket.
const ROUNDS: usize = 4;

/// How long a client may take nothing before messages to it are dropped, where they may be: the HTTP layer does not say that
/// its socket is full, it only asks for no more.
const HURRY: Duration = Duration::from_millis(20);

/// See the module.
#[derive(Debug)]
pub(crate) struct EventsPump {
    shared: Arc<Shared>,
    settings: Arc<Settings>,
    handler_due: bool,
    /// Why the stream ends, once it does.
    left: Option<Closed>,
    /// Nothing more will be written.
    cut: bool,
    /// Nothing was written for so long: a comment.
    heartbeat: Option<Instant>,
    /// The client took nothing until then.
    write: Option<Instant>,
    /// Somebody would rather drop something than wait for a client that has taken nothing until then.
    hurry: Option<Instant>,
    /// The credential's own end.
    expiry: Option<Instant>,
    /// When to look at the next two.
    look: Option<Instant>,
    lifetime: Option<Box<Lifetime>>,
    health: Health,
    /// What drops the HTTP connection of a client that takes nothing: the HTTP layer asks for no more of the body, so that could not.
    stalled: Option<Arc<Notify>>,
    timer: Option<Pin<Box<Sleep>>>,
}

impl EventsPump {
    /// A pump of the stream behind `shared`. `expires`: when the credential ends.
    pub(crate) fn new(
        shared: Arc<Shared>,
        settings: Arc<Settings>,
        expires: Option<Instant>,
        stalled: Option<Arc<Notify>>,
    ) -> Self {
        let (lifetime, health) = (Lifetime::of(&settings, &shared), Health::new(&shared));
        let heartbeat = (!settings.event_heartbeat.is_zero()).then(|| after(settings.event_heartbeat));
        Self {
            shared,
            settings,
            handler_due: true,
            left: None,
            cut: false,
            heartbeat,
            write: None,
            hurry: None,
            expiry: expires,
            look: None,
            lifetime,
            health,
            stalled,
            timer: None,
        }
    }

    /// Runs the stream to its end. The handler may have run before, with the same waker.
    pub(crate) async fn run<F>(mut self, mut handler: Pin<&mut Option<F>>, waker: &Waker)
    where
        F: Future<Output = Conclusion>,
    {
        poll_fn(|cx| {
            let mut handler = InPlace { future: handler.as_mut(), waker };
            self.poll(cx, &mut handler)
        })
        .await;
    }

    fn poll(&mut self, cx: &mut Context<'_>, handler: &mut dyn Handler) -> Poll<()> {
        let shared = Arc::clone(&self.shared);
        let Some(events) = &shared.events else { return Poll::Ready(()) };
        shared.register_task(cx.waker());
        self.check_deadlines(cx, events, handler);
        for _ in 0..ROUNDS {
            let mut moved = self.take_back(events, handler);
            moved |= self.poll_handler(events, handler);
            moved |= self.poll_request(events, handler);
            if !moved && !self.handler_is_due() {
                break;
            }
        }
        let outbox = lock(&shared.outbox);
        let (waits, written, used) = (!outbox.is_empty(), outbox.is_flushed(), outbox.used());
        let hurried = outbox.is_hurried();
        drop(outbox);
        if self.left.is_some() && !handler.is_alive() && (self.cut || written) {
            self.timer = None;
            return Poll::Ready(());
        }
        if waits {
            events.reader.wake();
        }
        self.hurry = if hurried { self.hurry.or_else(|| Some(after(HURRY))) } else { None };
        self.write = if written { None } else { self.write.or_else(|| Some(after(self.settings.write_timeout))) };
        if self.left.is_none() {
            self.upkeep(used, events, handler);
        }
        if self.handler_is_due() {
            cx.waker().wake_by_ref();
        }
        shared.flush_meter();
        self.arm(cx);
        Poll::Pending
    }

    fn handler_is_due(&mut self) -> bool {
        self.handler_due |= self.shared.take_ready();
        self.handler_due
    }

    fn poll_handler(&mut self, events: &Events, handler: &mut dyn Handler) -> bool {
        if !self.handler_is_due() {
            return false;
        }
        self.handler_due = false;
        if !handler.is_alive() {
            return false;
        }
        if let Poll::Ready(conclusion) = handler.poll() {
            handler.cut();
            // What a sender found comes before what the handler's end says.
            self.poll_request_if(events, handler, |request| request.slow);
            let closed = match &conclusion {
                Conclusion::Close(code, reason) => Closed::new(*code, &**reason, Initiator::Local),
                Conclusion::Event(_) | Conclusion::Silent => Closed::finished(),
            };
            self.end(events, &conclusion.into_end(), closed);
            return true;
        }
        false
    }

    /// Somebody outside wants the stream to end.
    fn poll_request(&mut self, events: &Events, handler: &mut dyn Handler) -> bool {
        self.poll_request_if(events, handler, |_| true)
    }

    fn poll_request_if(
        &mut self,
        events: &Events,
        handler: &mut dyn Handler,
        is: fn(&mut CloseRequest) -> bool,
    ) -> bool {
        let request = lock(&self.shared.outbox).close_request.take_if(is);
        let Some(CloseRequest { code, reason, slow, .. }) = request else { return false };
        if slow {
            let discarded = lock(&self.shared.outbox).discard_queued();
            drop(discarded);
        }
        self.close(events, code, &reason, handler);
        true
    }

    /// Ends the stream while its handler lives.
    fn close(&mut self, events: &Events, code: CloseCode, reason: &str, handler: &mut dyn Handler) {
        self.end(events, &end_of(code, reason), Closed::new(code, reason, Initiator::Local));
        handler.cut();
    }

    /// The last event, behind everything sent, once. `closed` is what senders are told from then on: under the same lock, so
    /// that nothing gets behind the end.
    fn end(&mut self, events: &Events, end: &End, closed: Closed) {
        if self.left.is_some() {
            return;
        }
        let mut outbox = lock(&self.shared.outbox);
        // We are the task: nobody needs to be woken.
        let _ = outbox.append(|run| end.write(run));
        let room = outbox.close(closed.clone());
        drop(outbox);
        self.handler_due |= room.wake();
        self.leave(closed);
        events.end(Over::AfterTheRest);
    }

    /// The client has all that it will get.
    fn cut(&mut self, events: &Events, closed: Closed, handler: &mut dyn Handler) {
        self.cut = true;
        events.end(Over::Cut);
        let mut outbox = lock(&self.shared.outbox);
        let room = outbox.close(closed.clone());
        let (flush, discarded) = outbox.abandon();
        drop(outbox);
        drop(discarded);
        self.handler_due |= room.wake();
        self.handler_due |= flush.wake();
        self.leave(closed);
        handler.cut();
    }

    /// Tells everyone why the stream ends. The first reason stays.
    fn leave(&mut self, closed: Closed) {
        self.expiry = None;
        self.heartbeat = None;
        self.look = None;
        if self.left.is_some() {
            return;
        }
        self.left = Some(closed.clone());
        let mut inbox = lock(&self.shared.inbox);
        let (left, end) = (inbox.leave(closed), inbox.finish());
        drop(inbox);
        self.handler_due |= left.wake();
        self.handler_due |= end.wake();
    }

    /// What the HTTP layer is done with makes room. Sees also that the client has left.
    fn take_back(&mut self, events: &Events, handler: &mut dyn Handler) -> bool {
        let mut link = lock(&events.link);
        let returned = std::mem::take(&mut link.returned);
        let gone = link.gone;
        drop(link);
        let moved = !returned.is_empty();
        for segment in returned {
            self.written(segment);
        }
        if gone && !self.cut {
            self.cut(events, Closed::abnormal("the client has left"), handler);
            return true;
        }
        moved
    }

    fn written(&mut self, segment: Segment) {
        // What was abandoned is not counted any more.
        if !self.cut {
            self.shared.vitals.sent(segment.counted(), Instant::now());
            let mut outbox = lock(&self.shared.outbox);
            let (room, flushed) = outbox.written(&segment);
            let waited = outbox.waited();
            drop(outbox);
            self.shared.vitals.queued(waited);
            self.handler_due |= room.wake();
            self.handler_due |= flushed.wake();
        }
        segment.recycle();
    }

    fn check_deadlines(&mut self, cx: &mut Context<'_>, events: &Events, handler: &mut dyn Handler) {
        let Some(timer) = &mut self.timer else { return };
        if timer.as_mut().poll(cx).is_pending() {
            return;
        }
        self.timer = None;
        let now = Instant::now();
        let passed = |deadline: Option<Instant>| deadline.is_some_and(|deadline| deadline <= now);
        let moved = lock(&events.link).moved;
        if passed(self.write) {
            let deadline = moved + self.settings.write_timeout;
            if deadline > now {
                self.write = Some(deadline);
            } else {
                self.write = None;
                let reason = "the client took nothing within the write timeout";
                if let Some(connection) = &self.stalled {
                    connection.notify_one();
                }
                self.cut(events, Closed::new(CloseCode::TRY_AGAIN_LATER, reason, Initiator::Local), handler);
            }
        }
        if passed(self.hurry) {
            self.hurry = Some(moved + HURRY).filter(|deadline| *deadline > now);
            if self.hurry.is_none() {
                let hurried = lock(&self.shared.outbox).block();
                self.handler_due |= hurried.wake();
            }
        }
        if passed(self.expiry) {
            let code = crate::server::close_code(http::StatusCode::UNAUTHORIZED.as_u16());
            self.close(events, code, EXPIRED, handler);
        }
        if passed(self.look) && self.left.is_none() {
            self.look(now, events, handler);
        }
        if passed(self.heartbeat) {
            let quiet_until = moved + self.settings.event_heartbeat;
            if quiet_until > now {
                self.heartbeat = Some(quiet_until);
            } else {
                self.heartbeat = Some(after(self.settings.event_heartbeat));
                let mut outbox = lock(&self.shared.outbox);
                // Where something is on its way already, that is the sign of life.
                if outbox.is_flushed() {
                    let _ = outbox.append(|run| run.extend_from_slice(COMMENT));
                }
            }
        }
    }

    /// Idle time, lifetime and health, after each turn.
    fn upkeep(&mut self, used: usize, events: &Events, handler: &mut dyn Handler) {
        let now = Instant::now();
        let busy = self.write.is_some();
        if let Some(lifetime) = &mut self.lifetime {
            lifetime.sent(self.shared.vitals.messages_sent(), now);
        }
        let percent = usize::from(self.settings.health.max_queue_percent);
        let full = percent > 0 && busy && used.saturating_mul(100) >= self.settings.outbox_size.saturating_mul(percent);
        if self.health.is_due(&self.shared, full) {
            self.judge(now, events, handler);
        }
        if self.left.is_none() {
            let lifetime = self.lifetime.as_ref().and_then(|lifetime| lifetime.due(&self.settings, busy, now));
            let health = self.health.due(&self.settings.health, self.known(now, 0));
            self.look = [lifetime, health].into_iter().flatten().min();
        }
    }

    /// It is time to look at them.
    fn look(&mut self, now: Instant, events: &Events, handler: &mut dyn Handler) {
        let busy = self.write.is_some();
        if let Some(lifetime) = &mut self.lifetime
            && let Some((code, reason)) = lifetime.look(now, &self.settings, busy, &self.shared)
        {
            return self.close(events, code, &reason, handler);
        }
        self.judge(now, events, handler);
    }

    fn judge(&mut self, now: Instant, events: &Events, handler: &mut dyn Handler) {
        let used = lock(&self.shared.outbox).used();
        let known = self.known(now, used);
        let Some((action, finding)) = self.health.judge(&self.settings.health, &self.shared, known) else { return };
        if let HealthAction::Close(code) = action {
            self.close(events, code, &reason(code, finding), handler);
        }
    }

    /// Of a client that only listens, nothing is heard.
    fn known(&self, now: Instant, used: usize) -> Now {
        Now { now, silent: None, blocked: self.write.is_some(), queue: (used, self.settings.outbox_size) }
    }

    fn arm(&mut self, cx: &mut Context<'_>) {
        let deadlines = [self.heartbeat, self.write, self.hurry, self.expiry, self.look];
        let Some(deadline) = deadlines.into_iter().flatten().min() else {
            self.timer = None;
            return;
        };
        let timer = self.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline)));
        if timer.deadline() != deadline {
            timer.as_mut().reset(deadline);
        }
        if timer.as_mut().poll(cx).is_ready() {
            cx.waker().wake_by_ref();
        }
    }
}

impl Drop for EventsPump {
    /// The task is done or dropped: nobody may wait for it any longer, and a stream that did not come to its end looks so.
    fn drop(&mut self) {
        let ended = self.left.is_some() && !self.cut;
        let closed = self.left.take().unwrap_or_else(|| Closed::abnormal("the stream was dropped"));
        let mut inbox = lock(&self.shared.inbox);
        let (left, end) = (inbox.leave(closed.clone()), inbox.finish());
        drop(inbox);
        let mut outbox = lock(&self.shared.outbox);
        let room = outbox.close(closed);
        let whole = ended && outbox.is_flushed();
        let (flush, discarded) = outbox.abandon();
        drop(outbox);
        drop(discarded);
        // The handler is this task's own: it is gone as well.
        let _ = [left.wake(), end.wake(), room.wake(), flush.wake()];
        if let Some(events) = &self.shared.events
            && !whole
        {
            events.end(Over::Cut);
        }
    }
}
