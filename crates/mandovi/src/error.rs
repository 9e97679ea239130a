//! What a method, a `send` and a `recv` answer when it is not a value.
//!
//! [`Outcome`] is what every method of a service returns. Its [`Failure`] says who is at fault: the design declared the
//! case, the stream ended or carried something invalid, the other side reported what the design does not know, the
//! server could not be reached, or we failed ourselves. `From` for each, so that `?` works on whatever a handler meets.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use mandovi_websocket::CloseCode;

use crate::class::{ErrorClass, status_of_close_code};
use crate::close_reason::parse_close_reason;
use crate::declared::{DeclaredError, NoError};
use crate::intercept::Refused;
use crate::value::Invalid;

/// What a method answers.
pub type Outcome<T, E = NoError> = Result<T, Failure<E>>;

/// Why a method or a call did not answer with a value.
///
/// ```
/// use mandovi::{Failure, NoError, Outcome};
///
/// fn read(path: &str) -> Outcome<String> {
///     // Anything that is not the peer's business: it sees 1011 (or 500) and no text.
///     std::fs::read_to_string(path).map_err(Failure::internal)
/// }
/// assert!(matches!(read("/nowhere/at/all"), Err(Failure::Internal(_))));
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum Failure<E = NoError> {
    /// An error that the design declares. Before the upgrade it travels as its HTTP status, after it as the close code
    /// 4000 + status with name and body in the reason.
    Declared(E),
    /// The stream ended, or a message on it broke the contract.
    Stream(StreamError),
    /// The other side refused or failed with something that the design does not declare.
    Remote(Remote),
    /// A client could not reach the server.
    Connect(ConnectError),
    /// Our own fault. The peer sees 1011, or 500, and no text.
    Internal(Box<dyn std::error::Error + Send + Sync>),
}

impl<E> Failure<E> {
    /// A failure of our own, which the peer is not told about.
    pub fn internal(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Failure::Internal(error.into())
    }

    /// A handler ends its stream since the server [drains](crate::Context::draining), and the stream is to go on elsewhere: the peer is
    /// closed with 1012 and told when to come back, as the drain itself would do. Whoever [heals](crate::client::Retry) calls again
    /// then; `Ok` is the end of the stream for good. Before the upgrade, and for a plain method, it is 503 with `Retry-After`.
    ///
    /// ```
    /// use mandovi::prelude::*;
    ///
    /// async fn ticks(cx: Context, output: Sender<u64>) -> Outcome<()> {
    ///     for number in 0.. {
    ///         tokio::select! {
    ///             sent = output.send(number) => sent?,
    ///             () = cx.draining() => return Err(Failure::draining()),
    ///         }
    ///     }
    ///     Ok(())
    /// }
    /// ```
    pub fn draining() -> Self {
        Failure::Stream(StreamError::Closed(Closed::draining()))
    }

    /// The declared error, if it is one.
    pub fn declared(&self) -> Option<&E> {
        match self {
            Failure::Declared(error) => Some(error),
            _ => None,
        }
    }

    /// Whether the stream is simply over: the peer has left or closed.
    pub fn is_closed(&self) -> bool {
        matches!(self, Failure::Stream(StreamError::Closed(_)))
    }

    /// What a client should make of it.
    pub fn class(&self) -> ErrorClass
    where
        E: DeclaredError,
    {
        match self {
            Failure::Declared(error) => {
                ErrorClass::of_declared(error.status(), error.retry_after().is_some(), error.class())
            }
            Failure::Stream(StreamError::Closed(closed)) => closed.class(),
            Failure::Remote(remote) => remote.class(),
            Failure::Connect(error) => error.class(),
            Failure::Stream(StreamError::Refused(refused)) => {
                ErrorClass::of_status(refused.status(), refused.says_when())
            }
            Failure::Stream(_) | Failure::Internal(_) => ErrorClass::Fatal,
        }
    }
}

impl<E: fmt::Display> fmt::Display for Failure<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Declared(error) => error.fmt(f),
            Failure::Stream(error) => error.fmt(f),
            Failure::Remote(remote) => remote.fmt(f),
            Failure::Connect(error) => error.fmt(f),
            Failure::Internal(_) => f.write_str("internal error"),
        }
    }
}

impl<E: std::error::Error + 'static> std::error::Error for Failure<E> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Failure::Declared(error) => error.source(),
            Failure::Stream(error) => error.source(),
            Failure::Connect(error) => error.source(),
            Failure::Remote(_) => None,
            Failure::Internal(error) => Some(error.as_ref()),
        }
    }
}

/// A declared error, and one that the design's [includes](macro@crate::errors).
impl<E: DeclaredError + From<F>, F: DeclaredError> From<F> for Failure<E> {
    fn from(error: F) -> Self {
        Failure::Declared(E::from(error))
    }
}

impl<E> From<StreamError> for Failure<E> {
    fn from(error: StreamError) -> Self {
        Failure::Stream(error)
    }
}

impl<E> From<Invalid> for Failure<E> {
    fn from(error: Invalid) -> Self {
        Failure::Stream(StreamError::Invalid(error))
    }
}

impl<E> From<Closed> for Failure<E> {
    fn from(closed: Closed) -> Self {
        Failure::Stream(StreamError::Closed(closed))
    }
}

impl<E> From<ConnectError> for Failure<E> {
    fn from(error: ConnectError) -> Self {
        Failure::Connect(error)
    }
}

impl<E> From<Box<dyn std::error::Error + Send + Sync>> for Failure<E> {
    fn from(error: Box<dyn std::error::Error + Send + Sync>) -> Self {
        Failure::Internal(error)
    }
}

impl<E> From<std::io::Error> for Failure<E> {
    fn from(error: std::io::Error) -> Self {
        Failure::Internal(Box::new(error))
    }
}

/// Why a `send` or a `recv` did not do its work.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StreamError {
    /// The stream is over: the peer has left, the connection was closed, or this side finished it.
    Closed(Closed),
    /// The peer's message broke the contract. It is gone and the stream goes on: a handler may carry on, or return this,
    /// and the peer sees 1007.
    Invalid(Invalid),
    /// A value of our own is not what the design says. Nothing was sent and the stream goes on; a handler that returns
    /// this has failed itself, and the peer sees 1011 and no text.
    Unsendable(Invalid),
    /// An [interceptor](crate::intercept) refused the message, which is gone or was not sent; the stream goes on. A handler that
    /// returns this tells its peer what the interceptor said.
    Refused(Refused),
}

impl fmt::Display for StreamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StreamError::Closed(closed) => closed.fmt(f),
            StreamError::Invalid(invalid) => invalid.fmt(f),
            StreamError::Unsendable(invalid) => write!(f, "not sent: {invalid}"),
            StreamError::Refused(refused) => refused.fmt(f),
        }
    }
}

impl std::error::Error for StreamError {}

impl From<Closed> for StreamError {
    fn from(closed: Closed) -> Self {
        StreamError::Closed(closed)
    }
}

impl From<Invalid> for StreamError {
    fn from(invalid: Invalid) -> Self {
        StreamError::Invalid(invalid)
    }
}

impl From<Refused> for StreamError {
    fn from(refused: Refused) -> Self {
        StreamError::Refused(refused)
    }
}

/// How a stream ended. One word, cheap to clone.
#[derive(Clone, PartialEq, Eq)]
pub struct Closed(Arc<Repr>);

#[derive(PartialEq, Eq)]
struct Repr {
    code: CloseCode,
    reason: String,
    by: Initiator,
}

/// Who ended a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Initiator {
    /// The other side: a close frame, or the end of its connection.
    Peer,
    /// This side: the handler returned, a half was dropped, the connection was closed here.
    Local,
}

impl Closed {
    pub(crate) fn new(code: CloseCode, reason: impl Into<String>, by: Initiator) -> Self {
        Self(Arc::new(Repr { code, reason: reason.into(), by }))
    }

    /// The connection ended without a close frame.
    pub(crate) fn abnormal(reason: impl Into<String>) -> Self {
        Self::new(CloseCode::ABNORMAL, reason, Initiator::Peer)
    }

    /// This side ended its own stream.
    pub(crate) fn finished() -> Self {
        Self::new(CloseCode::NORMAL, "finished", Initiator::Local)
    }

    /// This side ends the stream since the server drains.
    pub(crate) fn draining() -> Self {
        Self::new(CloseCode::SERVICE_RESTART, "draining", Initiator::Local)
    }

    /// Whether this side wants the peer to come back.
    pub(crate) fn comes_back(&self) -> bool {
        self.0.by == Initiator::Local && self.0.code == CloseCode::SERVICE_RESTART
    }

    /// The close code; 1005 where the close frame held none, 1006 where the connection ended without one (RFC 6455
    /// §7.1.5).
    pub fn code(&self) -> CloseCode {
        self.0.code
    }

    /// The text that came with the code.
    pub fn reason(&self) -> &str {
        &self.0.reason
    }

    /// Who ended the stream.
    pub fn initiator(&self) -> Initiator {
        self.0.by
    }

    /// What a client should make of it.
    pub fn class(&self) -> ErrorClass {
        let code = self.0.code.as_u16();
        match (status_of_close_code(code), parse_close_reason(&self.0.reason)) {
            (Some(status), Some(reason)) => ErrorClass::of_status(status, reason.retry_after.is_some()),
            _ => ErrorClass::of_close_code(code),
        }
    }

    /// The peer closed as one does after everything was said: 1000, 1001, or no code at all.
    pub(crate) fn is_clean(&self) -> bool {
        self.0.by == Initiator::Peer
            && [CloseCode::NORMAL, CloseCode::GOING_AWAY, CloseCode::NO_STATUS].contains(&self.0.code)
    }
}

impl fmt::Debug for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Closed")
            .field("code", &self.0.code)
            .field("reason", &self.0.reason)
            .field("by", &self.0.by)
            .finish()
    }
}

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let who = match self.0.by {
            Initiator::Peer => "the peer",
            Initiator::Local => "this side",
        };
        write!(f, "stream closed by {who}: {}", self.0.code)?;
        if !self.0.reason.is_empty() {
            write!(f, ": {}", self.0.reason)?;
        }
        Ok(())
    }
}

impl std::error::Error for Closed {}

/// A refusal or failure that the other side reported and the design does not declare, or whose body did not fit into a
/// close frame.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Remote {
    /// The HTTP status, also where it travelled as a close code of 4000 + status.
    pub status: u16,
    /// The error's name, as the peer gave it; empty where it gave none.
    pub name: String,
    /// The peer's own text.
    pub message: String,
    /// When to come back.
    pub retry_after: Option<Duration>,
    /// What the design says of an error of this name, whose body was lost.
    pub(crate) declared: Option<mandovi_model::ErrorClass>,
}

impl Remote {
    /// What a client should make of it.
    pub fn class(&self) -> ErrorClass {
        let hint = self.retry_after.is_some();
        match self.declared {
            Some(declared) => ErrorClass::of_declared(self.status, hint, declared),
            None => ErrorClass::of_status(self.status, hint),
        }
    }
}

impl fmt::Display for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the server answered {}", self.status)?;
        if !self.name.is_empty() {
            write!(f, " {}", self.name)?;
        }
        if !self.message.is_empty() {
            write!(f, ": {}", self.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for Remote {}

/// A client could not reach the server, or what answered does not speak WebSocket.
#[derive(Debug)]
pub struct ConnectError {
    what: Cow<'static, str>,
    class: ErrorClass,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl ConnectError {
    /// What another attempt may mend.
    pub(crate) fn new(what: &'static str, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { what: what.into(), class: ErrorClass::Recoverable, source: Some(source.into()) }
    }

    /// What no attempt mends.
    pub(crate) fn fatal(what: &'static str, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { class: ErrorClass::Fatal, ..Self::new(what, source) }
    }

    /// What the caller has to mend.
    pub(crate) fn message(what: impl Into<Cow<'static, str>>) -> Self {
        Self { what: what.into(), class: ErrorClass::Fatal, source: None }
    }

    /// What a client should make of it: recoverable, unless the certificate, the URL or a credential is at fault.
    pub fn class(&self) -> ErrorClass {
        self.class
    }
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        match &self.source {
            Some(source) => write!(f, ": {source}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for ConnectError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| source.as_ref() as _)
    }
}
