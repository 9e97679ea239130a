//! A stream as server-sent events: the same handler, sender and outbox, and in place of the socket the body of an HTTP answer.
//!
//! ```text
//!  handler ─> Sender ─> outbox ─> EventsBody ─> HTTP layer
//!     └────── EventsPump ──────┘
//! ```
//!
//! The HTTP layer asks for a body only while its client takes something, so the handler cannot be polled by the body: a client that
//! stands still would stop the clock of its own write timeout. Handler and [`EventsPump`] are a task, as they are for a WebSocket
//! over HTTP/2; the body takes whole runs out of the outbox, and what comes back of them tells that they were written.

mod body;
mod framing;
mod pump;

use std::sync::OnceLock;

use mandovi_websocket::CloseCode;
use tokio::time::Instant;

pub(crate) use self::body::EventsBody;
pub(super) use self::framing::COMMENT;
use self::framing::Members;
pub(crate) use self::framing::{END_MARKER, End, Reconnect};
pub(crate) use self::pump::EventsPump;
use super::outbox::Segment;
use super::pump::Conclusion;
use crate::sync::{AtomicWaker, Mutex, lock};
use crate::value::{Invalid, Item};

/// What a stream of events has beside the rest of [`Shared`](super::Shared).
#[derive(Debug)]
pub(crate) struct Events {
    /// The members that are the id and the type of an event; known with the first sender.
    members: OnceLock<Members>,
    /// The task that reads the body.
    reader: AtomicWaker,
    link: Mutex<Link>,
}

/// Between the pump and the body.
#[derive(Debug)]
struct Link {
    /// What the HTTP layer is done with.
    returned: Vec<Segment>,
    /// When it last took something or was done with it.
    moved: Instant,
    /// The body was dropped: the client has left.
    gone: bool,
    over: Over,
}

/// How the body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Over {
    /// Not yet.
    No,
    /// After what is in the outbox.
    AfterTheRest,
    /// At once, and as a failure: what the client has is not all.
    Cut,
}

impl Events {
    pub(super) fn new() -> Self {
        Self {
            members: OnceLock::new(),
            reader: AtomicWaker::new(),
            link: Mutex::new(Link { returned: Vec::new(), moved: Instant::now(), gone: false, over: Over::No }),
        }
    }

    /// Learns from the design what the id and the type of an event are.
    pub(crate) fn learn<T: Item>(&self) {
        self.members.get_or_init(Members::of::<T>);
    }

    /// Makes an event of the JSON in `out`. `whole`: the JSON of all of the value, should a view hide what is needed.
    ///
    /// # Errors
    /// The id or the type is none that an event can have.
    pub(crate) fn frame(
        &self,
        out: &mut Vec<u8>,
        whole: impl FnOnce(&mut Vec<u8>) -> Result<(), Invalid>,
    ) -> Result<(), Invalid> {
        match self.members.get() {
            Some(members) => members.frame(out, whole),
            None => Members::default().frame(out, whole),
        }
    }

    /// The body ends so. The first word stays, unless it is cut.
    fn end(&self, over: Over) {
        let mut link = lock(&self.link);
        if link.over == Over::No || over == Over::Cut {
            link.over = over;
        }
        drop(link);
        self.reader.wake();
    }
}

/// What the client of an event stream is told where that of a WebSocket gets this close frame.
fn end_of(code: CloseCode) -> End {
    match code.as_u16() {
        1000 => End::Done,
        1001 => End::going_away(),
        4401 => End::failure("token_expired", 401, Reconnect::Yes),
        _ => End::failure("fault", 500, Reconnect::Yes),
    }
}

impl Conclusion {
    fn into_end(self) -> End {
        match self {
            Conclusion::Close(code, _) => end_of(code),
            Conclusion::Event(end) => *end,
            // A handler that says the client has left while it has not.
            Conclusion::Silent => end_of(CloseCode::INTERNAL_ERROR),
        }
    }
}
