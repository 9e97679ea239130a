//! The reason of a close frame with a code of 4000 + status: a refusal or a declared error, as compact JSON.
//!
//! A reason has 123 bytes (RFC 6455 §5.5). What does not fit is left out whole: no value is ever cut, and what is left
//! is always JSON. Both directions of the format are here.

use std::{borrow::Cow, time::Duration};

use serde::{Deserialize, Serialize, de::IgnoredAny};
use serde_json::{Map, Value};

/// The bytes that a close frame has for its reason.
pub(crate) const MAX_REASON: usize = 123;

/// What a peer reads out of a reason.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct CloseReason {
    /// The name of the error; empty where it did not fit.
    pub(crate) name: String,
    /// When to come back. The peer's word: bound it before acting on it.
    pub(crate) retry_after: Option<Duration>,
    /// The body as JSON, for the design to decode.
    pub(crate) body: Option<Vec<u8>>,
    /// The text, where there is no body.
    pub(crate) message: Option<String>,
}

/// Reads a reason; `None` if it is not one of this format.
pub(crate) fn parse_close_reason(reason: &str) -> Option<CloseReason> {
    #[derive(Deserialize)]
    struct Wire {
        #[serde(default)]
        name: String,
        retry_after_ms: Option<u64>,
        body: Option<Value>,
        message: Option<String>,
    }

    // A struct would also be read from an array.
    if !reason.starts_with('{') {
        return None;
    }
    let wire: Wire = serde_json::from_str(reason).ok()?;
    Some(CloseReason {
        name: wire.name,
        retry_after: wire.retry_after_ms.map(Duration::from_millis),
        body: wire.body.map(|body| body.to_string().into_bytes()),
        message: wire.message,
    })
}

/// Writes a reason. `body` is JSON or empty; it travels only where the design knows it, otherwise its text does.
pub(crate) fn reason(name: &str, retry_after: Option<Duration>, body: &[u8], declared: bool) -> String {
    #[derive(Clone, Copy, Default, Serialize)]
    struct Wire<'a> {
        name: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        retry_after_ms: Option<u64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        message: Option<&'a str>,
    }

    let retry_after_ms = retry_after.map(|hint| u64::try_from(hint.as_millis()).unwrap_or(u64::MAX));
    let raw = if declared { raw_body(body, retry_after_ms.is_some()) } else { None };
    let message = message_of(body);
    let named = Wire { name, retry_after_ms, ..Wire::default() };
    // From the most that can be said to the least.
    let candidates = [
        raw.as_deref().map(|body| (named, Some(body))),
        message.as_deref().map(|message| (Wire { message: Some(message), ..named }, None)),
        Some((named, None)),
        Some((Wire { name, ..Wire::default() }, None)),
    ];
    candidates
        .into_iter()
        .flatten()
        .filter_map(|(wire, body)| with_body(&wire, body))
        .find(|text| text.len() <= MAX_REASON)
        .unwrap_or_else(|| "{}".to_owned())
}

/// An object as JSON, with a body that is JSON already as its last member.
pub(crate) fn with_body(wire: &impl Serialize, body: Option<&str>) -> Option<String> {
    let mut text = serde_json::to_string(wire).ok()?;
    if let Some(body) = body {
        text.truncate(text.strip_suffix('}')?.len());
        text.push_str(if text.len() > 1 { ",\"body\":" } else { "\"body\":" });
        text.push_str(body);
        text.push('}');
    }
    Some(text)
}

/// The body for a reason, where `retry_after_ms` is a member of the reason and not of the body.
pub(crate) fn raw_body(body: &[u8], hinted: bool) -> Option<String> {
    let mut body = Cow::Borrowed(body.trim_ascii());
    if hinted
        && let Ok(mut members) = serde_json::from_slice::<Map<String, Value>>(&body)
        && members.remove("retry_after_ms").is_some()
    {
        body = serde_json::to_vec(&members).ok()?.into();
    }
    let body = String::from_utf8(body.into_owned()).ok()?;
    // Only what is JSON may stand in JSON.
    serde_json::from_str::<IgnoredAny>(&body).is_ok().then_some(body)
}

/// The text in a body: the body itself, or its member `message`. Nothing else may stand in for it, because a body is
/// all that an error shows to a peer.
pub(crate) fn message_of(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Body {
        Text(String),
        Object { message: String },
    }

    match serde_json::from_slice(body).ok()? {
        Body::Text(message) | Body::Object { message } => Some(message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HINT: Option<Duration> = Some(Duration::from_millis(1500));

    fn named(name: &str) -> CloseReason {
        CloseReason { name: name.to_owned(), ..CloseReason::default() }
    }

    #[test]
    fn a_declared_error_comes_back_whole() {
        let text = reason("unauthorized", None, b"\"invalid token\"\n", true);
        assert_eq!(text, r#"{"name":"unauthorized","body":"invalid token"}"#);
        let body = Some(br#""invalid token""#.to_vec());
        assert_eq!(parse_close_reason(&text), Some(CloseReason { body, ..named("unauthorized") }));
    }

    #[test]
    fn the_hint_is_a_member_of_the_reason_and_not_of_the_body() {
        let text = reason("slow_down", HINT, br#"{"retry_after_ms":1500,"room":"a"}"#, true);
        assert_eq!(text, r#"{"name":"slow_down","retry_after_ms":1500,"body":{"room":"a"}}"#);
        let body = Some(br#"{"room":"a"}"#.to_vec());
        assert_eq!(parse_close_reason(&text), Some(CloseReason { retry_after: HINT, body, ..named("slow_down") }));
        // Without a hint a member of that name is the design's own.
        let text = reason("slow_down", None, br#"{"retry_after_ms":1500}"#, true);
        assert_eq!(text, r#"{"name":"slow_down","body":{"retry_after_ms":1500}}"#);
        assert_eq!(
            reason("a", Some(Duration::MAX), b"1", true),
            format!(r#"{{"name":"a","retry_after_ms":{},"body":1}}"#, u64::MAX)
        );
    }

    #[test]
    fn an_undeclared_error_travels_as_name_and_message() {
        let text =
            reason("fault", None, br#"{"name":"fault","id":"x","message":"404 page not found","fault":true}"#, false);
        assert_eq!(text, r#"{"name":"fault","message":"404 page not found"}"#);
        let message = Some("404 page not found".to_owned());
        assert_eq!(parse_close_reason(&text), Some(CloseReason { message, ..named("fault") }));
        assert_eq!(reason("fault", None, b"", false), r#"{"name":"fault"}"#);
        assert_eq!(reason("fault", None, b"", true), r#"{"name":"fault"}"#);
        assert_eq!(reason("fault", None, b"no json", true), r#"{"name":"fault"}"#);
    }

    #[test]
    fn a_body_is_left_out_where_it_does_not_fit() {
        // {"name":"a","body":""} takes 22 bytes.
        for (length, fits) in [(100, true), (101, true), (102, false)] {
            let body = format!("{:?}", "x".repeat(length));
            let text = reason("a", None, body.as_bytes(), true);
            assert!(text.len() <= MAX_REASON);
            assert_eq!(text.len() == 22 + length, fits, "{length}");
            let parsed = parse_close_reason(&text).unwrap();
            assert_eq!(parsed.body.is_some(), fits);
        }
        // The text of an object may fit where the object does not.
        let body = format!(r#"{{"message":"short","more":"{}"}}"#, "x".repeat(100));
        assert_eq!(reason("a", None, body.as_bytes(), true), r#"{"name":"a","message":"short"}"#);
        // Two bytes for each character: the limit is one of bytes.
        let body = format!("{:?}", "\u{e9}".repeat(51));
        assert_eq!(reason("a", None, body.as_bytes(), true), r#"{"name":"a"}"#);
    }

    #[test]
    fn a_name_is_never_cut() {
        // {"name":""} takes 11 bytes.
        for (length, fits) in [(111, true), (112, true), (113, false)] {
            let name = "n".repeat(length);
            let text = reason(&name, HINT, b"\"x\"", true);
            let expected = if fits { format!(r#"{{"name":"{name}"}}"#) } else { "{}".to_owned() };
            assert_eq!(text, expected, "{length}");
            assert_eq!(parse_close_reason(&text).unwrap().name == name, fits);
        }
        // {"name":"","retry_after_ms":1500} takes 33 bytes.
        assert!(reason(&"n".repeat(90), HINT, b"", true).contains("retry_after_ms"));
        assert!(!reason(&"n".repeat(91), HINT, b"", true).contains("retry_after_ms"));
    }

    #[test]
    fn reasons_of_others_are_not_taken_for_ours() {
        for text in [
            "",
            "server closing connection",
            "[]",
            "[\"a\",1,2,\"b\"]",
            "{",
            "{\"name\":1}",
            "null",
            "{\"retry_after_ms\":-1}",
        ] {
            assert_eq!(parse_close_reason(text), None, "{text}");
        }
        assert_eq!(parse_close_reason("{}"), Some(CloseReason::default()));
        assert_eq!(parse_close_reason(r#"{"name":"a","new":[1]}"#), Some(named("a")));
        assert_eq!(parse_close_reason(r#"{"body":null}"#), Some(CloseReason::default()));
    }

    #[test]
    fn the_text_of_a_body_is_the_body_or_its_message() {
        assert_eq!(message_of(b"\"text\"\n").as_deref(), Some("text"));
        assert_eq!(message_of(br#"{"message":"text","more":1}"#).as_deref(), Some("text"));
        for body in [&b"1"[..], b"", b"{}", br#"{"message":1}"#, b"[\"text\"]", b"null"] {
            assert_eq!(message_of(body), None);
        }
    }
}
