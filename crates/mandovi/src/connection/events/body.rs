//! The body of an event stream: what the HTTP layer reads of the outbox.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::{error, fmt};

use bytes::Bytes;
use http_body::Frame;
use tokio::time::Instant;

use super::super::outbox::Segment;
use super::super::shared::Shared;
use super::{Events, Over};
use crate::sync::lock;

/// See the module.
#[derive(Debug)]
pub(crate) struct EventsBody {
    shared: Arc<Shared>,
    /// What is left of a run that goes out in pieces.
    rest: Bytes,
}

/// The most that the HTTP layer is given at once, in bytes: when it comes back for more is how a slow client is told from one
/// that takes nothing.
const PIECE: usize = 16 * 1024;

impl EventsBody {
    /// The body of the stream behind `shared`, which was made for events. There is one.
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, rest: Bytes::new() }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        let Some(events) = &self.shared.events else { return Poll::Ready(None) };
        events.reader.register(cx.waker());
        let over = lock(&events.link).over;
        if over == Over::Cut {
            return Poll::Ready(Some(Err(Cut)));
        }
        if !self.rest.is_empty() {
            return Poll::Ready(Some(Ok(piece(&mut self.rest, events))));
        }
        let mut outbox = lock(&self.shared.outbox);
        let taken = outbox.take();
        if taken.is_none() && over == Over::No {
            // Who appends from now on wakes the pump, and that wakes us.
            let _ = outbox.park(false);
        }
        drop(outbox);
        match taken {
            Some(segment) => {
                let chunk = Chunk { segment: Some(segment), shared: Arc::clone(&self.shared) };
                self.rest = Bytes::from_owner(chunk);
                Poll::Ready(Some(Ok(piece(&mut self.rest, events))))
            }
            None if over == Over::AfterTheRest => Poll::Ready(None),
            None => Poll::Pending,
        }
    }
}

impl http_body::Body for EventsBody {
    type Data = Bytes;
    type Error = Cut;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        self.get_mut().poll(cx)
    }
}

/// The next piece of a run. The run itself comes back when its last piece does.
fn piece(rest: &mut Bytes, events: &Events) -> Frame<Bytes> {
    lock(&events.link).moved = Instant::now();
    Frame::data(rest.split_to(rest.len().min(PIECE)))
}

impl Drop for EventsBody {
    fn drop(&mut self) {
        if let Some(events) = &self.shared.events {
            lock(&events.link).gone = true;
            self.shared.wake_task();
        }
    }
}

/// A run on its way through the HTTP layer, which drops it once it is written.
struct Chunk {
    segment: Option<Segment>,
    shared: Arc<Shared>,
}

impl AsRef<[u8]> for Chunk {
    fn as_ref(&self) -> &[u8] {
        self.segment.as_ref().map_or(&[], Segment::bytes)
    }
}

impl Drop for Chunk {
    fn drop(&mut self) {
        if let (Some(segment), Some(events)) = (self.segment.take(), &self.shared.events) {
            let mut link = lock(&events.link);
            link.moved = Instant::now();
            link.returned.push(segment);
            drop(link);
            // The HTTP layer may hold a lock of its own here: only the task is woken, and that wakes those who wait for room.
            self.shared.wake_task();
        }
    }
}

/// The stream was cut before its end.
#[derive(Debug)]
pub(crate) struct Cut;

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the stream was cut before its end")
    }
}

impl error::Error for Cut {}
