//! One message on its way through the interceptors.

use std::any::Any;
use std::fmt;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use mandovi_websocket::{MessageKind, MessageRef, Role};

use super::{Boxed, CallInfo, Erased, Live, Refused};
use crate::connection::{self, Shared};
use crate::error::StreamError;
use crate::stream::{Answer, Encoded, OutboxKey, Outgoing};
use crate::value::{Invalid, Item, ViewId};

/// A message that is sent or was received: a value of the stream, a raw [`Message`](crate::Message), or the answer of a client
/// stream.
pub struct InFlight<'a> {
    carried: &'a mut (dyn Carried + 'a),
    answer: bool,
    passed: bool,
}

impl InFlight<'_> {
    /// The message, if it is a `T`: what the half says that it carries.
    pub fn get<T: 'static>(&self) -> Option<&T> {
        self.carried.as_any().downcast_ref()
    }

    /// The same to change. A value that is sent by reference is copied for it, through its JSON.
    pub fn get_mut<T: 'static>(&mut self) -> Option<&mut T> {
        if !self.carried.as_any().is::<T>() {
            return None;
        }
        self.carried.as_any_mut()?.downcast_mut()
    }

    /// The message as JSON, whatever its type, and in the default view, which shows all. `None` for a raw message, and for a
    /// value that breaks its contract.
    pub fn json(&self) -> Option<serde_json::Value> {
        self.carried.json()
    }

    /// Replaces the message by what this JSON means for its type.
    ///
    /// # Errors
    /// It is not what the design says, or the message is a raw one.
    pub fn set_json(&mut self, json: &serde_json::Value) -> Result<(), Invalid> {
        self.carried.set_json(json.to_string().as_bytes())
    }

    /// Whether this is the one answer of a client stream.
    pub fn is_answer(&self) -> bool {
        self.answer
    }
}

impl fmt::Debug for InFlight<'_> {
    /// Without the message, which may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InFlight").field("answer", &self.answer).finish_non_exhaustive()
    }
}

/// A value whose type is forgotten, which can be encoded.
pub(crate) trait Carried: Send + Sync {
    fn as_any(&self) -> &dyn Any;
    /// `None` where it cannot be copied; encoding it then fails.
    fn as_any_mut(&mut self) -> Option<&mut dyn Any>;
    fn json(&self) -> Option<serde_json::Value>;
    fn set_json(&mut self, json: &[u8]) -> Result<(), Invalid>;
    /// As it travels; `None`: there is nothing to send.
    fn encode(&mut self) -> Result<Option<(MessageKind, Encoded)>, Invalid>;
}

/// The body or the result of a plain method whose type is forgotten.
pub(crate) trait Typed: Send + Sync {
    fn as_any(&self) -> &dyn Any;
    fn as_any_mut(&mut self) -> Option<&mut dyn Any>;
    fn into_any(self: Box<Self>) -> Box<dyn Any>;
    fn json(&self) -> Option<serde_json::Value>;
    /// Its JSON where it may have been changed.
    fn changed_json(&self) -> Option<Result<Vec<u8>, Invalid>>;
}

/// A value that an interceptor holds as it is: a body, a result, an answer.
pub(crate) struct Whole<T> {
    pub(super) value: T,
    view: ViewId,
    changed: bool,
}

impl<T: Answer> Whole<T> {
    pub(crate) fn new(value: T, view: ViewId) -> Self {
        Self { value, view, changed: false }
    }

    pub(crate) fn boxed(value: T, view: ViewId) -> Box<dyn Typed> {
        Box::new(Self::new(value, view))
    }

    fn bytes(&self) -> Result<Vec<u8>, Invalid> {
        let mut out = Vec::new();
        self.value.encode_answer(ViewId::DEFAULT, &mut out)?;
        Ok(out)
    }
}

impl<T: Answer> Typed for Whole<T> {
    fn as_any(&self) -> &dyn Any {
        &self.value
    }

    fn as_any_mut(&mut self) -> Option<&mut dyn Any> {
        self.changed = true;
        Some(&mut self.value)
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }

    fn json(&self) -> Option<serde_json::Value> {
        tree(&self.bytes().ok()?)
    }

    fn changed_json(&self) -> Option<Result<Vec<u8>, Invalid>> {
        self.changed.then(|| self.bytes())
    }
}

impl<T: Answer> Carried for Whole<T> {
    fn as_any(&self) -> &dyn Any {
        &self.value
    }

    fn as_any_mut(&mut self) -> Option<&mut dyn Any> {
        Typed::as_any_mut(self)
    }

    fn json(&self) -> Option<serde_json::Value> {
        Typed::json(self)
    }

    fn set_json(&mut self, json: &[u8]) -> Result<(), Invalid> {
        self.value = T::decode_answer(self.view, MessageRef::Binary(json))?;
        Ok(())
    }

    fn encode(&mut self) -> Result<Option<(MessageKind, Encoded)>, Invalid> {
        let mut out = Vec::new();
        let kind = self.value.encode_answer(self.view, &mut out)?;
        Ok(kind.map(|kind| (kind, Encoded::Copied(out))))
    }
}

/// What `send` was given: a value or what stands for one, and the copy that is changed in its place.
struct Held<T, V> {
    value: V,
    copy: Option<T>,
    broken: Option<Invalid>,
    view: ViewId,
    shared: Arc<Shared>,
}

impl<T: Item, V: Outgoing<T>> Held<T, V> {
    fn new(value: V, view: ViewId, shared: Arc<Shared>) -> Self {
        // A `&str` is no `String` to look at.
        let copy = if value.value().is_none() { value.to_value().ok() } else { None };
        Self { value, copy, broken: None, view, shared }
    }

    fn encode_in(&self, view: ViewId, out: &mut Vec<u8>) -> Result<MessageKind, Invalid> {
        match &self.copy {
            Some(copy) => copy.encode(view, out),
            None => self.value.encode(view, out),
        }
    }
}

impl<T: Item, V: Outgoing<T>> Carried for Held<T, V> {
    fn as_any(&self) -> &dyn Any {
        match self.copy.as_ref().or_else(|| self.value.value()) {
            Some(value) => value,
            None => &(),
        }
    }

    fn as_any_mut(&mut self) -> Option<&mut dyn Any> {
        if self.copy.is_none() && self.value.value_mut().is_none() {
            match self.value.to_value() {
                Ok(copy) => self.copy = Some(copy),
                Err(invalid) => self.broken = Some(invalid),
            }
        }
        match &mut self.copy {
            Some(copy) => Some(copy),
            None => self.value.value_mut().map(|value| value as &mut dyn Any),
        }
    }

    fn json(&self) -> Option<serde_json::Value> {
        let mut out = Vec::new();
        self.encode_in(ViewId::DEFAULT, &mut out).ok()?;
        if T::RAW { None } else { tree(&out) }
    }

    fn set_json(&mut self, json: &[u8]) -> Result<(), Invalid> {
        self.copy = Some(of_json(ViewId::DEFAULT, json)?);
        self.broken = None;
        Ok(())
    }

    fn encode(&mut self) -> Result<Option<(MessageKind, Encoded)>, Invalid> {
        if let Some(invalid) = self.broken.take() {
            return Err(invalid);
        }
        let raw = match &self.copy {
            Some(copy) => copy.shared(),
            None => self.value.value().and_then(Item::shared),
        };
        if let Some(bytes) = raw {
            return Ok(Some((MessageKind::Binary, Encoded::Shared(bytes))));
        }
        let mut out = Vec::new();
        let kind = self.encode_in(self.view, &mut out)?;
        self.shared.frame_event(&mut out, |whole| self.encode_in(ViewId::DEFAULT, whole).map(drop))?;
        crate::stream::refuse_null::<T>(self.shared.role == Role::Client, &out)?;
        Ok(Some((kind, Encoded::Copied(out))))
    }
}

/// A received value of a stream.
pub(crate) struct Arrived<T> {
    value: T,
    view: ViewId,
    changed: bool,
}

impl<T: Item> Arrived<T> {
    pub(crate) fn new(value: T, view: ViewId) -> Self {
        Self { value, view, changed: false }
    }
}

impl<T: Item> Carried for Arrived<T> {
    fn as_any(&self) -> &dyn Any {
        &self.value
    }

    fn as_any_mut(&mut self) -> Option<&mut dyn Any> {
        self.changed = true;
        Some(&mut self.value)
    }

    fn json(&self) -> Option<serde_json::Value> {
        let mut out = Vec::new();
        self.value.encode(self.view, &mut out).ok()?;
        if T::RAW { None } else { tree(&out) }
    }

    fn set_json(&mut self, json: &[u8]) -> Result<(), Invalid> {
        self.value = of_json(self.view, json)?;
        Ok(())
    }

    fn encode(&mut self) -> Result<Option<(MessageKind, Encoded)>, Invalid> {
        let mut out = Vec::new();
        let kind = self.value.encode(self.view, &mut out)?;
        Ok(Some((kind, Encoded::Copied(out))))
    }
}

/// What was received, and is handed out as a `T` in the end.
pub(crate) trait Arrival<T>: Carried + 'static {
    /// Held against the design again, if it was changed.
    fn finish(self) -> Result<T, StreamError>;
}

impl<T: Item> Arrival<T> for Arrived<T> {
    fn finish(mut self) -> Result<T, StreamError> {
        if self.changed && !T::RAW {
            // The peer did nothing wrong.
            self.encode().map_err(Refused::internal)?;
        }
        Ok(self.value)
    }
}

impl<T: Answer> Arrival<T> for Whole<T> {
    fn finish(mut self) -> Result<T, StreamError> {
        if self.changed {
            self.encode().map_err(Refused::internal)?;
        }
        Ok(self.value)
    }
}

fn tree(json: &[u8]) -> Option<serde_json::Value> {
    serde_json::from_slice(json).ok()
}

fn of_json<T: Item>(view: ViewId, json: &[u8]) -> Result<T, Invalid> {
    if T::RAW {
        return Err(Invalid::new("", "invalid_field_type", "a raw message is no JSON"));
    }
    T::decode(view, MessageRef::Binary(json))
}

/// Where a message goes after the last interceptor.
#[derive(Clone, Copy)]
pub(crate) struct Last<'a> {
    pub(crate) shared: &'a Arc<connection::Shared>,
    pub(crate) terms: connection::Terms,
    /// There is room, or none is needed: for permits, and for a method's one answer.
    pub(crate) now: bool,
}

/// The rest of the way of a message to its stream.
#[must_use = "a message that is not sent fails its `send`"]
pub struct NextSend<'a> {
    rest: &'a [Arc<dyn Erased>],
    info: &'a CallInfo,
    last: Last<'a>,
}

impl NextSend<'_> {
    /// Runs the other interceptors, then waits for room and queues the message.
    ///
    /// # Errors
    /// As [`Sender::send`](crate::Sender::send), and what the other interceptors refuse with.
    ///
    /// # Cancel safety
    /// Dropping the future has queued the whole message or none of it.
    pub async fn send(self, message: &mut InFlight<'_>) -> Result<(), StreamError> {
        if let Some((first, rest)) = self.rest.split_first() {
            return first.sending(self.info, message, NextSend { rest, ..self }).await;
        }
        let encoded = message.carried.encode().map_err(StreamError::Unsendable)?;
        if let Some((kind, encoded)) = encoded {
            let Last { shared, terms, now } = self.last;
            let payload = encoded.payload();
            if now {
                shared.send_now(kind, &payload, terms.compress)?;
            } else {
                let mut place = OutboxKey::new(shared);
                poll_fn(|cx| shared.poll_send(cx, &mut place.key, kind, &payload, terms)).await?;
            }
            self.info.count_sent(encoded.len());
        }
        message.passed = true;
        Ok(())
    }
}

impl fmt::Debug for NextSend<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NextSend").field("interceptors", &self.rest.len()).finish_non_exhaustive()
    }
}

impl Live {
    /// Sends a message through the interceptors.
    pub(crate) async fn send(
        &self,
        carried: &mut (dyn Carried + '_),
        answer: bool,
        last: Last<'_>,
    ) -> Result<(), StreamError> {
        let mut message = InFlight { carried, answer, passed: false };
        NextSend { rest: &self.stack.0, info: &self.info, last }.send(&mut message).await?;
        if !message.passed {
            let error = "an interceptor neither sent a message on nor refused it";
            tracing::error!(method = self.info.method(), error);
            return Err(Refused::internal(error).into());
        }
        Ok(())
    }

    /// Shows a received message to the interceptors, the innermost first.
    async fn receive(&self, carried: &mut (dyn Carried + '_), answer: bool) -> Result<(), StreamError> {
        let mut message = InFlight { carried, answer, passed: false };
        for interceptor in self.stack.0.iter().rev() {
            interceptor.received(&self.info, &mut message).await?;
        }
        Ok(())
    }
}

/// Sends what a `send` was given through the interceptors of its call.
pub(crate) fn send<'a, T: Item, V: Outgoing<T> + 'a>(
    live: &'a Live,
    value: V,
    view: ViewId,
    last: Last<'a>,
) -> Boxed<'a, Result<(), StreamError>> {
    let mut held = Held::<T, V>::new(value, view, Arc::clone(last.shared));
    Box::pin(async move { live.send(&mut held, false, last).await })
}

/// The interceptors of a receiving half, and the message that they are at.
///
/// What they do with a message goes on in the half, not in the future of a `recv`: dropping that loses nothing.
pub(crate) struct Interception<T> {
    pub(crate) live: Arc<Live>,
    /// In a lock that is never taken, so that a half is as shareable as without.
    waiting: Mutex<Option<Boxed<'static, Result<T, StreamError>>>>,
}

impl<T: Send + 'static> Interception<T> {
    pub(crate) fn new(live: Arc<Live>) -> Self {
        Self { live, waiting: Mutex::new(None) }
    }

    fn waiting(&mut self) -> &mut Option<Boxed<'static, Result<T, StreamError>>> {
        self.waiting.get_mut().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn is_waiting(&mut self) -> bool {
        self.waiting().is_some()
    }

    /// Starts with a message.
    pub(crate) fn begin(&mut self, mut arrived: impl Arrival<T>, answer: bool) {
        let live = Arc::clone(&self.live);
        *self.waiting() = Some(Box::pin(async move {
            live.receive(&mut arrived, answer).await?;
            arrived.finish()
        }));
    }

    /// Polls for the message that was begun.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<T, StreamError>> {
        // Taken out: one that panics is not polled again.
        let Some(mut future) = self.waiting().take() else { return Poll::Pending };
        let polled = future.as_mut().poll(cx);
        if polled.is_pending() {
            *self.waiting() = Some(future);
        }
        Poll::Ready(ready!(polled))
    }
}
