//! The receiving half.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use mandovi_websocket::{MessageRef, Role};

use super::Incoming;
use super::message::Message;
use crate::client::{CallState, CallStates, OfCall};
use crate::declared::DeclaredError;
use crate::error::{Closed, Failure, StreamError};
use crate::intercept::{Arrived, End, Interception, Live};
use crate::value::{Invalid, Item, ViewId};

/// The receiving half of a stream of `T`.
///
/// On a server it is what the client sends (`E` is [`StreamError`]), on a client what the server sends (`E` is
/// `Failure<..>` with the errors that the service declares). It is also a [`Stream`].
///
/// It reads whole batches and needs no lock while one lasts. While nobody takes anything, at most three buffers are held
/// (the batch it is at, the one that waits for it, and what was read behind that), each of 64 KiB or of one larger message,
/// and one fragmented message; then the connection stops reading, and TCP slows the peer. What the peer does behind that, its
/// close included, is not seen before something is taken. Dropping the receiver of a bidirectional stream discards what
/// comes; dropping the only half a client has cancels the call.
///
/// ```
/// use mandovi::prelude::*;
///
/// async fn shout(mut input: Receiver<String>, output: Sender<String>) -> Outcome<()> {
///     while let Some(line) = input.recv().await? {
///         output.send(line.to_uppercase()).await?;
///     }
///     Ok(())
/// }
/// ```
pub struct Receiver<T, E = StreamError> {
    incoming: Incoming,
    view: ViewId,
    /// Where the call has interceptors.
    interception: Option<Box<Intercepted<T>>>,
    /// Where a client tries again or is watched.
    of_call: Option<Arc<OfCall>>,
    marker: PhantomData<fn() -> (T, E)>,
}

struct Intercepted<T> {
    interception: Interception<T>,
    /// What `recv_ref` lends; in a lock that is never taken, so that the half is as shareable as without.
    lent: Mutex<Option<T>>,
}

impl<T: Item, E: ReceiveError> Receiver<T, E> {
    pub(crate) fn new(incoming: Incoming, view: ViewId) -> Self {
        Self { incoming, view, interception: None, of_call: None, marker: PhantomData }
    }

    /// With the interceptors of its call.
    pub(crate) fn intercepted(mut self, live: Option<Arc<Live>>) -> Self {
        self.interception =
            live.map(|live| Box::new(Intercepted { interception: Interception::new(live), lent: Mutex::new(None) }));
        self
    }

    /// With what a client's call knows beside its connection.
    pub(crate) fn of_call(mut self, of_call: Option<Arc<OfCall>>) -> Self {
        self.of_call = of_call;
        self
    }

    /// How often another connection took over before what was received last, on a client that
    /// [tries again](crate::client::ClientBuilder::retry): between two values with different numbers the server may have said
    /// something that is lost, or may begin anew, unless the method takes a `#[last_event_id]`. Zero on a server.
    pub fn gaps(&self) -> u32 {
        self.incoming.reconnects
    }

    /// Where the call is; `None` on a server, and on a client that neither tries again nor has an `on_event`.
    pub fn state(&self) -> Option<CallState> {
        self.of_call.as_ref().map(|of_call| of_call.state())
    }

    /// Where the call is, whenever that changes; `None` as for [`state`](Self::state). They can be watched while somebody else
    /// holds the receiver.
    pub fn states(&self) -> Option<CallStates> {
        self.of_call.as_ref().map(|of_call| of_call.watch())
    }

    /// The next value: `Some`, or `None` when the peer has ended its stream properly.
    ///
    /// # Errors
    /// [`StreamError::Invalid`] when a message breaks the contract: that message is gone, the stream goes on, and the next call
    /// gives the next one. The same with [`StreamError::Refused`] for one that an [interceptor](crate::intercept) refuses.
    /// [`StreamError::Closed`] when the stream ended in any other way. On a client the errors that the service declares arrive
    /// here too.
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing: a message is taken only in the poll that returns it.
    pub fn recv(&mut self) -> Recv<'_, T, E> {
        Recv { receiver: self }
    }

    /// Polls for the next value; see [`recv`](Self::recv).
    pub fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<T>, E>> {
        if self.interception.is_some() {
            return self.poll_intercepted(cx);
        }
        if self.incoming.is_finished() {
            return Poll::Ready(Ok(None));
        }
        if let Some(closed) = ready!(self.incoming.poll_ready(cx)) {
            return Poll::Ready(E::ended(&closed, T::RAW).map(|()| {
                self.incoming.finish();
                None
            }));
        }
        let server = self.incoming.shared().role == Role::Server;
        let view = self.view;
        let Some(message) = self.incoming.take() else {
            // poll_ready said that there is one.
            return Poll::Pending;
        };
        if server && !T::RAW && is_null(message) {
            self.incoming.finish_taken();
            return Poll::Ready(Ok(None));
        }
        if let Some(of_call) = &self.of_call {
            of_call.note(message.as_bytes());
        }
        let decoded = T::decode(view, message);
        self.incoming.release();
        Poll::Ready(decoded.map(Some).map_err(|invalid| self.invalid(invalid)))
    }

    #[cold]
    fn invalid(&self, invalid: Invalid) -> E {
        self.incoming.shared().message_error();
        E::invalid(invalid)
    }

    /// The same where the call has interceptors: they go on with the message that they are at before another is taken.
    #[cold]
    fn poll_intercepted(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<T>, E>> {
        let Some(Intercepted { interception, .. }) = self.interception.as_deref_mut() else { return Poll::Pending };
        if !interception.is_waiting() {
            if self.incoming.is_finished() {
                return Poll::Ready(Ok(None));
            }
            if let Some(closed) = ready!(self.incoming.poll_ready(cx)) {
                let ended = E::ended(&closed, T::RAW);
                interception.live.note(|| ended.as_ref().map_or_else(E::end, |()| End::Done));
                return Poll::Ready(ended.map(|()| {
                    self.incoming.finish();
                    None
                }));
            }
            let server = self.incoming.shared().role == Role::Server;
            let Some(message) = self.incoming.take() else {
                // poll_ready said that there is one.
                return Poll::Pending;
            };
            if server && !T::RAW && is_null(message) {
                self.incoming.finish_taken();
                return Poll::Ready(Ok(None));
            }
            interception.live.info().count_received(message.as_bytes().len());
            if let Some(of_call) = &self.of_call {
                of_call.note(message.as_bytes());
            }
            let decoded = T::decode(self.view, message);
            self.incoming.release();
            match decoded {
                Ok(value) => interception.begin(Arrived::new(value, self.view), false),
                Err(invalid) => return Poll::Ready(Err(self.invalid(invalid))),
            }
        }
        Poll::Ready(ready!(interception.poll(cx)).map(Some).map_err(E::refused))
    }
}

impl<E: ReceiveError> Receiver<Message, E> {
    /// The next message, lent from the read buffer without a copy. The buffer goes back with the next call.
    ///
    /// # Errors
    /// As [`recv`](Self::recv).
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing.
    pub fn recv_ref(&mut self) -> RecvRef<'_, E> {
        RecvRef { receiver: Some(self) }
    }
}

impl<T: Item, E: ReceiveError> Stream for Receiver<T, E> {
    type Item = Result<T, E>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_recv(cx).map(Result::transpose)
    }
}

impl<T, E> fmt::Debug for Receiver<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").finish_non_exhaustive()
    }
}

/// The end of a plain client's stream: JSON `null`, white space around it allowed.
fn is_null(message: MessageRef<'_>) -> bool {
    let bytes = message.as_bytes();
    bytes.len() >= 4 && bytes.len() <= 64 && bytes.trim_ascii() == b"null"
}

/// The future of [`Receiver::recv`]. Written by hand, so that a value is not moved through a state machine.
#[must_use = "futures do nothing unless polled"]
pub struct Recv<'a, T, E> {
    receiver: &'a mut Receiver<T, E>,
}

impl<T: Item, E: ReceiveError> Future for Recv<'_, T, E> {
    type Output = Result<Option<T>, E>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.receiver.poll_recv(cx)
    }
}

impl<T, E> Drop for Recv<'_, T, E> {
    fn drop(&mut self) {
        self.receiver.incoming.forget();
    }
}

impl<T, E> fmt::Debug for Recv<'_, T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recv").finish_non_exhaustive()
    }
}

/// The future of [`Receiver::recv_ref`].
#[must_use = "futures do nothing unless polled"]
pub struct RecvRef<'a, E> {
    receiver: Option<&'a mut Receiver<Message, E>>,
}

impl<'a, E: ReceiveError> Future for RecvRef<'a, E> {
    type Output = Result<Option<MessageRef<'a>>, E>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(receiver) = self.receiver.take() else {
            return Poll::Pending;
        };
        if receiver.interception.is_some() {
            let Poll::Ready(received) = receiver.poll_intercepted(cx) else {
                self.receiver = Some(receiver);
                return Poll::Pending;
            };
            let Some(intercepted) = receiver.interception.as_deref_mut() else { return Poll::Pending };
            let lent = intercepted.lent.get_mut().unwrap_or_else(PoisonError::into_inner);
            *lent = received?;
            return Poll::Ready(Ok(lent.as_ref().map(Message::as_ref)));
        }
        match receiver.incoming.poll_ready(cx) {
            Poll::Pending => {
                self.receiver = Some(receiver);
                Poll::Pending
            }
            Poll::Ready(Some(closed)) => Poll::Ready(E::ended(&closed, true).map(|()| {
                receiver.incoming.finish();
                None
            })),
            Poll::Ready(None) => Poll::Ready(Ok(receiver.incoming.take())),
        }
    }
}

impl<E> Drop for RecvRef<'_, E> {
    fn drop(&mut self) {
        if let Some(receiver) = &mut self.receiver {
            receiver.incoming.forget();
        }
    }
}

impl<E> fmt::Debug for RecvRef<'_, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecvRef").finish_non_exhaustive()
    }
}

/// What a [`Receiver`] answers when there is no value: [`StreamError`] on a server, [`Failure`] on a client.
pub trait ReceiveError: sealed::Sealed + Sized {
    /// What the end of the stream means: `Ok` is a proper end.
    #[doc(hidden)]
    fn ended(closed: &Closed, raw: bool) -> Result<(), Self>;
    /// A message that broke the contract.
    #[doc(hidden)]
    fn invalid(invalid: Invalid) -> Self;
    /// What an interceptor refused with.
    #[doc(hidden)]
    fn refused(error: StreamError) -> Self;
    /// The same as the end of a call.
    #[doc(hidden)]
    fn end(&self) -> End;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for crate::error::StreamError {}
    impl<E> Sealed for crate::error::Failure<E> {}
}

impl ReceiveError for StreamError {
    /// A plain client ends its stream with `null`; a close frame alone means that it left in the middle. A raw stream
    /// has no `null`, and its end is the close frame.
    fn ended(closed: &Closed, raw: bool) -> Result<(), Self> {
        if raw && closed.is_clean() { Ok(()) } else { Err(StreamError::Closed(closed.clone())) }
    }

    fn invalid(invalid: Invalid) -> Self {
        StreamError::Invalid(invalid)
    }

    fn refused(error: StreamError) -> Self {
        error
    }

    fn end(&self) -> End {
        End::of_stream(self)
    }
}

impl<E: DeclaredError> ReceiveError for Failure<E> {
    fn ended(closed: &Closed, raw: bool) -> Result<(), Self> {
        crate::client::ended(closed, raw)
    }

    fn invalid(invalid: Invalid) -> Self {
        Failure::Stream(StreamError::Invalid(invalid))
    }

    fn refused(error: StreamError) -> Self {
        match error {
            StreamError::Refused(refused) => refused.into_failure(),
            error => Failure::Stream(error),
        }
    }

    fn end(&self) -> End {
        End::of_failure(self)
    }
}
