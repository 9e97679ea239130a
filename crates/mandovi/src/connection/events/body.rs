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
}

impl EventsBody {
    /// The body of the stream behind `shared`, which was made for events. There is one.
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    fn poll(&self, events: &Events, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        events.reader.register(cx.waker());
        let over = lock(&events.link).over;
        if over == Over::Cut {
            return Poll::Ready(Some(Err(Cut)));
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
                lock(&events.link).moved = Instant::now();
                let chunk = Chunk { segment: Some(segment), shared: Arc::clone(&self.shared) };
                Poll::Ready(Some(Ok(Frame::data(Bytes::from_owner(chunk)))))
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
        match &self.shared.events {
            Some(events) => self.poll(events, cx),
            None => Poll::Ready(None),
        }
    }
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
