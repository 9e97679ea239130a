//! Why an attempt failed, before anybody knows which errors its method declares.

use std::fmt;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use mandovi_websocket::CloseCode;
use serde::Deserialize;

use super::answer::refused;
use super::retry::Judged;
use crate::class::{ErrorClass, close_code_of_status, is_internal_error, status_of_close_code};
use crate::close_reason::{message_of, parse_close_reason, raw_body, with_body};
use crate::declared::DeclaredError;
use crate::error::{Closed, ConnectError, Failure, Initiator};
use crate::server::close_code;
use crate::value::Invalid;

/// See the module.
#[derive(Debug)]
pub(super) enum Trouble {
    /// There was no answer. `sent`: the server may have seen the request.
    Connect { error: ConnectError, sent: bool },
    /// The answer was another than was asked for.
    Refused { status: StatusCode, headers: HeaderMap, body: Bytes },
    /// The call itself is not what the design says.
    Invalid(Invalid),
}

impl From<ConnectError> for Trouble {
    /// Before anything was sent.
    fn from(error: ConnectError) -> Self {
        Trouble::Connect { error, sent: false }
    }
}

impl Trouble {
    /// After something may have been sent.
    pub(super) fn sent(error: ConnectError) -> Self {
        Trouble::Connect { error, sent: true }
    }

    pub(super) fn judged(&self) -> Judged {
        match self {
            Trouble::Connect { error, .. } => Judged { class: error.class(), hint: None, internal: false },
            Trouble::Invalid(_) => Judged { class: ErrorClass::Fatal, hint: None, internal: false },
            Trouble::Refused { status, headers, body } => {
                let status = status.as_u16();
                let hint = retry_after(headers, body);
                let internal = is_internal_error(close_code_of_status(status));
                Judged { class: ErrorClass::of_status(status, hint.is_some()), hint, internal }
            }
        }
    }

    /// Whether the server has not acted on the request, so that any request may be sent again.
    pub(super) fn is_harmless(&self) -> bool {
        match self {
            Trouble::Connect { sent, .. } => !sent,
            Trouble::Refused { .. } => {
                matches!(self.judged().class, ErrorClass::Exhausted | ErrorClass::Unauthenticated)
            }
            Trouble::Invalid(_) => true,
        }
    }

    pub(super) fn into_failure<E: DeclaredError>(self) -> Failure<E> {
        match self {
            Trouble::Connect { error, .. } => error.into(),
            Trouble::Refused { status, headers, body } => refused(status, &headers, &body),
            Trouble::Invalid(invalid) => invalid.into(),
        }
    }

    /// How a stream ends that was open before.
    pub(super) fn into_closed(self) -> Closed {
        match self {
            Trouble::Refused { status, headers, body } => {
                let status = status.as_u16();
                let reason = reason_of(&headers, &body);
                Closed::new(close_code(status), reason, Initiator::Peer)
            }
            Trouble::Connect { error, .. } if error.class() == ErrorClass::Fatal => {
                // What RFC 6455 has for a connection that cannot be made.
                Closed::new(CloseCode::TLS, format!("not connected again: {error}"), Initiator::Peer)
            }
            Trouble::Connect { error, .. } => Closed::abnormal(format!("not connected again: {error}")),
            Trouble::Invalid(invalid) => Closed::abnormal(format!("not connected again: {invalid}")),
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trouble::Connect { error, .. } => error.fmt(f),
            Trouble::Refused { status, headers, body } => {
                write!(f, "the server answered {}", status.as_u16())?;
                let name = headers.get("goa-error").and_then(|name| name.to_str().ok());
                match (name, message_of(body)) {
                    (Some(name), Some(message)) => write!(f, " {name}: {message}"),
                    (Some(name), None) => write!(f, " {name}"),
                    (None, Some(message)) => write!(f, ": {message}"),
                    (None, None) => Ok(()),
                }
            }
            Trouble::Invalid(invalid) => invalid.fmt(f),
        }
    }
}

/// What the end of a connection means for its call.
pub(super) fn judged(closed: &Closed) -> Judged {
    let code = closed.code().as_u16();
    let hint = parse_close_reason(closed.reason()).and_then(|reason| reason.retry_after);
    let class = match status_of_close_code(code) {
        Some(status) => ErrorClass::of_status(status, hint.is_some()),
        None => ErrorClass::of_close_code(code),
    };
    Judged { class, hint, internal: is_internal_error(code) }
}

/// When to come back: to the millisecond where the body says so, or as HTTP does, in seconds or as a date.
fn retry_after(headers: &HeaderMap, body: &[u8]) -> Option<Duration> {
    #[derive(Deserialize)]
    struct Body {
        retry_after_ms: u64,
    }

    if let Ok(Body { retry_after_ms }) = serde_json::from_slice(body) {
        return Some(Duration::from_millis(retry_after_ms));
    }
    retry_after_header(headers)
}

/// As HTTP says it: in seconds, or as a date.
pub(super) fn retry_after_header(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    match text.parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => {
            let date = httpdate::parse_http_date(text).ok()?;
            Some(date.duration_since(SystemTime::now()).unwrap_or_default())
        }
    }
}

/// A refusal in the words of a close frame. Nothing limits it to 123 bytes.
fn reason_of(headers: &HeaderMap, body: &[u8]) -> String {
    #[derive(serde::Serialize)]
    struct Wire<'a> {
        name: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        retry_after_ms: Option<u64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        message: Option<String>,
    }

    let retry_after_ms = retry_after(headers, body).map(|hint| u64::try_from(hint.as_millis()).unwrap_or(u64::MAX));
    let name = headers.get("goa-error").and_then(|name| name.to_str().ok()).unwrap_or_default();
    let wire = Wire { name, retry_after_ms, message: message_of(body) };
    with_body(&wire, raw_body(body, retry_after_ms.is_some()).as_deref()).unwrap_or_else(|| "{}".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: header::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, value.parse().unwrap())])
    }

    #[test]
    fn a_hint_in_every_form() {
        let hint = |value: &str, body: &str| retry_after(&headers(header::RETRY_AFTER, value), body.as_bytes());
        assert_eq!(hint("7", ""), Some(Duration::from_secs(7)));
        assert_eq!(hint(" 0 ", "{}"), Some(Duration::ZERO));
        assert_eq!(hint("2", r#"{"retry_after_ms":1500}"#), Some(Duration::from_millis(1500)));
        for nonsense in ["", "-1", "soon", "99999999999999999999999"] {
            assert_eq!(hint(nonsense, ""), None, "{nonsense}");
        }
        assert_eq!(hint("Sun, 06 Nov 1994 08:49:37 GMT", ""), Some(Duration::ZERO), "that time is over");
        let date = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(100));
        let wait = hint(&date, "").unwrap();
        assert!((Duration::from_secs(97)..=Duration::from_secs(100)).contains(&wait), "{wait:?}");
    }

    #[test]
    fn a_refusal_reads_like_a_close_frame() {
        let refused = Trouble::Refused {
            status: StatusCode::TOO_MANY_REQUESTS,
            headers: headers("goa-error".parse().unwrap(), "slow_down"),
            body: Bytes::from_static(br#"{"retry_after_ms":1500,"message":"not so fast"}"#),
        };
        assert_eq!(refused.to_string(), "the server answered 429 slow_down: not so fast");
        let closed = refused.into_closed();
        assert_eq!(closed.code().as_u16(), 4429);
        let reason = parse_close_reason(closed.reason()).unwrap();
        assert_eq!((reason.name.as_str(), reason.retry_after), ("slow_down", Some(Duration::from_millis(1500))));
        assert_eq!(reason.body.as_deref(), Some(&br#"{"message":"not so fast"}"#[..]));
        assert_eq!(judged(&closed).hint, Some(Duration::from_millis(1500)));
    }
}
