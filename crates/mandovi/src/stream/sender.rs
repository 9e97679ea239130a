//! The sending half.

use std::cell::Cell;
use std::fmt;
use std::future::Future;
use std::hash::Hash;
use std::marker::PhantomData;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

use bytes::Bytes;
use mandovi_model::Types;
use mandovi_websocket::{MessageKind, MessageRef, Role};
use tokio::task::unconstrained;

use super::incoming::OutboxKey;
use super::message::Message;
use crate::connection::{MessageKey, Payload, Shared, SlowConsumer, Terms};
use crate::error::{Closed, StreamError};
use crate::intercept::{self, Boxed, Last, Live};
use crate::sync::{Ordering, lock};
use crate::value::{Invalid, Item, Value, ViewId};

/// The sending half of a stream of `T`. Cheap to clone, and usable from any task.
///
/// What is sent is written once the handler has nothing more to do: many messages, one system call, no added delay. When the
/// peer is slow and [`Settings::outbox_size`](crate::Settings::outbox_size) bytes wait, `send` waits, or does what the stream's
/// [policy](crate::SlowConsumer) says.
///
/// On a server the stream ends when the handler returns; a clone that outlives it gets [`StreamError::Closed`]. On a client
/// [`finish`](Self::finish) ends it for all clones; dropping the last one unfinished cancels the call, so that an upload
/// never looks complete by accident.
pub struct Sender<T> {
    shared: Arc<Shared>,
    view: ViewId,
    /// Whether messages are compressed where nothing else is said.
    compress: bool,
    /// Where the call has interceptors.
    live: Option<Arc<Live>>,
    marker: PhantomData<fn(T)>,
}

impl<T: Item> Sender<T> {
    pub(crate) fn new(shared: Arc<Shared>, view: ViewId) -> Self {
        shared.senders.fetch_add(1, Ordering::AcqRel);
        let compress = shared.compression.is_some() && !has_secret::<T>();
        if let Some(events) = &shared.events {
            events.learn::<T>();
        }
        Self { shared, view, compress, live: None, marker: PhantomData }
    }

    /// With the interceptors of its call.
    pub(crate) fn intercepted(mut self, live: Option<Arc<Live>>) -> Self {
        self.live = live;
        self
    }

    /// Sends a value: `T`, `&T`, or what stands for one (`&str` for `String`).
    ///
    /// It waits only for room. The value is encoded before any lock is taken.
    ///
    /// # Errors
    /// [`StreamError::Unsendable`] when the value is not what the design says, or could be mistaken for the end of the
    /// stream: nothing was sent. [`StreamError::Closed`] when the stream is over. [`StreamError::Refused`] when an
    /// [interceptor](crate::intercept) refuses the message.
    ///
    /// # Cancel safety
    /// A dropped `send` has queued the whole message or none of it. To keep the value, use [`reserve`](Self::reserve).
    pub fn send<'a, V: Outgoing<T> + 'a>(&'a self, value: V) -> Send<'a, T, V> {
        Send { sender: self, terms: self.terms(), state: State::Value(value), place: OutboxKey::new(&self.shared) }
    }

    /// Waits for room for one message, which the permit then sends without waiting.
    ///
    /// An unused permit counts as 512 bytes against the bound, and gives them back when it is dropped. It waits whatever the
    /// [policy](crate::SlowConsumer) of the stream is, and its message is never dropped.
    ///
    /// # Errors
    /// [`StreamError::Closed`] when the stream is over.
    ///
    /// # Cancel safety
    /// Dropping the future gives up its place and nothing else.
    pub fn reserve(&self) -> Reserve<'_, T> {
        Reserve { sender: self, place: OutboxKey::new(&self.shared) }
    }

    /// Ends this side's stream, for all clones, behind everything sent. A client can still receive.
    ///
    /// In the plain dialect a typed client's end is JSON `null`, a raw client's the close frame. On a server the end of the
    /// stream is the handler's return; `finish` only lets later sends fail.
    ///
    /// # Errors
    /// [`StreamError::Closed`] on a typed client whose stream is over already. To finish again is no error.
    pub fn finish(&self) -> Result<(), StreamError> {
        Ok(self.shared.finish(T::RAW)?)
    }

    /// How many messages of this stream were dropped, since its peer is slow: those of all clones, and of every
    /// [policy](crate::SlowConsumer).
    pub fn lagged(&self) -> u64 {
        self.shared.vitals.messages_dropped()
    }

    /// How many were dropped since the last call, on whichever clone: each is told once, so that one place can tell the peer what
    /// it missed.
    ///
    /// ```
    /// use mandovi::prelude::*;
    ///
    /// # #[message]
    /// # pub enum Event { Tick(f64), Missed(u64) }
    /// async fn tell(output: &Sender<Event>) -> Result<(), StreamError> {
    ///     match output.take_lagged() {
    ///         0 => Ok(()),
    ///         missed => output.send(Event::Missed(missed)).when_slow(mandovi::SlowConsumer::Wait).await,
    ///     }
    /// }
    /// ```
    pub fn take_lagged(&self) -> u64 {
        self.shared.vitals.take_dropped()
    }

    /// Whether the stream is over, so that a `send` would fail.
    pub fn is_closed(&self) -> bool {
        let outbox = lock(&self.shared.outbox);
        outbox.finished || outbox.closed().is_some()
    }

    fn terms(&self) -> Terms {
        Terms { compress: self.compress, slow: self.shared.slow, key: None }
    }

    fn encode(&self, value: &impl Outgoing<T>, out: &mut Vec<u8>) -> Result<MessageKind, Invalid> {
        let kind = value.encode(self.view, out)?;
        self.shared.frame_event(out, |whole| value.encode(ViewId::DEFAULT, whole).map(drop))?;
        refuse_null::<T>(self.shared.role == Role::Client, out)?;
        Ok(kind)
    }

    fn last(&self, terms: Terms, now: bool) -> Last<'_> {
        Last { shared: &self.shared, terms, now }
    }
}

/// A client's `null` would end its stream.
#[inline]
pub(crate) fn refuse_null<T: Item>(client: bool, json: &[u8]) -> Result<(), Invalid> {
    if client && !T::RAW && json == b"null" {
        let message = "the value is `null`, which ends a client's stream";
        return Err(Invalid::new("", "invalid_field_type", message));
    }
    Ok(())
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        self.shared.senders.fetch_add(1, Ordering::AcqRel);
        Self {
            shared: Arc::clone(&self.shared),
            view: self.view,
            compress: self.compress,
            live: self.live.clone(),
            marker: PhantomData,
        }
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        if self.shared.senders.fetch_sub(1, Ordering::AcqRel) == 1 {
            // The call may be over now.
            self.shared.wake_handler();
        }
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").finish_non_exhaustive()
    }
}

thread_local! {
    /// Where a value is encoded before the outbox is locked. Taken while in use: a `Serialize` that sends on the way
    /// finds none and makes its own.
    static SCRATCH: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Whether the design calls anything in a `T` secret, at whatever depth.
pub(crate) fn has_secret<T: Item>() -> bool {
    let mut types = Types::new();
    T::message_schema(&mut types);
    types.has_secret()
}

/// A scratch buffer larger than this, in bytes, is freed after use.
const SCRATCH_MAX: usize = 64 * 1024;

fn with_scratch<R>(work: impl FnOnce(&mut Vec<u8>) -> R) -> R {
    let mut scratch = SCRATCH.take();
    scratch.clear();
    let result = work(&mut scratch);
    if scratch.capacity() <= SCRATCH_MAX {
        SCRATCH.set(scratch);
    }
    result
}

/// The future of [`Sender::send`].
#[must_use = "nothing is sent until it is awaited"]
pub struct Send<'a, T, V> {
    sender: &'a Sender<T>,
    terms: Terms,
    state: State<'a, V>,
    place: OutboxKey<'a>,
}

enum State<'a, V> {
    Value(V),
    /// It is on its way through the interceptors.
    Intercepted(Boxed<'a, Result<(), StreamError>>),
    /// There was no room: the encoded message waits, so that it is encoded once.
    Encoded(MessageKind, Encoded),
    Done,
}

/// An encoded message that waits.
pub(crate) enum Encoded {
    Copied(Vec<u8>),
    Shared(Bytes),
}

impl Encoded {
    pub(crate) fn len(&self) -> usize {
        match self {
            Encoded::Copied(bytes) => bytes.len(),
            Encoded::Shared(bytes) => bytes.len(),
        }
    }

    pub(crate) fn payload(&self) -> Payload<'_> {
        match self {
            Encoded::Copied(bytes) => Payload::Slice(bytes),
            Encoded::Shared(bytes) => Payload::Shared(bytes),
        }
    }
}

impl<T, V> Unpin for Send<'_, T, V> {}

impl<T, V> Send<'_, T, V> {
    /// Whether this message is compressed, on a connection that [compresses](crate::Settings::compression) at all. Default: yes,
    /// unless its type has a `#[field(secret)]`, at whatever depth.
    ///
    /// What is below the threshold goes plain all the same.
    ///
    /// ```
    /// # async fn answer(output: mandovi::Sender<String>, token: String) -> Result<(), mandovi::StreamError> {
    /// output.send(&token).compress(false).await
    /// # }
    /// ```
    pub fn compress(mut self, yes: bool) -> Self {
        self.terms.compress = yes;
        self
    }

    /// What becomes of this message while the peer is slow. Default: what the stream's
    /// [settings](crate::Settings::slow_consumer) say.
    ///
    /// ```
    /// use mandovi::SlowConsumer;
    ///
    /// # async fn tick(output: mandovi::Sender<f64>, price: f64) -> Result<(), mandovi::StreamError> {
    /// output.send(price).when_slow(SlowConsumer::DropOldest).await?;
    /// let missed = output.take_lagged();
    /// # let _ = missed; Ok(())
    /// # }
    /// ```
    pub fn when_slow(mut self, policy: SlowConsumer) -> Self {
        self.terms.slow = policy;
        self
    }

    /// What this message is about, for [`SlowConsumer::LatestPerKey`]: a newer message of the same key makes it needless. Any other
    /// policy looks at no key of its own message.
    ///
    /// A key is hashed here and costs no memory. Two keys are taken for one with a chance of one in 2^64.
    ///
    /// ```
    /// use mandovi::SlowConsumer;
    ///
    /// # async fn tick(output: mandovi::Sender<f64>) -> Result<(), mandovi::StreamError> {
    /// output.send(227.5).when_slow(SlowConsumer::LatestPerKey).key("AAPL").await
    /// # }
    /// ```
    pub fn key(mut self, key: impl Hash) -> Self {
        self.terms.key = Some(MessageKey::of(&key));
        self
    }
}

impl<T: Item, V: Outgoing<T>> Send<'_, T, V> {
    /// The first poll: encodes, and queues if there is room.
    fn start(&mut self, cx: &mut Context<'_>, value: &V) -> Poll<Result<(), StreamError>> {
        if let Some((kind, payload)) = value.as_payload() {
            let sent = self.sender.shared.poll_send(cx, &mut self.place.key, kind, &payload, self.terms);
            if sent.is_pending() {
                let encoded = match payload {
                    Payload::Slice(bytes) => Encoded::Copied(bytes.to_vec()),
                    Payload::Shared(bytes) => Encoded::Shared(bytes.clone()),
                };
                self.state = State::Encoded(kind, encoded);
            }
            return sent.map_err(StreamError::Closed);
        }
        let sender = self.sender;
        let terms = self.terms;
        let key = &mut self.place.key;
        let state = &mut self.state;
        with_scratch(|scratch| {
            let kind = sender.encode(value, scratch)?;
            let sent = sender.shared.poll_send(cx, key, kind, &Payload::Slice(scratch), terms);
            if sent.is_pending() {
                *state = State::Encoded(kind, Encoded::Copied(scratch.to_vec()));
                return Ok(Poll::Pending);
            }
            Ok(sent.map_err(StreamError::Closed))
        })
        .unwrap_or_else(|invalid: Invalid| Poll::Ready(Err(StreamError::Unsendable(invalid))))
    }
}

impl<'a, T: Item, V: Outgoing<T> + 'a> Send<'a, T, V> {
    /// The first poll where the call has interceptors.
    #[cold]
    fn intercept(&mut self, cx: &mut Context<'_>, live: &'a Live, value: V) -> Poll<Result<(), StreamError>> {
        let last = self.sender.last(self.terms, false);
        let mut sent = intercept::send(live, value, self.sender.view, last);
        let polled = sent.as_mut().poll(cx);
        if polled.is_pending() {
            self.state = State::Intercepted(sent);
        }
        polled
    }
}

impl<'a, T: Item, V: Outgoing<T> + 'a> Future for Send<'a, T, V> {
    type Output = Result<(), StreamError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        match std::mem::replace(&mut this.state, State::Done) {
            State::Value(value) => match &this.sender.live {
                None => this.start(cx, &value),
                Some(live) => this.intercept(cx, live, value),
            },
            State::Intercepted(mut sent) => {
                let polled = sent.as_mut().poll(cx);
                if polled.is_pending() {
                    this.state = State::Intercepted(sent);
                }
                polled
            }
            State::Encoded(kind, encoded) => {
                let key = &mut this.place.key;
                let sent = this.sender.shared.poll_send(cx, key, kind, &encoded.payload(), this.terms);
                if sent.is_pending() {
                    this.state = State::Encoded(kind, encoded);
                }
                sent.map_err(StreamError::Closed)
            }
            State::Done => Poll::Pending,
        }
    }
}

impl<T, V> fmt::Debug for Send<'_, T, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Send").finish_non_exhaustive()
    }
}

/// The future of [`Sender::reserve`].
#[must_use = "futures do nothing unless polled"]
pub struct Reserve<'a, T> {
    sender: &'a Sender<T>,
    place: OutboxKey<'a>,
}

impl<'a, T> Future for Reserve<'a, T> {
    type Output = Result<Permit<'a, T>, StreamError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let sender = self.sender;
        ready!(sender.shared.poll_reserve(cx, &mut self.place.key))?;
        Poll::Ready(Ok(Permit { sender, compress: sender.compress }))
    }
}

impl<T> fmt::Debug for Reserve<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reserve").finish_non_exhaustive()
    }
}

/// Room for one message, from [`Sender::reserve`].
#[must_use = "a permit that is dropped gives its room back"]
pub struct Permit<'a, T> {
    sender: &'a Sender<T>,
    compress: bool,
}

impl<T: Item> Permit<'_, T> {
    /// Whether the message is compressed; see [`Send::compress`].
    pub fn compress(mut self, yes: bool) -> Self {
        self.compress = yes;
        self
    }

    /// Sends the value, without waiting.
    ///
    /// # Errors
    /// As [`Sender::send`]. [`StreamError::Unsendable`] also where an [interceptor](crate::intercept) waits for something: it
    /// is cut short and nothing was sent.
    pub fn send(self, value: impl Outgoing<T>) -> Result<(), StreamError> {
        let (sender, compress) = (self.sender, self.compress);
        if let Some(live) = &sender.live {
            let last = sender.last(Terms { compress, ..sender.terms() }, true);
            let sent = intercept::send::<T, _>(live, value, sender.view, last);
            // One poll, which nothing wakes and which does not count against the task's budget.
            let polled = pin!(unconstrained(sent)).poll(&mut Context::from_waker(Waker::noop()));
            let Poll::Ready(sent) = polled else {
                let message = "an interceptor waits, and a permit cannot: use `send`";
                return Err(StreamError::Unsendable(Invalid::new("", "interceptor", message)));
            };
            return sent;
        }
        if let Some((kind, payload)) = value.as_payload() {
            return Ok(sender.shared.send_now(kind, &payload, compress)?);
        }
        with_scratch(|scratch| {
            let kind = sender.encode(&value, scratch).map_err(StreamError::Unsendable)?;
            Ok(sender.shared.send_now(kind, &Payload::Slice(scratch), compress)?)
        })
    }
}

impl<T> Drop for Permit<'_, T> {
    fn drop(&mut self) {
        self.sender.shared.drop_permit();
    }
}

impl<T> fmt::Debug for Permit<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit").finish_non_exhaustive()
    }
}

/// What may be sent on a stream of `T`: `T` itself, `&T`, or what stands for one without a copy.
#[diagnostic::on_unimplemented(message = "a `Sender<{T}>` does not send `{Self}`", note = "send a `{T}` or a `&{T}`")]
pub trait Outgoing<T>: sealed::Sealed<T> + std::marker::Send + Sync {
    /// Appends the encoded value.
    #[doc(hidden)]
    fn encode(&self, view: ViewId, out: &mut Vec<u8>) -> Result<MessageKind, Invalid>;
    /// The message itself, where nothing needs to be encoded.
    #[doc(hidden)]
    #[expect(private_interfaces, reason = "the trait is sealed: nobody else calls or implements it")]
    fn as_payload(&self) -> Option<(MessageKind, Payload<'_>)> {
        None
    }
    /// The value, for interceptors to see.
    #[doc(hidden)]
    fn value(&self) -> Option<&T> {
        None
    }
    /// The value, where it can be changed in place.
    #[doc(hidden)]
    fn value_mut(&mut self) -> Option<&mut T> {
        None
    }
    /// A value of its own.
    #[doc(hidden)]
    fn to_value(&self) -> Result<T, Invalid>;
}

/// A copy of a value, which need not be `Clone`. It is not held against the design: that happens when it is sent.
fn copy<T: Value>(value: &T) -> Result<T, Invalid> {
    let json = serde_json::to_vec(value).ok();
    json.and_then(|json| serde_json::from_slice(&json).ok())
        .ok_or_else(|| Invalid::new("", "encode_payload", "the value cannot be copied through its JSON"))
}

mod sealed {
    pub trait Sealed<T> {}
}

macro_rules! raw_payload {
    () => {
        #[expect(private_interfaces, reason = "the trait is sealed: nobody else calls or implements it")]
        fn as_payload(&self) -> Option<(MessageKind, Payload<'_>)> {
            Some(match self {
                Message::Text(text) => (MessageKind::Text, Payload::Slice(text.as_bytes())),
                Message::Binary(bytes) => (MessageKind::Binary, Payload::Shared(bytes)),
            })
        }
    };
}

impl<T: Value> sealed::Sealed<T> for T {}
impl<T: Value> Outgoing<T> for T {
    fn encode(&self, view: ViewId, out: &mut Vec<u8>) -> Result<MessageKind, Invalid> {
        Item::encode(self, view, out)
    }

    fn value(&self) -> Option<&T> {
        Some(self)
    }

    fn value_mut(&mut self) -> Option<&mut T> {
        Some(self)
    }

    fn to_value(&self) -> Result<T, Invalid> {
        copy(self)
    }
}

impl<T: Value> sealed::Sealed<T> for &T {}
impl<T: Value> Outgoing<T> for &T {
    fn encode(&self, view: ViewId, out: &mut Vec<u8>) -> Result<MessageKind, Invalid> {
        Item::encode(*self, view, out)
    }

    fn value(&self) -> Option<&T> {
        Some(self)
    }

    fn to_value(&self) -> Result<T, Invalid> {
        copy(*self)
    }
}

impl sealed::Sealed<String> for &str {}
impl Outgoing<String> for &str {
    fn encode(&self, _view: ViewId, out: &mut Vec<u8>) -> Result<MessageKind, Invalid> {
        crate::value::encode_str(self, out);
        Ok(MessageKind::Text)
    }

    fn to_value(&self) -> Result<String, Invalid> {
        Ok((*self).to_owned())
    }
}

impl sealed::Sealed<Message> for Message {}
impl Outgoing<Message> for Message {
    fn encode(&self, view: ViewId, out: &mut Vec<u8>) -> Result<MessageKind, Invalid> {
        Item::encode(self, view, out)
    }
    raw_payload!();

    fn value(&self) -> Option<&Message> {
        Some(self)
    }

    fn value_mut(&mut self) -> Option<&mut Message> {
        Some(self)
    }

    fn to_value(&self) -> Result<Message, Invalid> {
        Ok(self.clone())
    }
}

impl sealed::Sealed<Message> for &Message {}
impl Outgoing<Message> for &Message {
    fn encode(&self, view: ViewId, out: &mut Vec<u8>) -> Result<MessageKind, Invalid> {
        Item::encode(*self, view, out)
    }
    raw_payload!();

    fn value(&self) -> Option<&Message> {
        Some(self)
    }

    fn to_value(&self) -> Result<Message, Invalid> {
        Ok((*self).clone())
    }
}

impl sealed::Sealed<Message> for MessageRef<'_> {}
impl Outgoing<Message> for MessageRef<'_> {
    fn encode(&self, _view: ViewId, out: &mut Vec<u8>) -> Result<MessageKind, Invalid> {
        out.extend_from_slice(self.as_bytes());
        Ok(self.kind())
    }

    #[expect(private_interfaces, reason = "the trait is sealed: nobody else calls or implements it")]
    fn as_payload(&self) -> Option<(MessageKind, Payload<'_>)> {
        Some((self.kind(), Payload::Slice(self.as_bytes())))
    }

    fn to_value(&self) -> Result<Message, Invalid> {
        Ok((*self).into())
    }
}

impl Shared {
    fn poll_reserve(
        self: &Arc<Self>,
        cx: &mut Context<'_>,
        key: &mut crate::connection::Key,
    ) -> Poll<Result<(), Closed>> {
        let mut outbox = lock(&self.outbox);
        match outbox.poll_room(key, cx.waker(), self.is_own(cx.waker())) {
            crate::connection::Room::Closed(closed) => Poll::Ready(Err(closed)),
            crate::connection::Room::No => Poll::Pending,
            crate::connection::Room::Yes => {
                outbox.add_permit();
                Poll::Ready(Ok(()))
            }
        }
    }

    fn drop_permit(&self) {
        let woken = lock(&self.outbox).drop_permit();
        if woken.wake() {
            self.wake_handler();
        }
    }
}
