//! What a refusal or a close frame means to a client.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use mandovi_websocket::CloseCode;

use super::trouble::retry_after_header;
use crate::class::status_of_close_code;
use crate::close_reason::parse_close_reason;
use crate::declared::DeclaredError;
use crate::error::{Closed, Failure, Initiator, Remote, StreamError};

/// How much of an unexpected body is kept for the message, in bytes.
const TEXT_MAX: usize = 256;

/// What the end of a stream means: `Ok` is a proper end.
pub(crate) fn ended<E: DeclaredError>(closed: &Closed, raw: bool) -> Result<(), Failure<E>> {
    if closed.initiator() == Initiator::Peer && (closed.code() == CloseCode::NORMAL || raw && closed.is_clean()) {
        return Ok(());
    }
    let Some(status) = status_of_close_code(closed.code().as_u16()) else {
        return Err(Failure::Stream(StreamError::Closed(closed.clone())));
    };
    let Some(reason) = parse_close_reason(closed.reason()) else {
        return Err(Failure::Remote(Remote {
            status,
            name: String::new(),
            message: closed.reason().to_owned(),
            retry_after: None,
            declared: None,
        }));
    };
    let body = reason.body.as_deref();
    Err(match E::decode(Some(&reason.name), status, reason.retry_after, body) {
        Some(error) => Failure::Declared(error),
        None => Failure::Remote(Remote {
            status,
            message: reason.message.unwrap_or_default(),
            declared: declared_class::<E>(&reason.name, status),
            name: reason.name,
            retry_after: reason.retry_after,
        }),
    })
}

/// The class that the design gives to an error of this name.
fn declared_class<E: DeclaredError>(name: &str, status: u16) -> Option<mandovi_model::ErrorClass> {
    let cases = E::cases(&mut mandovi_model::Types::new());
    cases.into_iter().find(|case| case.name == name && case.status == status).map(|case| case.class)
}

/// An HTTP answer that is not what the call is for.
pub(super) fn refused<E: DeclaredError>(status: StatusCode, headers: &HeaderMap, body: &Bytes) -> Failure<E> {
    let name = headers.get("goa-error").and_then(|name| name.to_str().ok());
    let retry_after = retry_after_header(headers);
    let json = body.trim_ascii();
    // Goa's own clients look at the status first and need the name only where several errors share it.
    if let Some(error) = E::decode(name, status.as_u16(), retry_after, Some(json)) {
        return Failure::Declared(error);
    }
    let six: serde_json::Value = serde_json::from_slice(json).unwrap_or_default();
    let member = |key: &str| six.get(key).and_then(|value| value.as_str()).map(str::to_owned);
    let text = || String::from_utf8_lossy(&json[..json.len().min(TEXT_MAX)]).into_owned();
    let name = name.map(str::to_owned).or_else(|| member("name")).unwrap_or_default();
    Failure::Remote(Remote {
        declared: declared_class::<E>(&name, status.as_u16()),
        status: status.as_u16(),
        name,
        message: member("message").or_else(|| six.as_str().map(str::to_owned)).unwrap_or_else(text),
        retry_after,
    })
}
