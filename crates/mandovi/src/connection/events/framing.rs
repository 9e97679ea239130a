//! What stands between the lines of an event stream: messages, the end, failures, heartbeats.
//!
//! Strings in JSON hold no line feed and no carriage return as they are, so `data:` can always be one line.

use std::borrow::Cow;
use std::fmt::{self, Write as _};
use std::time::Duration;

use mandovi_model::{Definition, Schema, Types};
use serde::Serialize;
use serde::de::{Deserializer as _, IgnoredAny, MapAccess, Visitor};
use serde_json::Value as Json;

use crate::close_reason::{message_of, raw_body, with_body};
use crate::value::{Invalid, Item};

/// The id of the end, and of a failure that stays: who resumes from it is answered 204, which stops an `EventSource`.
pub(crate) const END_MARKER: &str = "mandovi.end";

/// A comment, which says nothing.
pub(crate) const COMMENT: &[u8] = b":\n\n";

/// The longest id or type of an event, in bytes. An id comes back in a header.
const WORD_MAX: usize = 1024;

/// The members of a message that are the id and the type of its event.
#[derive(Debug, Default)]
pub(super) struct Members {
    id: Option<String>,
    kind: Option<String>,
}

/// What a message says of its event.
#[derive(Debug, Default)]
struct Words {
    id: Option<String>,
    kind: Option<String>,
}

impl Members {
    /// What the design says of a `T`.
    pub(super) fn of<T: Item>() -> Self {
        let mut types = Types::new();
        let mut schema = T::message_schema(&mut types);
        // A name for a name, and so on; never in a circle, since a Rust type is finite.
        while let Schema::Named { name } = &schema {
            match types.get(name) {
                Some(Definition::Message(message)) => {
                    return Self { id: message.event_id.clone(), kind: message.event_type.clone() };
                }
                Some(Definition::Alias(alias)) => schema = alias.schema.clone(),
                _ => break,
            }
        }
        Self::default()
    }

    /// See [`Events::frame`](super::Events::frame).
    pub(super) fn frame(
        &self,
        out: &mut Vec<u8>,
        whole: impl FnOnce(&mut Vec<u8>) -> Result<(), Invalid>,
    ) -> Result<(), Invalid> {
        let mut words = self.words(out)?;
        let hidden = |member: &Option<String>, word: &Option<String>| member.is_some() && word.is_none();
        if hidden(&self.id, &words.id) || hidden(&self.kind, &words.kind) {
            let mut json = Vec::new();
            whole(&mut json)?;
            words = self.words(&json)?;
        }
        let mut head = String::new();
        if let Some(kind) = &words.kind {
            let _ = writeln!(head, "event: {}", checked_type(kind, self.kind.as_deref())?);
        }
        if let Some(id) = &words.id {
            let _ = writeln!(head, "id: {}", checked_id(id, self.id.as_deref())?);
        }
        head.push_str("data: ");
        on_one_line(out);
        out.splice(0..0, head.into_bytes());
        out.extend_from_slice(b"\n\n");
        Ok(())
    }

    fn words(&self, json: &[u8]) -> Result<Words, Invalid> {
        if self.id.is_none() && self.kind.is_none() {
            return Ok(Words::default());
        }
        let mut deserializer = serde_json::Deserializer::from_slice(json);
        match deserializer.deserialize_any(Picker { members: self }) {
            Ok(words) => Ok(words),
            // It was written just now, so it can only be of the wrong kind.
            Err(_) => Err(Invalid::new(
                "",
                "invalid_field_type",
                "the id and the type of an event must be a text, a number or a boolean",
            )),
        }
    }
}

/// An id comes back as a header: neither what ends a line nor what a header does not keep may be in it.
fn checked_id<'a>(id: &'a str, member: Option<&str>) -> Result<&'a str, Invalid> {
    let told = |what: &str| Err(Invalid::new(member.unwrap_or_default(), "invalid_format", what));
    if id.chars().any(char::is_control) || id.trim() != id {
        return told("the id of an event must be without control characters and without white space around it");
    }
    if id == END_MARKER {
        return told("the id of an event must not be that of the end of a stream");
    }
    if id.len() > WORD_MAX {
        return told("the id of an event must be at most 1024 bytes");
    }
    Ok(id)
}

fn checked_type<'a>(kind: &'a str, member: Option<&str>) -> Result<&'a str, Invalid> {
    let told = |what: &str| Err(Invalid::new(member.unwrap_or_default(), "invalid_format", what));
    if kind.chars().any(char::is_control) {
        return told("the type of an event must be without control characters");
    }
    if matches!(kind, "end" | "error") {
        return told("the types `end` and `error` are for the end of a stream");
    }
    if kind.len() > WORD_MAX {
        return told("the type of an event must be at most 1024 bytes");
    }
    Ok(kind)
}

/// Picks two members out of an object, and skips the rest.
struct Picker<'a> {
    members: &'a Members,
}

impl<'de> Visitor<'de> for Picker<'_> {
    type Value = Words;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Words, A::Error> {
        let mut words = Words::default();
        while let Some(name) = map.next_key::<Cow<'de, str>>()? {
            let is = |member: &Option<String>| member.as_deref() == Some(&*name);
            let (is_id, is_kind) = (is(&self.members.id), is(&self.members.kind));
            if !is_id && !is_kind {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            let word = word_of(map.next_value()?).map_err(serde::de::Error::custom)?;
            if is_id {
                words.id.clone_from(&word);
            }
            if is_kind {
                words.kind = word;
            }
        }
        Ok(words)
    }
}

/// The member of a message that is its id, for a client that goes on behind the last one.
#[derive(Debug)]
pub(crate) struct EventId(Members);

impl EventId {
    /// What the design says of a `T`.
    pub(crate) fn of<T: Item>() -> Option<Self> {
        let members = Members { kind: None, ..Members::of::<T>() };
        members.id.is_some().then_some(Self(members))
    }

    /// The id of a message.
    pub(crate) fn find(&self, json: &[u8]) -> Option<String> {
        let id = self.0.words(json).ok()?.id?;
        // Only what can come back in a header.
        checked_id(&id, None).ok()?;
        Some(id)
    }
}

/// A scalar as text; an empty text counts as absent.
fn word_of(json: Json) -> Result<Option<String>, &'static str> {
    match json {
        Json::String(text) => Ok(Some(text).filter(|text| !text.is_empty())),
        Json::Null => Ok(None),
        Json::Number(number) => Ok(Some(number.to_string())),
        Json::Bool(boolean) => Ok(Some(boolean.to_string())),
        Json::Array(_) | Json::Object(_) => Err("no scalar"),
    }
}

/// Whether an `EventSource` may come back by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reconnect {
    /// From the last id, when its own pause is over.
    Yes,
    /// The same, after this time.
    After(Duration),
    /// It would meet the same again: its next request is answered 204.
    No,
}

/// How an event stream ends.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// It is complete.
    Done,
    /// It failed: the data of the event, as JSON.
    Failed(String, Reconnect),
}

impl End {
    /// A failure of the server's own, without a text.
    pub(super) fn fault() -> Self {
        Self::failed("fault", 500, None, None, &[], Reconnect::Yes)
    }

    /// The server stops. Its clients come back between one and five seconds from now: not all at once.
    pub(super) fn going_away() -> Self {
        let pause = Duration::from_millis(rand::random_range(1000..5000));
        Self::failed("unavailable", 503, None, None, &[], Reconnect::After(pause))
    }

    /// A failure that a design declares, with the body that it declares.
    pub(crate) fn declared(
        name: &str,
        status: u16,
        retry_after: Option<Duration>,
        body: &[u8],
        reconnect: Reconnect,
    ) -> Self {
        // A text that is the whole body needs not be told twice.
        let message = message_of(body).filter(|_| body.trim_ascii_start().first() == Some(&b'{'));
        Self::failed(name, status, message, retry_after, body, reconnect)
    }

    pub(super) fn failed(
        name: &str,
        status: u16,
        message: Option<String>,
        retry_after: Option<Duration>,
        body: &[u8],
        reconnect: Reconnect,
    ) -> Self {
        Self::Failed(data(name, status, message, retry_after, body), reconnect)
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let mut text = String::new();
        let _ = match self {
            End::Done => write!(text, "event: end\nid: {END_MARKER}\ndata: {{}}\n\n"),
            End::Failed(data, reconnect) => {
                let _ = writeln!(text, "event: error");
                let _ = match reconnect {
                    Reconnect::Yes => Ok(()),
                    Reconnect::After(pause) => writeln!(text, "retry: {}", pause.as_millis()),
                    Reconnect::No => writeln!(text, "id: {END_MARKER}"),
                };
                write!(text, "data: {data}\n\n")
            }
        };
        out.extend_from_slice(text.as_bytes());
    }
}

/// A failure in the words of a close reason, and whole: nothing limits it to 123 bytes.
fn data(name: &str, status: u16, message: Option<String>, retry_after: Option<Duration>, body: &[u8]) -> String {
    #[derive(Serialize)]
    struct Wire<'a> {
        name: &'a str,
        status: u16,
        #[serde(skip_serializing_if = "Option::is_none")]
        message: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        retry_after_ms: Option<u64>,
    }

    let retry_after_ms = retry_after.map(|pause| u64::try_from(pause.as_millis()).unwrap_or(u64::MAX));
    let mut body = body.to_vec();
    on_one_line(&mut body);
    let body = raw_body(&body, retry_after_ms.is_some());
    let wire = Wire { name, status, message, retry_after_ms };
    with_body(&wire, body.as_deref()).unwrap_or_else(|| "{}".to_owned())
}

/// Within JSON only white space between tokens is a line feed or a carriage return as it is: any other will do.
fn on_one_line(json: &mut [u8]) {
    for byte in json {
        if matches!(byte, b'\n' | b'\r') {
            *byte = b' ';
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members() -> Members {
        Members { id: Some("id".into()), kind: Some("kind".into()) }
    }

    fn framed(members: &Members, json: &str, whole: &str) -> Result<String, String> {
        let mut out = json.as_bytes().to_vec();
        let framed = members.frame(&mut out, |out| {
            out.extend_from_slice(whole.as_bytes());
            Ok(())
        });
        framed.map(|()| String::from_utf8(out).unwrap()).map_err(|invalid| invalid.to_string())
    }

    #[test]
    fn what_a_view_hides_is_taken_from_the_whole() {
        let whole = r#"{"id":7,"kind":"a","text":"x"}"#;
        let expected = "event: a\nid: 7\ndata: {\"text\":\"x\"}\n\n";
        assert_eq!(framed(&members(), r#"{"text":"x"}"#, whole).unwrap(), expected);
        let half = framed(&members(), r#"{"id":7}"#, whole).unwrap();
        assert_eq!(half, "event: a\nid: 7\ndata: {\"id\":7}\n\n");
        // Where nothing is hidden nothing is encoded again.
        let none = Members::default();
        assert_eq!(framed(&none, r#"{"id":7}"#, "no JSON").unwrap(), "data: {\"id\":7}\n\n");
        assert_eq!(framed(&members(), whole, "no JSON").unwrap(), format!("event: a\nid: 7\ndata: {whole}\n\n"));
    }

    #[test]
    fn only_the_members_of_the_message_itself_count() {
        let json = r#"{"inner":{"id":1,"kind":"x"},"i\u0064":"a\u0062","kind":null,"list":[{"id":2}]}"#;
        assert_eq!(framed(&members(), json, json).unwrap(), format!("id: ab\ndata: {json}\n\n"));
        // A value that is written by hand may have white space between its tokens.
        let none = Members::default();
        assert_eq!(framed(&none, "{\r\n\"id\":\n7}", "").unwrap(), "data: {  \"id\": 7}\n\n");
        // What is no object has none.
        assert_eq!(framed(&Members::default(), "[1,2]", "").unwrap(), "data: [1,2]\n\n");
    }

    #[test]
    fn words_at_their_edges() {
        let framed = |id: &str, kind: &str| {
            let json = serde_json::json!({ "id": id, "kind": kind }).to_string();
            framed(&members(), &json, &json)
        };
        let long = "x".repeat(WORD_MAX);
        assert!(framed(&long, &long).is_ok());
        for (id, kind) in [(&format!("{long}x"), &long), (&long, &format!("{long}x"))] {
            assert!(framed(id, kind).unwrap_err().contains("at most 1024 bytes"));
        }
        assert!(framed("a b", " a").unwrap().starts_with("event:  a\nid: a b\n"), "one space belongs to the field");
        for id in ["\u{1}", "\u{7f}", "\u{85}", "\t", "a\u{a0}", END_MARKER] {
            assert!(framed(id, "a").is_err(), "{id:?}");
        }
        assert!(framed("mandovi.END", "End").is_ok());
        // Both absent.
        assert!(framed("", "").unwrap().starts_with("data: "));
    }

    #[test]
    fn the_body_of_a_failure_is_one_line() {
        let told = |name: &str, status, retry_after, body: &[u8]| {
            let End::Failed(data, _) = End::declared(name, status, retry_after, body, Reconnect::No) else { panic!() };
            data
        };
        let text = told("full", 409, None, b"{\"message\": \"a\\nb\",\n \"n\": 1}\n");
        let body = r#"{"message": "a\nb",  "n": 1}"#;
        assert_eq!(text, format!(r#"{{"name":"full","status":409,"message":"a\nb","body":{body}}}"#));
        let hint = Some(Duration::from_millis(1500));
        let text = told("slow", 429, hint, br#"{"retry_after_ms":1500,"a":1}"#);
        assert_eq!(text, r#"{"name":"slow","status":429,"retry_after_ms":1500,"body":{"a":1}}"#);
        assert_eq!(told("text", 404, None, b"\"gone\"\n"), r#"{"name":"text","status":404,"body":"gone"}"#);
        assert_eq!(told("none", 404, None, b""), r#"{"name":"none","status":404}"#);
    }
}
