//! A stream as server-sent events (WHATWG HTML §9.2): who asks for it, and the head of the answer.

use axum::body::Body;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header, request};

use super::Response;
use super::connect::protocol_of;
use crate::class::ErrorClass;
use crate::connection::{END_MARKER, End, EventsBody, Reconnect};
use crate::declared::DeclaredError;

/// The media type, and its name in `Accept`.
const EVENT_STREAM: &str = "text/event-stream";
const LAST_EVENT_ID: &str = "last-event-id";

/// Whether a request asks for events: a `GET` that is no upgrade and takes exactly this media type. `*/*` is what everybody
/// sends who has not thought of it.
pub(super) fn are_asked_for(parts: &request::Parts) -> bool {
    parts.method == Method::GET
        && protocol_of(&parts.extensions).is_none()
        && !parts.headers.contains_key(header::UPGRADE)
        && takes_events(&parts.headers)
}

/// Whether a client comes back after the end, as an `EventSource` does by itself.
pub(super) fn were_complete(headers: &HeaderMap) -> bool {
    headers.get(LAST_EVENT_ID).is_some_and(|id| id.as_bytes() == END_MARKER.as_bytes())
}

/// 204, which stops an `EventSource`.
pub(super) fn no_more() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// A declared error after the answer has begun. What stays is not asked for again.
pub(super) fn end_of_declared<E: DeclaredError>(error: &E) -> End {
    let (status, retry_after) = (error.status(), error.retry_after());
    let stays = ErrorClass::of_declared(status, retry_after.is_some(), error.class()) == ErrorClass::Fatal;
    let reconnect = match retry_after {
        Some(pause) => Reconnect::After(pause),
        None if stays => Reconnect::No,
        None => Reconnect::Yes,
    };
    End::declared(error.name(), status, retry_after, &error.encode_body().unwrap_or_default(), reconnect)
}

/// The 200. Nobody keeps it, and nobody gathers it before passing it on.
pub(super) fn answer(body: EventsBody, view: Option<&'static str>) -> Response {
    let mut response = Response::new(Body::new(body));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(EVENT_STREAM));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store, no-transform"));
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    if let Some(view) = view {
        headers.insert("goa-view", HeaderValue::from_static(view));
    }
    response
}

/// RFC 9110 §12.5.1. What cannot be read asks for nothing.
fn takes_events(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(header::ACCEPT).into_iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| split(line, ',')).any(|range| {
        let mut parts = split(range, ';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(EVENT_STREAM));
        named && parts.all(|parameter| !is_refusal(parameter))
    })
}

/// Whether a parameter is a weight of nothing, or one that cannot be read.
fn is_refusal(parameter: &str) -> bool {
    let Some((name, weight)) = parameter.split_once('=') else { return false };
    let weight = weight.trim();
    let bytes = weight.as_bytes();
    let is_weight = matches!(bytes.first(), Some(b'0' | b'1'))
        && bytes.len() <= 5
        && matches!(bytes.get(1), None | Some(b'.'))
        && bytes.iter().skip(2).all(u8::is_ascii_digit);
    name.trim().eq_ignore_ascii_case("q") && (!is_weight || weight.parse::<f32>().is_ok_and(|weight| weight == 0.0))
}

/// The pieces between separators that stand in no quotes.
fn split(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped) = (false, false);
    text.split(move |char: char| {
        match char {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ => {}
        }
        char == separator && !quoted
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn takes(lines: &[&[u8]]) -> bool {
        let lines = lines.iter().map(|line| (header::ACCEPT, HeaderValue::from_bytes(line).unwrap()));
        takes_events(&lines.collect())
    }

    #[test]
    fn only_the_media_type_itself_asks_for_events() {
        let asks: &[&[u8]] = &[
            b"text/event-stream",
            b"Text/Event-Stream",
            b"text/event-stream;q=0.001",
            b"text/event-stream; Q=1.000",
            b"text/html, */*;q=0.8 , text/event-stream ;q=0.1",
            b"text/event-stream;charset=utf-8",
            b"text/html;note=\"a, b; q=0\",text/event-stream",
            b",,text/event-stream,",
        ];
        for line in asks {
            assert!(takes(&[line]), "{line:?}");
        }
        assert!(takes(&[b"text/html", b"text/event-stream"]));
        assert!(takes(&[b"\xff\xfe", b"text/event-stream"]), "one line that is none takes nothing from the other");
        let does_not: &[&[u8]] = &[
            b"",
            b"*/*",
            b"text/*",
            b"text/event-stream;q=0",
            b"text/event-stream; q=0.000, */*",
            b"text/event-stream;q=",
            b"text/event-stream;q=2",
            b"text/event-stream;q=0.0001",
            b"text/event-stream;q=-1",
            b"text/event-stream;q=nan",
            b"text/event-streams",
            b"text/html;note=\"text/event-stream\"",
            b"text/html;note=\"\\\",text/event-stream",
            b"text/event-stream \xff",
        ];
        for line in does_not {
            assert!(!takes(&[line]), "{line:?}");
        }
        assert!(!takes(&[]));
    }

    #[test]
    fn a_list_without_an_end_is_read_once() {
        let commas = vec![b','; 32 * 1024];
        assert!(!takes(&[&commas]));
        let quotes = vec![b'"'; 32 * 1024 + 1];
        assert!(!takes(&[&quotes]));
    }
}
