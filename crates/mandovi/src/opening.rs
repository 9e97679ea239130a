//! A call that its method has not accepted yet.
//!
//! The method runs before the 101: it may refuse with any declared error as an HTTP answer, and gets its halves from
//! [`Opening::accept`].

use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

use crate::connection::{Key, Shared};
use crate::error::{Closed, StreamError};
use crate::server::Refusal;
use crate::stream::{Receiver, Sender, Wire};
use crate::sync::{Mutex, lock};
use crate::value::Item;

/// A call that is not open yet, in place of bare halves: `Opening<(Receiver<T>, Sender<U>)>`, `Opening<Receiver<T>>` or
/// `Opening<Sender<U>>`.
///
/// Returning an error before [`accept`](Self::accept) refuses the call as an HTTP answer with the status that the error
/// declares. Undecided for longer than [`Settings::handshake_timeout`](crate::Settings::handshake_timeout), the call is
/// refused with 504.
///
/// ```
/// use mandovi::prelude::*;
///
/// #[errors]
/// pub enum RoomError {
///     /// No such room.
///     #[status(404)]
///     NoSuchRoom(String),
/// }
///
/// async fn join(room: String, opening: Opening<Sender<String>>) -> Outcome<(), RoomError> {
///     if room != "lobby" {
///         return Err(RoomError::NoSuchRoom(room).into());
///     }
///     let output = opening.accept().await?;
///     output.send("welcome").await?;
///     Ok(())
/// }
/// ```
#[must_use = "a call that is never accepted is refused, or ends empty"]
pub struct Opening<H> {
    halves: H,
    shared: Arc<Shared>,
    gate: Arc<Gate>,
}

impl<H> Opening<H> {
    pub(crate) fn new(halves: H, shared: Arc<Shared>, gate: Arc<Gate>) -> Self {
        Self { halves, shared, gate }
    }

    /// A call that is accepted at once, to call a method from a test without a network: see
    /// [`testing::bidirectional`](crate::testing::bidirectional) for its halves.
    pub fn for_test(halves: H) -> Self {
        let gate = Gate::default();
        lock(&gate.state).state = State::Open;
        Self::new(halves, Shared::new(mandovi_websocket::Role::Server, 0), Arc::new(gate))
    }

    /// Accepts the call: the client gets its 101.
    ///
    /// # Errors
    /// [`StreamError::Closed`] when the client has gone meanwhile.
    ///
    /// # Cancel safety
    /// Dropping the future drops the call.
    pub async fn accept(self) -> Result<H, StreamError> {
        self.gate.ask();
        // The connection's task looks after each poll of the handler; a handler that accepts in another task must
        // make it look.
        self.shared.wake_handler();
        let mut key = Key::default();
        poll_fn(|cx| {
            let mut inner = lock(&self.gate.state);
            match &inner.state {
                State::Open => Poll::Ready(Ok(())),
                State::Failed => Poll::Ready(Err(Closed::abnormal("the opening handshake was not completed"))),
                State::Undecided | State::Asked | State::Refused(_) => {
                    let own = self.shared.is_own(cx.waker());
                    inner.waiters.register(&mut key, cx.waker(), own);
                    Poll::Pending
                }
            }
        })
        .await?;
        Ok(self.halves)
    }
}

impl<H> fmt::Debug for Opening<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opening").finish_non_exhaustive()
    }
}

/// Between an [`Opening`] and the task of its connection.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    state: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    state: State,
    waiters: crate::connection::Waiters,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Undecided,
    Asked,
    Open,
    Failed,
    Refused(Box<Refusal>),
}

impl Inner {
    fn ask(&mut self) {
        if matches!(self.state, State::Undecided) {
            self.state = State::Asked;
        }
    }
}

impl Gate {
    /// The handler asks for the 101.
    pub(crate) fn ask(&self) {
        lock(&self.state).ask();
    }

    /// Whether the handler asked for the 101.
    pub(crate) fn is_asked(&self) -> bool {
        matches!(lock(&self.state).state, State::Asked)
    }

    /// Whether the call may still be refused as an HTTP answer.
    pub(crate) fn is_undecided(&self) -> bool {
        matches!(lock(&self.state).state, State::Undecided)
    }

    /// Notes the refusal that the handler returned.
    pub(crate) fn refuse(&self, refusal: Refusal) {
        lock(&self.state).state = State::Refused(Box::new(refusal));
    }

    /// The refusal, if there is one.
    pub(crate) fn take_refusal(&self) -> Option<Box<Refusal>> {
        let mut inner = lock(&self.state);
        match std::mem::replace(&mut inner.state, State::Failed) {
            State::Refused(refusal) => Some(refusal),
            other => {
                inner.state = other;
                None
            }
        }
    }

    /// The handshake is over. Wakes those who wait in `accept`; says whether the handler does.
    pub(crate) fn settle(&self, open: bool) -> bool {
        let mut inner = lock(&self.state);
        inner.state = if open { State::Open } else { State::Failed };
        let woken = inner.waiters.take();
        drop(inner);
        woken.wake()
    }
}

/// The halves that an [`Opening`] holds back.
#[diagnostic::on_unimplemented(
    message = "`Opening` does not hold a `{Self}`",
    note = "write `Opening<(Receiver<T>, Sender<U>)>`, `Opening<Receiver<T>>` or `Opening<Sender<U>>`"
)]
pub trait Halves: Sized {
    /// Takes them from the wire.
    #[doc(hidden)]
    fn take(wire: &Wire) -> Self;
}

impl<T: Item, U: Item> Halves for (Receiver<T>, Sender<U>) {
    fn take(wire: &Wire) -> Self {
        (wire.receiver(), wire.sender())
    }
}

impl<T: Item> Halves for Receiver<T> {
    fn take(wire: &Wire) -> Self {
        wire.receiver()
    }
}

impl<U: Item> Halves for Sender<U> {
    fn take(wire: &Wire) -> Self {
        wire.sender()
    }
}
