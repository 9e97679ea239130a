//! How an interceptor says no.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;

use crate::declared::DeclaredError;
use crate::error::Failure;
use crate::server::Refusal;

/// An interceptor's refusal of a call or a message.
///
/// It is told like an error of the design: where the method declares an error of that name and status it *is* that error, for the
/// method and for the peer; where it does not, the peer sees status (as close code 4000 + status once the stream is open), name
/// and message all the same.
///
/// ```
/// use mandovi::intercept::Refused;
///
/// let refused = Refused::new(429, "slow_down", "Come back later.");
/// assert_eq!((refused.status(), refused.name()), (429, "slow_down"));
/// // Our own fault: the peer sees 500, or 1011, and no text.
/// assert_eq!(Refused::internal("the audit log is full").status(), 500);
/// ```
#[derive(Clone)]
pub struct Refused(Arc<Told>);

#[derive(Clone)]
struct Told {
    status: u16,
    name: String,
    message: String,
    retry_after: Option<Duration>,
    /// The body of a declared error.
    body: Option<Vec<u8>>,
    internal: Option<Arc<dyn Error + Send + Sync>>,
}

impl Refused {
    /// A refusal with an HTTP status from 400 to 599, a name and a text for the peer. Any other status counts as 500.
    pub fn new(status: u16, name: impl Into<String>, message: impl Into<String>) -> Self {
        let status = if (400..600).contains(&status) { status } else { 500 };
        Self(Arc::new(Told {
            status,
            name: name.into(),
            message: message.into(),
            retry_after: None,
            body: None,
            internal: None,
        }))
    }

    /// An error of the design, typed. A method that declares another type of errors sees it where that has an error of the
    /// same name, status and shape.
    pub fn declared(error: &impl DeclaredError) -> Self {
        match error.encode_body() {
            Ok(body) => Self(Arc::new(Told {
                status: error.status(),
                name: error.name().to_owned(),
                message: crate::close_reason::message_of(&body).unwrap_or_default(),
                retry_after: error.retry_after(),
                body: Some(body),
                internal: None,
            })),
            Err(invalid) => Self::internal(invalid),
        }
    }

    /// A failure of our own, which goes to the log: the peer is told 500, or 1011, and no text.
    pub fn internal(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        let internal = Some(error.into().into());
        let Self(told) = Self::new(500, "fault", "");
        Self(Arc::new(Told { internal, ..Arc::unwrap_or_clone(told) }))
    }

    /// When to come back.
    #[must_use]
    pub fn retry_after(self, after: Duration) -> Self {
        Self(Arc::new(Told { retry_after: Some(after), ..Arc::unwrap_or_clone(self.0) }))
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.0.status
    }

    /// The name, by which clients tell errors apart.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The text for the peer; empty for a failure of our own.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    pub(crate) fn says_when(&self) -> bool {
        self.0.retry_after.is_some()
    }

    /// As what a method that declares `E` sees it.
    pub(crate) fn into_failure<E: DeclaredError>(self) -> Failure<E> {
        if let Some(error) = &self.0.internal {
            return Failure::Internal(Box::new(Shown(Arc::clone(error))));
        }
        match self.decode() {
            Some(error) => Failure::Declared(error),
            None => Failure::Stream(self.into()),
        }
    }

    /// The error of the design that it is, whatever shape that has: its own body, a text, the standard body, or none.
    fn decode<E: DeclaredError>(&self) -> Option<E> {
        let Told { status, name, message, retry_after, body, .. } = &*self.0;
        let decode = |body: Option<&[u8]>| {
            E::decode(Some(name), *status, *retry_after, body).filter(|error| error.status() == *status)
        };
        if body.is_some() {
            return decode(body.as_deref());
        }
        let text = serde_json::Value::from(message.as_str()).to_string();
        decode(Some(text.as_bytes())).or_else(|| {
            let six = crate::server::standard_body(*status, name, message);
            decode(Some(&six)).or_else(|| decode(None))
        })
    }

    /// As the answer of a server whose method does not declare it. Logs what the peer is not told.
    pub(crate) fn into_refusal(self, path: &str) -> Refusal {
        let Told { status, name, message, retry_after, internal, .. } = &*self.0;
        if let Some(error) = internal {
            tracing::error!(%error, path, "an interceptor failed");
            return Refusal::internal();
        }
        let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let refusal = Refusal::new(status, name, message);
        match retry_after {
            Some(after) => refusal.with_retry_after(*after),
            None => refusal,
        }
    }
}

impl<E: DeclaredError> From<E> for Refused {
    fn from(error: E) -> Self {
        Self::declared(&error)
    }
}

impl PartialEq for Refused {
    /// By what the peer is told.
    fn eq(&self, other: &Self) -> bool {
        let told = |refused: &Self| {
            let Told { status, name, message, retry_after, body, internal } = (*refused.0).clone();
            (status, name, message, retry_after, body, internal.is_some())
        };
        told(self) == told(other)
    }
}

impl Eq for Refused {}

impl fmt::Debug for Refused {
    /// Without the body, which may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refused").field("status", &self.0.status).field("name", &self.0.name).finish_non_exhaustive()
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "refused by an interceptor: {} {}", self.0.status, self.0.name)?;
        if !self.0.message.is_empty() {
            write!(f, ": {}", self.0.message)?;
        }
        Ok(())
    }
}

impl Error for Refused {}

/// An error that several hold, as a box.
#[derive(Debug)]
struct Shown(Arc<dyn Error + Send + Sync>);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for Shown {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}
