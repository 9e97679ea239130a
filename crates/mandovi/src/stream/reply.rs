//! The one answer of a client-streaming call.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use mandovi_websocket::{MessageKind, MessageRef};

use super::Incoming;
use super::receiver::ReceiveError;
use crate::declared::{DeclaredError, NoError};
use crate::error::{Failure, StreamError};
use crate::intercept::{End, Interception, Live, Whole};
use crate::value::{Invalid, Item, Value, ViewId};

/// The answer of a client-streaming call: a future, which may resolve while the client still sends.
///
/// It reads only when it is awaited. Dropping it leaves the upload alone; once the upload is finished or dropped as well,
/// the call ends.
///
/// # Cancel safety
/// Polled by reference (`&mut reply`) it loses nothing.
#[must_use = "the server's answer, and its errors, arrive here"]
pub struct Reply<R, E = NoError> {
    incoming: Incoming,
    view: ViewId,
    /// Where the call has interceptors.
    interception: Option<Box<Interception<R>>>,
    marker: PhantomData<fn() -> (R, E)>,
}

impl<R, E> Reply<R, E> {
    pub(crate) fn new(incoming: Incoming, view: ViewId) -> Self {
        Self { incoming, view, interception: None, marker: PhantomData }
    }

    /// With the interceptors of its call.
    pub(crate) fn intercepted(mut self, live: Option<Arc<Live>>) -> Self
    where
        R: Send + 'static,
    {
        self.interception = live.map(|live| Box::new(Interception::new(live)));
        self
    }

    fn note(&self, end: impl FnOnce() -> End) {
        if let Some(interception) = &self.interception {
            interception.live.note(end);
        }
    }
}

impl<R: Answer, E: DeclaredError> Future for Reply<R, E> {
    type Output = Result<R, Failure<E>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        if let Some(answer) = R::empty() {
            let closed = ready!(this.incoming.poll_closed(cx));
            let ended = Failure::ended(&closed, false).map(|()| answer);
            this.note(|| End::of(&ended));
            return Poll::Ready(ended);
        }
        if let Some(interception) = &mut this.interception
            && interception.is_waiting()
        {
            return interception.poll(cx).map_err(Failure::refused);
        }
        if let Some(closed) = ready!(this.incoming.poll_ready(cx)) {
            // A proper end without an answer is none.
            let failure = match Failure::<E>::ended(&closed, false) {
                Err(failure) => failure,
                Ok(()) => Failure::Stream(StreamError::Closed(closed)),
            };
            this.note(|| End::of_failure(&failure));
            return Poll::Ready(Err(failure));
        }
        let view = this.view;
        let Some(message) = this.incoming.take() else {
            // poll_ready said that there is one.
            return Poll::Pending;
        };
        let Some(interception) = &mut this.interception else {
            let answer = R::decode_answer(view, message);
            if answer.is_err() {
                this.incoming.shared().message_error();
            }
            return Poll::Ready(answer.map_err(Failure::from));
        };
        interception.live.info().count_received(message.as_bytes().len());
        let answer = R::decode_answer(view, message).inspect_err(|_| this.incoming.shared().message_error())?;
        interception.live.note(|| End::Done);
        interception.begin(Whole::new(answer, view), true);
        interception.poll(cx).map_err(Failure::refused)
    }
}

impl<R, E> fmt::Debug for Reply<R, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply").finish_non_exhaustive()
    }
}

/// What a method answers in the end: a value, or `()` for nothing.
#[diagnostic::on_unimplemented(
    message = "a method cannot answer `{Self}`",
    note = "answer `()`, a primitive, a `Vec`, a map, or a type with `#[message]`"
)]
pub trait Answer: Sized + Send + Sync + 'static {
    /// The answer that needs no message.
    #[doc(hidden)]
    fn empty() -> Option<Self>;
    /// Appends the encoded answer; `None`: there is nothing to say.
    #[doc(hidden)]
    fn encode_answer(&self, view: ViewId, out: &mut Vec<u8>) -> Result<Option<MessageKind>, Invalid>;
    /// Whether the design calls anything in it secret.
    #[doc(hidden)]
    fn has_secret() -> bool;
    /// Reads the answer.
    #[doc(hidden)]
    fn decode_answer(view: ViewId, message: MessageRef<'_>) -> Result<Self, Invalid>;
}

impl Answer for () {
    fn empty() -> Option<Self> {
        Some(())
    }

    fn encode_answer(&self, _view: ViewId, _out: &mut Vec<u8>) -> Result<Option<MessageKind>, Invalid> {
        Ok(None)
    }

    fn has_secret() -> bool {
        false
    }

    fn decode_answer(_view: ViewId, _message: MessageRef<'_>) -> Result<Self, Invalid> {
        Ok(())
    }
}

impl<T: Value> Answer for T {
    fn empty() -> Option<Self> {
        None
    }

    fn encode_answer(&self, view: ViewId, out: &mut Vec<u8>) -> Result<Option<MessageKind>, Invalid> {
        Item::encode(self, view, out).map(Some)
    }

    fn has_secret() -> bool {
        super::sender::has_secret::<T>()
    }

    fn decode_answer(view: ViewId, message: MessageRef<'_>) -> Result<Self, Invalid> {
        Item::decode(view, message)
    }
}
