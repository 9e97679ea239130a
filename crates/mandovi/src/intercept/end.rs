//! How a call ended, and the one place that tells all interceptors of it.

use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};

use super::{CallInfo, Refused, Shared};
use crate::class::ErrorClass;
use crate::declared::{DeclaredError, NoError};
use crate::error::{Closed, Failure, Outcome, StreamError};

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum End {
    /// As it should.
    Done,
    /// With an error, declared or not.
    Failed {
        /// The HTTP status that the peer sees or told; `None` where there is none, as when a server cannot be reached.
        status: Option<u16>,
        /// The name of the error; `fault` for an internal one, empty where there is none.
        name: String,
    },
    /// The stream ended before the call did: the peer left, or this side closed it.
    Closed(Closed),
    /// Its futures or halves were dropped before it was over: on a server because the client left, on a client because nobody
    /// waits any more.
    Cancelled,
    /// The method, or an interceptor, panicked.
    Panicked,
}

impl End {
    pub(crate) fn of<T, E: DeclaredError>(outcome: &Outcome<T, E>) -> Self {
        match outcome {
            Ok(_) => End::Done,
            Err(failure) => Self::of_failure(failure),
        }
    }

    pub(crate) fn of_failure<E: DeclaredError>(failure: &Failure<E>) -> Self {
        match failure {
            Failure::Stream(StreamError::Closed(closed)) => End::Closed(closed.clone()),
            failure => {
                let (status, name) = told(failure);
                End::Failed { status, name: name.to_owned() }
            }
        }
    }

    pub(crate) fn of_stream(error: &StreamError) -> Self {
        match error {
            StreamError::Closed(closed) => End::Closed(closed.clone()),
            error => {
                let (status, name) = told_of_stream(error);
                End::Failed { status, name: name.to_owned() }
            }
        }
    }
}

/// The status and the name of a failure, as far as it has them.
fn told<E: DeclaredError>(failure: &Failure<E>) -> (Option<u16>, &str) {
    match failure {
        Failure::Declared(error) => (Some(error.status()), error.name()),
        Failure::Stream(error) => told_of_stream(error),
        Failure::Remote(remote) => (Some(remote.status), &remote.name),
        Failure::Connect(_) => (None, ""),
        Failure::Internal(_) => (Some(500), "fault"),
    }
}

fn told_of_stream(error: &StreamError) -> (Option<u16>, &str) {
    match error {
        StreamError::Closed(_) => (None, ""),
        StreamError::Invalid(invalid) => (Some(400), invalid.violations().first().map_or("", |first| first.rule)),
        StreamError::Unsendable(_) => (Some(500), "fault"),
        StreamError::Refused(refused) => (Some(refused.status()), refused.name()),
    }
}

/// Why a call did not succeed, whatever errors its method declares.
///
/// Made from a [`Refused`], from any error with `#[errors]`, from a [`Failure`], a [`StreamError`] or an [`io::Error`](std::io::Error), with
/// `?` or `into`. Other failures of our own: [`internal`](Self::internal).
///
/// ```
/// use mandovi::intercept::{Fault, Refused};
///
/// let fault = Fault::from(Refused::new(403, "forbidden", "Not on Sundays."));
/// assert_eq!((fault.status(), fault.name()), (Some(403), "forbidden"));
/// ```
pub struct Fault(Box<dyn Erased>);

impl Fault {
    /// A failure of our own, of which the peer learns nothing but 500 or 1011.
    pub fn internal(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Failure::<NoError>::internal(error).into()
    }

    /// The failure as the method's own type, if it declares `E`.
    pub fn failure<E: DeclaredError>(&self) -> Option<&Failure<E>> {
        self.0.as_any().downcast_ref()
    }

    /// The error that the method declares, if it is one of `E`.
    pub fn declared<E: DeclaredError>(&self) -> Option<&E> {
        self.failure()?.declared()
    }

    /// The HTTP status that a peer sees, or told; `None` where there is none.
    pub fn status(&self) -> Option<u16> {
        self.0.told().0
    }

    /// The name of the error; empty where there is none.
    pub fn name(&self) -> &str {
        self.0.told().1
    }

    /// What a client should make of it.
    pub fn class(&self) -> ErrorClass {
        self.0.class()
    }

    /// How a call ends that fails with it.
    pub fn end(&self) -> End {
        self.0.end()
    }

    /// As what a method that declares `E` answers.
    pub(crate) fn into_failure<E: DeclaredError>(self) -> Failure<E> {
        let typed = self.0.as_any().is::<Failure<E>>();
        if !typed {
            return match self.0.forget() {
                Failure::Stream(StreamError::Refused(refused)) => refused.into_failure(),
                Failure::Stream(error) => Failure::Stream(error),
                Failure::Remote(remote) => Failure::Remote(remote),
                Failure::Connect(error) => Failure::Connect(error),
                Failure::Internal(error) => Failure::Internal(error),
                Failure::Declared(never) => match never {},
            };
        }
        match self.0.into_any().downcast::<Failure<E>>() {
            Ok(failure) => match *failure {
                Failure::Stream(StreamError::Refused(refused)) => refused.into_failure(),
                failure => failure,
            },
            Err(_) => Failure::internal("a failure of another type"),
        }
    }
}

impl<E: DeclaredError> From<Failure<E>> for Fault {
    fn from(failure: Failure<E>) -> Self {
        Self(Box::new(failure))
    }
}

impl<E: DeclaredError> From<E> for Fault {
    fn from(error: E) -> Self {
        Failure::Declared(error).into()
    }
}

impl From<StreamError> for Fault {
    fn from(error: StreamError) -> Self {
        Failure::<NoError>::Stream(error).into()
    }
}

impl From<Refused> for Fault {
    fn from(refused: Refused) -> Self {
        StreamError::Refused(refused).into()
    }
}

/// A failure of our own, as in a method.
impl From<std::io::Error> for Fault {
    fn from(error: std::io::Error) -> Self {
        Self::internal(error)
    }
}

impl fmt::Debug for Fault {
    /// Without texts, which may hold values.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Fault").field(&self.end()).finish()
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.display(f)
    }
}

impl std::error::Error for Fault {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source()
    }
}

/// A failure whose declared errors are forgotten.
trait Erased: Send + Sync {
    fn as_any(&self) -> &dyn Any;
    fn into_any(self: Box<Self>) -> Box<dyn Any>;
    fn forget(self: Box<Self>) -> Failure<NoError>;
    fn class(&self) -> ErrorClass;
    fn told(&self) -> (Option<u16>, &str);
    fn end(&self) -> End;
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)>;
    fn display(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result;
}

impl<E: DeclaredError> Erased for Failure<E> {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }

    fn forget(self: Box<Self>) -> Failure<NoError> {
        match *self {
            Failure::Declared(error) => Failure::Stream(Refused::declared(&error).into()),
            Failure::Stream(error) => Failure::Stream(error),
            Failure::Remote(remote) => Failure::Remote(remote),
            Failure::Connect(error) => Failure::Connect(error),
            Failure::Internal(error) => Failure::Internal(error),
        }
    }

    fn class(&self) -> ErrorClass {
        Failure::class(self)
    }

    fn told(&self) -> (Option<u16>, &str) {
        told(self)
    }

    fn end(&self) -> End {
        End::of_failure(self)
    }

    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        std::error::Error::source(self)
    }

    fn display(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// One call under way, with its interceptors. The last to hold it tells them that it is over, unless that was said before.
#[derive(Debug)]
pub(crate) struct Live {
    pub(super) stack: Shared,
    pub(super) info: CallInfo,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// What is known of the end so far.
    noted: Option<End>,
    told: bool,
}

impl Live {
    pub(crate) fn new(stack: Shared, info: CallInfo) -> Self {
        Self { stack, info, state: Mutex::default() }
    }

    pub(crate) fn info(&self) -> &CallInfo {
        &self.info
    }

    /// Notes how the stream ended, for when its halves are gone. The first word counts.
    pub(crate) fn note(&self, end: impl FnOnce() -> End) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).noted.get_or_insert_with(end);
    }

    /// Tells all interceptors, once, the innermost first.
    pub(crate) fn end(&self, end: &End) {
        if std::mem::replace(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner).told, true) {
            return;
        }
        for interceptor in self.stack.0.iter().rev() {
            // It may run while a panic unwinds, where a second one would end the process.
            let told = catch_unwind(AssertUnwindSafe(|| interceptor.ended(&self.info, end)));
            if told.is_err() {
                tracing::error!(method = self.info.method(), "an interceptor panicked at the end of a call");
            }
        }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        let noted = self.state.get_mut().unwrap_or_else(PoisonError::into_inner).noted.take();
        self.end(&noted.unwrap_or(End::Cancelled));
    }
}

/// Tells the end of a call whose future is dropped.
pub(super) struct Guard<'a>(pub(super) &'a Live);

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        self.0.end(if std::thread::panicking() { &End::Panicked } else { &End::Cancelled });
    }
}
