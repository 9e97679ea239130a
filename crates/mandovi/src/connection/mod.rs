//! A connection is one task that polls two things in turn: the handler (the user's async method) and the pump
//! (socket, frames, deadlines).
//!
//! ```text
//!            Frames (whole batches)                         runs of finished frames
//!  socket ─> Decoder ─> inbox slot ─> Receiver ─> handler ─> Sender ─> outbox ─> socket
//!            └──────── pump ────────┘                                 └── pump ──┘
//! ```
//!
//! There is no channel, no second task and no wake-up between socket and handler. The pump never decodes a message
//! and the handler never touches the socket; what they share is [`Shared`], and its locks are held only to move a batch
//! or to append a frame. The pump is not generic: it is compiled once.

mod compression;
mod droppable;
mod events;
mod heal;
mod health;
mod inbox;
mod io;
mod lifetime;
#[cfg(all(test, mandovi_loom))]
mod loom_tests;
mod outbox;
mod pool;
mod pump;
mod rate;
mod settings;
mod shared;
pub(crate) mod tcp;
#[cfg(all(test, not(mandovi_loom)))]
mod tests;
mod vitals;
mod waiters;

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use mandovi_websocket::CloseCode;

pub(crate) use droppable::MessageKey;
pub(crate) use events::{END_MARKER, End, EventId, EventsBody, EventsPump, Reconnect};
pub(crate) use heal::Heals;
pub(crate) use inbox::{ReceiverLife, Taken};
pub(crate) use io::Io;
pub(crate) use outbox::{OutboxSettings, Room};
pub(crate) use pool::recycle_read;
pub(crate) use pump::{Conclusion, Pump};
pub use settings::{HealthAction, HealthPolicy, MessageRate, MissedPong, Settings, SlowConsumer};
#[cfg(test)]
pub(crate) use shared::SLOW_CONSUMER;
pub(crate) use shared::{Payload, Shared, Terms};
pub(crate) use waiters::{Key, Waiters};

/// A handler in the task of its connection, and the waker it is polled with.
struct InPlace<'a, F> {
    future: Pin<&'a mut Option<F>>,
    waker: &'a Waker,
}

impl<F: Future<Output = Conclusion>> pump::Handler for InPlace<'_, F> {
    fn poll(&mut self) -> Poll<Conclusion> {
        let Some(future) = self.future.as_mut().as_pin_mut() else {
            return Poll::Pending;
        };
        let polled = poll_caught(future, &mut Context::from_waker(self.waker));
        // A panic ends its own connection, and nothing else.
        polled.map(|done| done.unwrap_or(Conclusion::Close(CloseCode::INTERNAL_ERROR, String::new())))
    }

    fn cut(&mut self) {
        let future = &mut self.future;
        // A destructor of the user's may panic as well.
        let dropped = catch_unwind(AssertUnwindSafe(|| future.set(None)));
        if dropped.is_err() {
            tracing::error!("a handler panicked while it was dropped");
        }
    }

    fn is_alive(&self) -> bool {
        self.future.is_some()
    }
}

/// Polls the handler; a panic is its own affair. With `panic = "abort"` the whole process ends instead.
fn poll_caught<F: Future>(future: Pin<&mut F>, cx: &mut Context<'_>) -> Poll<Result<F::Output, Panicked>> {
    match catch_unwind(AssertUnwindSafe(|| future.poll(cx))) {
        Ok(poll) => poll.map(Ok),
        Err(_) => {
            tracing::error!("a handler panicked");
            Poll::Ready(Err(Panicked))
        }
    }
}

struct Panicked;

/// What a handler came to before its connection was open.
#[derive(Debug)]
pub(crate) enum Opened {
    /// It asked for the connection.
    Accepted,
    /// It is done.
    Concluded(Conclusion),
    /// It is gone.
    Panicked,
}

/// Runs a connection to its end. The handler may have run before, with the same waker.
///
/// The pump is borrowed, since what an async function owns it stores twice.
pub(crate) async fn run<F>(pump: &mut Pump, mut handler: Pin<&mut Option<F>>, waker: &Waker)
where
    F: Future<Output = Conclusion>,
{
    poll_fn(|cx| poll_run(pump, handler.as_mut(), waker, cx)).await;
}

/// One turn of [`run`].
pub(crate) fn poll_run<F>(
    pump: &mut Pump,
    handler: Pin<&mut Option<F>>,
    waker: &Waker,
    cx: &mut Context<'_>,
) -> Poll<()>
where
    F: Future<Output = Conclusion>,
{
    pump.poll(cx, &mut InPlace { future: handler, waker })
}

/// Runs a connection whose handler starts with it.
pub(crate) async fn run_with<F>(mut pump: Pump, shared: Arc<Shared>, handler: F)
where
    F: Future<Output = Conclusion>,
{
    let waker = Waker::from(shared);
    let mut handler = pin!(Some(handler));
    run(&mut pump, handler.as_mut(), &waker).await;
}

/// Runs the handler before its connection is open, until `accepted` says so or it is done.
pub(crate) async fn run_opening<F>(
    shared: &Arc<Shared>,
    mut handler: Pin<&mut Option<F>>,
    waker: &Waker,
    mut accepted: impl FnMut() -> bool,
) -> Opened
where
    F: Future<Output = Conclusion>,
{
    poll_fn(|cx| {
        shared.register_task(cx.waker());
        // Once: a handler that is due again at once has woken the task as well, and others have their turn before.
        if shared.take_ready() {
            let Some(future) = handler.as_mut().as_pin_mut() else {
                return Poll::Ready(Opened::Accepted);
            };
            if let Poll::Ready(done) = poll_caught(future, &mut Context::from_waker(waker)) {
                handler.set(None);
                return Poll::Ready(done.map_or(Opened::Panicked, Opened::Concluded));
            }
            if accepted() {
                return Poll::Ready(Opened::Accepted);
            }
        }
        Poll::Pending
    })
    .await
}
