//! Where a call is, for those who watch.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use crate::class::ErrorClass;
use crate::connection::EventId;
use crate::value::Item;

/// Where a call is.
///
/// ```text
///  call ──> Connecting ──> Open ──> Closed
///               │ ▲          │
///               ▼ │          │ the connection broke
///             Waiting <──────┘
///               │
///               └──> Closed: fatal, or a limit of the retry
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CallState {
    /// It dials and waits for the server's answer.
    Connecting {
        /// Which attempt, from 1; counted anew after a connection that was healthy.
        attempt: u32,
    },
    /// The stream is open.
    Open {
        /// How often it was taken up again.
        reconnects: u32,
    },
    /// An attempt failed, or the connection broke.
    Waiting {
        /// Which attempt comes next.
        attempt: u32,
        /// For how long.
        delay: Duration,
        /// What the failure was taken for.
        class: ErrorClass,
        /// The failure, for people. It holds what the server said.
        because: Arc<str>,
    },
    /// It is over.
    Closed {
        /// Why, for people. It holds what the server said.
        because: Arc<str>,
    },
}

impl fmt::Display for CallState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CallState::Connecting { attempt: 1 } => f.write_str("connecting"),
            CallState::Connecting { attempt } => write!(f, "connecting, attempt {attempt}"),
            CallState::Open { reconnects: 0 } => f.write_str("open"),
            CallState::Open { reconnects } => write!(f, "open again ({reconnects})"),
            CallState::Waiting { attempt, delay, because, .. } => {
                write!(f, "waiting {:.1} s for attempt {attempt}: {because}", delay.as_secs_f64())
            }
            CallState::Closed { because } => write!(f, "closed: {because}"),
        }
    }
}

/// What happened to a call of a client: see [`ClientBuilder::on_event`](super::ClientBuilder::on_event).
///
/// Of a plain call only its waits and further attempts are told.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClientEvent {
    /// The service.
    pub service: &'static str,
    /// The method.
    pub method: &'static str,
    /// Where the call is now.
    pub state: CallState,
}

impl fmt::Display for ClientEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}: {}", self.service, self.method, self.state)
    }
}

/// Who is told.
pub(super) type OnEvent = Box<dyn Fn(&ClientEvent) + Send + Sync>;

/// What a call and its receiving half share beside the connection.
#[derive(Debug)]
pub(crate) struct OfCall {
    states: watch::Sender<CallState>,
    resume: Option<ResumeFrom>,
}

/// Where a stream goes on.
#[derive(Debug)]
struct ResumeFrom {
    id: EventId,
    last: Mutex<Option<String>>,
}

impl OfCall {
    /// `resumes`: the method takes the last id.
    pub(super) fn new<T: Item>(resumes: bool) -> Arc<Self> {
        let id = if resumes { EventId::of::<T>() } else { None };
        let resume = id.map(|id| ResumeFrom { id, last: Mutex::default() });
        Arc::new(Self { states: watch::Sender::new(CallState::Connecting { attempt: 1 }), resume })
    }

    pub(super) fn tell(&self, state: CallState) {
        self.states.send_replace(state);
    }

    pub(crate) fn state(&self) -> CallState {
        self.states.borrow().clone()
    }

    pub(crate) fn watch(&self) -> CallStates {
        CallStates { states: self.states.subscribe(), first: true }
    }

    /// Whether the stream goes on behind the last message.
    pub(super) fn resumes(&self) -> bool {
        self.resume.is_some()
    }

    pub(super) fn last_id(&self) -> Option<String> {
        let resume = self.resume.as_ref()?;
        resume.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A message was handed out.
    pub(crate) fn note(&self, json: &[u8]) {
        if let Some(resume) = &self.resume
            && let Some(id) = resume.id.find(json)
        {
            *resume.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(id);
        }
    }
}

/// The states of one call, from [`Receiver::states`](crate::Receiver::states).
#[derive(Debug)]
pub struct CallStates {
    states: watch::Receiver<CallState>,
    first: bool,
}

impl CallStates {
    /// The state, at first as it is and then whenever it changes; `None` when the call and its halves are gone. Whoever is slow
    /// sees only the newest.
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing.
    pub async fn next(&mut self) -> Option<CallState> {
        if !std::mem::take(&mut self.first) {
            self.states.changed().await.ok()?;
        }
        Some(self.states.borrow_and_update().clone())
    }
}

/// Tells somebody else's code, which may panic.
pub(super) fn tell(on_event: Option<&OnEvent>, service: &'static str, method: &'static str, state: &CallState) {
    let Some(on_event) = on_event else { return };
    let event = ClientEvent { service, method, state: state.clone() };
    if catch_unwind(AssertUnwindSafe(|| on_event(&event))).is_err() {
        tracing::error!("a client's `on_event` panicked");
    }
}
