//! A call from its first attempt to its end: dials, waits, dials again, and takes a broken stream up again under the same halves.
//!
//! ```text
//!  attempt ──> connection ──> end, for good
//!    ▲  │          │
//!    │  └─> wait   │ broke, and the call survives that
//!    └───────┴─────┘
//! ```
//!
//! Everything here is compiled once: what the method declares is known to whoever holds the halves. Until a stream is open all of
//! this runs in the future of the call, and is dropped with it; from then on in the connection's task, which looks at the halves
//! whenever it is woken, and ends with them whatever it waits for.

use std::fmt;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use http::{StatusCode, response};
use mandovi_websocket::deflate::Agreement;
use mandovi_websocket::{CloseCode, handshake};
use tokio::time::{Instant, sleep};

use super::builder::Inner;
use super::dial::{answer, exchange, read};
use super::handler::conclusion;
use super::recipe::{Recipe, Upgrade};
use super::retry::{Attempts, Judged};
use super::state::{self, CallState, OfCall};
use super::trouble::{self, Trouble};
use crate::class::ErrorClass;
use crate::connection::{Heals, Io, Pump, ReceiverLife, Settings, Shared, run};
use crate::error::{Closed, ConnectError, Initiator};
use crate::observe::Outcome;
use crate::server::Tune;
use crate::sync::{Ordering, lock};

/// The longest answer that is read when it is not a stream, in bytes.
const REFUSAL_MAX: usize = 64 * 1024;

/// A call on its way through its attempts.
#[derive(Debug)]
pub(super) struct Calling {
    pub(super) client: Arc<Inner>,
    pub(super) recipe: Recipe,
    /// What the design says of the settings of its connections.
    pub(super) tune: Option<Tune>,
    /// How long the opening handshake may take; `None`: for ever.
    pub(super) limit: Option<Duration>,
    /// It has a sending half.
    pub(super) sends: bool,
    /// What it receives is one answer.
    pub(super) one_answer: bool,
    /// Which ends it survives, once it is open.
    pub(super) survives: Option<fn(&Closed) -> bool>,
    /// Where the halves look, if the client tries again or is watched.
    pub(super) of_call: Option<Arc<OfCall>>,
}

/// A stream whose handshake is done.
pub(super) struct Opened {
    /// `None`: the server answered with an empty stream.
    pub(super) transport: Option<(Io, Bytes)>,
    pub(super) agreement: Option<Agreement>,
    pub(super) view_name: Option<String>,
}

/// Typed streams end with 1000.
pub(super) fn survives(closed: &Closed) -> bool {
    let judged = trouble::judged(closed);
    closed.initiator() == Initiator::Peer && closed.code() != CloseCode::NORMAL && judged.class != ErrorClass::Fatal
}

/// A raw stream also ends with a close frame that says nothing.
pub(super) fn survives_raw(closed: &Closed) -> bool {
    closed.code() != CloseCode::NO_STATUS && survives(closed)
}

impl Calling {
    pub(super) fn attempts(&self) -> Attempts {
        Attempts::new(self.client.retry, self.recipe.renews(&self.client))
    }

    fn settings(&self) -> Settings {
        let settings = self.client.settings;
        self.tune.map_or(settings, |tune| tune(settings))
    }

    fn tell(&self, state: impl FnOnce() -> CallState) {
        if self.of_call.is_none() && self.client.on_event.is_none() {
            return;
        }
        let state = state();
        state::tell(self.client.on_event.as_ref(), self.recipe.service, self.recipe.method, &state);
        if let Some(of_call) = &self.of_call {
            of_call.tell(state);
        }
    }

    /// Waits as long as it should after a failure. `false`: there is no further attempt.
    async fn wait(&self, attempts: &mut Attempts, judged: Judged, because: &(dyn fmt::Display + Sync)) -> bool {
        let Some(delay) = attempts.after(judged) else { return false };
        let (attempt, class) = (attempts.number(), judged.class);
        let Recipe { service, method, .. } = self.recipe;
        tracing::debug!(service, method, attempt, ?delay, ?class, "a call waits for its next attempt");
        self.tell(|| CallState::Waiting { attempt, delay, class, because: because.to_string().into() });
        sleep(delay).await;
        true
    }

    /// A plain call.
    pub(super) async fn answered(&self) -> Result<(response::Parts, Bytes), Trouble> {
        let observed = &self.recipe.observed;
        let answered = observed.within(self.answered_at_last()).await;
        match &answered {
            Ok((parts, _)) => observed.answered(parts.status),
            Err(Trouble::Refused { status, .. }) => observed.answered(*status),
            Err(_) => {}
        }
        observed.called(outcome_of(&answered));
        answered
    }

    async fn answered_at_last(&self) -> Result<(response::Parts, Bytes), Trouble> {
        let mut attempts = self.attempts();
        loop {
            let trouble = match self.answered_once().await {
                Ok(answered) => return Ok(answered),
                Err(trouble) => trouble,
            };
            let may = self.recipe.is_idempotent() || trouble.is_harmless();
            if !may || !self.wait(&mut attempts, trouble.judged(), &trouble).await {
                return Err(trouble);
            }
            let attempt = attempts.number();
            self.tell(|| CallState::Connecting { attempt });
        }
    }

    async fn answered_once(&self) -> Result<(response::Parts, Bytes), Trouble> {
        let (parts, body) = within(self.limit, async {
            let request = self.recipe.request(&self.client, None).await?;
            let limit = self.client.settings.max_message_size;
            let max = |status: StatusCode| if status.is_success() { limit } else { REFUSAL_MAX };
            answer(&self.client, request, self.recipe.is_idempotent(), max).await
        })
        .await?;
        if parts.status.is_success() {
            return Ok((parts, body));
        }
        Err(Trouble::Refused { status: parts.status, headers: parts.headers, body })
    }

    /// A stream, from its first attempt on.
    pub(super) async fn open(&self, attempts: &mut Attempts) -> Result<Opened, Trouble> {
        let observed = &self.recipe.observed;
        let opened = observed.within(self.dial(attempts)).await;
        observed.called(outcome_of(&opened));
        match &opened {
            Ok(_) => self.tell(|| CallState::Open { reconnects: 0 }),
            Err(trouble) => self.tell(|| CallState::Closed { because: trouble.to_string().into() }),
        }
        opened
    }

    async fn dial(&self, attempts: &mut Attempts) -> Result<Opened, Trouble> {
        loop {
            let attempt = attempts.number();
            self.tell(|| CallState::Connecting { attempt });
            let trouble = match within(self.limit, self.dial_once()).await {
                Ok(opened) => return Ok(opened),
                Err(trouble) => trouble,
            };
            if !self.wait(attempts, trouble.judged(), &trouble).await {
                return Err(trouble);
            }
        }
    }

    async fn dial_once(&self) -> Result<Opened, Trouble> {
        let nonce: [u8; 16] = rand::random();
        let key = handshake::key(nonce);
        // What is compressed for one connection cannot be sent on another.
        let keeps = self.sends && self.survives.is_some();
        let compression = self.client.settings.compression.as_ref().filter(|_| !keeps);
        let last_id = self.of_call.as_ref().and_then(|of_call| of_call.last_id());
        let upgrade = Upgrade { key: &key, compression, last_id };
        let request = self.recipe.request(&self.client, Some(upgrade)).await?;
        let mut response = exchange(&self.client, request).await?;
        if response.status() != StatusCode::SWITCHING_PROTOCOLS {
            let (parts, body) = response.into_parts();
            let body = read(body, REFUSAL_MAX).await?;
            if parts.status == StatusCode::OK && body.is_empty() {
                // What Goa up to v3.30 answers for a stream without a single message.
                return Ok(Opened { transport: None, agreement: None, view_name: None });
            }
            return Err(Trouble::Refused { status: parts.status, headers: parts.headers, body });
        }
        let offered: [&str; 0] = [];
        let (status, headers) = (response.status(), response.headers());
        let agreement = match compression {
            None => handshake::verify_response(status, headers, &key, &offered).map(|_| None),
            Some(compression) => handshake::verify_response_with(status, headers, &key, &offered, compression)
                .map(|verified| verified.deflate),
        }
        .map_err(|error| ConnectError::fatal("the server's handshake is not one", error))?;
        let view_name = response.headers().get("goa-view").and_then(|view| view.to_str().ok()).map(str::to_owned);
        let upgraded = hyper::upgrade::on(&mut response)
            .await
            .map_err(|error| Trouble::sent(ConnectError::new("the connection was not upgraded", error)))?;
        Ok(Opened { transport: Some(Io::from_upgraded(upgraded)), agreement, view_name })
    }

    /// Runs an open stream, whose halves exist already, to its end.
    pub(super) fn start(self, opened: Opened, attempts: Attempts, shared: Arc<Shared>) {
        let Opened { transport, agreement, view_name } = opened;
        match transport {
            None => {
                let closed = Closed::new(CloseCode::NORMAL, "an empty stream", Initiator::Peer);
                self.tell(|| CallState::Closed { because: closed.to_string().into() });
                shared.end_empty(closed);
            }
            // Nothing to come back to, and nobody to tell.
            Some((io, prefix))
                if self.survives.is_none() && self.of_call.is_none() && self.client.on_event.is_none() =>
            {
                let (settings, observed) = (self.settings(), &self.recipe.observed);
                super::handler::spawn_observed(io, &prefix, shared, settings, self.sends, observed);
            }
            Some((io, prefix)) => {
                let call = Open { calling: self, view_name, shared: EndOnDrop(shared) };
                tokio::spawn(call.run(io, prefix, agreement, attempts));
            }
        }
    }
}

/// Whoever waits at the halves learns it when the task is gone.
struct EndOnDrop(Arc<Shared>);

impl Drop for EndOnDrop {
    fn drop(&mut self) {
        self.0.end_empty(Closed::abnormal("the connection was dropped"));
    }
}

/// A stream that may be taken up again.
struct Open {
    calling: Calling,
    view_name: Option<String>,
    shared: EndOnDrop,
}

impl Open {
    async fn run(self, mut io: Io, mut prefix: Bytes, mut agreement: Option<Agreement>, mut attempts: Attempts) {
        let (calling, shared) = (&self.calling, &self.shared.0);
        let settings = Arc::new(calling.settings());
        let observed = &calling.recipe.observed;
        let _connected = observed.opened(shared);
        let mut reconnects = 0;
        loop {
            let opened = Instant::now();
            let read = std::mem::take(&mut prefix);
            let mut pump = match calling.survives {
                None => Pump::new(io, &read, Arc::clone(shared), Arc::clone(&settings), None),
                Some(survives) => {
                    let when_read = calling.of_call.as_ref().is_some_and(|of_call| of_call.resumes());
                    let heals = Heals::new(survives, when_read, calling.one_answer);
                    Pump::healing(io, &read, Arc::clone(shared), Arc::clone(&settings), agreement, heals)
                }
            };
            drop(read);
            let (watched, sends) = (Arc::clone(shared), calling.sends);
            let watch = poll_fn(move |_| conclusion(&watched, sends).map_or(Poll::Pending, Poll::Ready));
            let mut watch = pin!(Some(watch));
            run(&mut pump, watch.as_mut(), &Waker::from(Arc::clone(shared))).await;
            let broken = pump.broken_by();
            drop(pump);
            let Some((closed, message)) = broken else { break };
            attempts.lost(opened.elapsed(), message);
            // Boxed: most connections never need it.
            let again = Box::pin(self.take_up(&closed, &mut attempts));
            let transport;
            match self.while_held(again).await {
                None => {
                    // Where a sender has ended it, since what waited was too much for it, the receiver is told the same.
                    let closed = lock(&shared.outbox).closed().cloned();
                    closed.into_iter().for_each(|closed| shared.end_empty(closed));
                    break;
                }
                Some(Err(closed)) => {
                    shared.end_empty(closed);
                    break;
                }
                Some(Ok(opened)) => (transport, agreement) = (opened.transport, opened.agreement),
            }
            let Some(another) = transport else {
                shared.end_empty(Closed::new(CloseCode::NORMAL, "an empty stream", Initiator::Peer));
                break;
            };
            (io, prefix) = another;
            lock(&shared.inbox).reconnected();
            reconnects += 1;
            observed.reconnected();
            calling.tell(|| CallState::Open { reconnects });
        }
        let closed = lock(&shared.inbox).left().cloned().unwrap_or_else(Closed::finished);
        calling.tell(|| CallState::Closed { because: closed.to_string().into() });
    }

    /// Calls again, after `closed`.
    async fn take_up(&self, closed: &Closed, attempts: &mut Attempts) -> Result<Opened, Closed> {
        let calling = &self.calling;
        if !calling.wait(attempts, trouble::judged(closed), closed).await {
            return Err(closed.clone());
        }
        let opened = calling.dial(attempts).await.map_err(Trouble::into_closed)?;
        if opened.transport.is_some() && opened.view_name != self.view_name {
            return Err(Closed::abnormal("not connected again: the server answers in another view than before"));
        }
        Ok(opened)
    }

    /// Does the work unless the halves are given up meanwhile.
    async fn while_held<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let mut work = pin!(work);
        let shared = &self.shared.0;
        poll_fn(|cx| {
            // Whoever drops a half wakes the task.
            shared.register_task(cx.waker());
            if is_given_up(shared, self.calling.sends) {
                return Poll::Ready(None);
            }
            work.as_mut().poll(cx).map(Some)
        })
        .await
    }
}

/// Whether nobody waits for the stream to go on.
fn is_given_up(shared: &Shared, sends: bool) -> bool {
    let held = lock(&shared.inbox).receiver == ReceiverLife::Held;
    if !sends {
        return !held;
    }
    let outbox = lock(&shared.outbox);
    let (finished, empty, closed) = (outbox.finished, outbox.is_empty(), outbox.closed().is_some());
    drop(outbox);
    if closed {
        return true;
    }
    // An upload that is complete is still to be sent, though nobody asks for the answer.
    if finished { !held && empty } else { shared.senders.load(Ordering::Acquire) == 0 }
}

fn outcome_of<T>(result: &Result<T, Trouble>) -> Outcome {
    match result {
        Ok(_) => Outcome::Ok,
        Err(Trouble::Refused { .. }) => Outcome::Refused,
        Err(_) => Outcome::Failed,
    }
}

async fn within<T>(limit: Option<Duration>, work: impl Future<Output = Result<T, Trouble>>) -> Result<T, Trouble> {
    match limit {
        None => work.await,
        Some(limit) => match tokio::time::timeout(limit, work).await {
            Ok(done) => done,
            Err(elapsed) => {
                Err(Trouble::sent(ConnectError::new("the server did not answer within the handshake timeout", elapsed)))
            }
        },
    }
}
