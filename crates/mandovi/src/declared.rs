//! Declared errors: the failures that a design names, so that a caller can tell them apart.
//!
//! `#[errors]` implements [`DeclaredError`] for an enum. What travels is a name, a status and a body; how it travels (an HTTP
//! answer, a close frame) is the runtime's matter and not known here.

use std::{convert::Infallible, error::Error, fmt, time::Duration};

use mandovi_model::{ErrorCase, ErrorClass, Schema, Types};
use mandovi_websocket::MessageRef;
use serde::{Deserialize, Serialize};
use serde_json::Map;

use crate::value::{Invalid, Value, ViewId};

/// The errors that a method declares: an enum with `#[errors]`, or [`NoError`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a declared error",
    label = "not a declared error",
    note = "write `#[errors]` on the enum"
)]
pub trait DeclaredError: Error + Send + Sync + Sized + 'static {
    /// The names of the cases, known at compile time, to see that none is declared twice.
    #[doc(hidden)]
    const NAMES: ErrorNames = ErrorNames { own: &[], included: &[] };

    /// What the design says of every case.
    fn cases(types: &mut Types) -> Vec<ErrorCase>;

    /// The name of this case on the wire.
    fn name(&self) -> &'static str;

    /// The HTTP status of this case, 400 to 599.
    fn status(&self) -> u16;

    /// What a caller may do about this case.
    fn class(&self) -> ErrorClass;

    /// How long the caller should wait before it tries again.
    fn retry_after(&self) -> Option<Duration>;

    /// The JSON of the body as it stands in an HTTP answer.
    ///
    /// # Errors
    /// What the error holds breaks its contract.
    fn encode_body(&self) -> Result<Vec<u8>, Invalid>;

    /// The error that a peer sent; `None` where it is none of these, or where its body is missing and needed. Without a name it
    /// is the only case that has the status.
    fn decode(name: Option<&str>, status: u16, retry_after: Option<Duration>, body: Option<&[u8]>) -> Option<Self>;

    /// The first case with status 401 that can hold a message or holds nothing.
    fn unauthenticated(message: String) -> Option<Self>;

    /// The first case with status 403 that can hold a message or holds nothing.
    fn forbidden(message: String) -> Option<Self>;
}

/// The names of declared errors.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct ErrorNames {
    /// Of the variants.
    pub own: &'static [&'static str],
    /// Of what they include.
    pub included: &'static [&'static ErrorNames],
}

/// Whether none of the names is among those that are known.
#[doc(hidden)]
pub const fn names_are_new(names: &ErrorNames, known: &ErrorNames) -> bool {
    let mut index = 0;
    while index < names.own.len() {
        if holds_name(known, names.own[index]) {
            return false;
        }
        index += 1;
    }
    index = 0;
    while index < names.included.len() {
        if !names_are_new(names.included[index], known) {
            return false;
        }
        index += 1;
    }
    true
}

const fn holds_name(names: &ErrorNames, name: &str) -> bool {
    let mut index = 0;
    while index < names.own.len() {
        if crate::value::is_same(names.own[index], name) {
            return true;
        }
        index += 1;
    }
    index = 0;
    while index < names.included.len() {
        if holds_name(names.included[index], name) {
            return true;
        }
        index += 1;
    }
    false
}

/// The name of the only case that has this status, included ones among them.
#[doc(hidden)]
pub fn only_name_of_status<E: DeclaredError>(status: u16) -> Option<&'static str> {
    let mut cases = E::cases(&mut Types::new()).into_iter().filter(|case| case.status == status);
    let (only, none) = (cases.next()?, cases.next());
    let name = |names: &ErrorNames| find_name(names, &only.name);
    none.is_none().then(|| name(&E::NAMES)).flatten()
}

fn find_name(names: &ErrorNames, wanted: &str) -> Option<&'static str> {
    let own = names.own.iter().copied().find(|name| *name == wanted);
    own.or_else(|| names.included.iter().find_map(|names| find_name(names, wanted)))
}

/// No declared errors. It has no values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoError {}

impl fmt::Display for NoError {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {}
    }
}

impl Error for NoError {}

impl From<Infallible> for NoError {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

impl DeclaredError for NoError {
    fn cases(_: &mut Types) -> Vec<ErrorCase> {
        Vec::new()
    }

    fn name(&self) -> &'static str {
        match *self {}
    }

    fn status(&self) -> u16 {
        match *self {}
    }

    fn class(&self) -> ErrorClass {
        match *self {}
    }

    fn retry_after(&self) -> Option<Duration> {
        match *self {}
    }

    fn encode_body(&self) -> Result<Vec<u8>, Invalid> {
        match *self {}
    }

    fn decode(_: Option<&str>, _: u16, _: Option<Duration>, _: Option<&[u8]>) -> Option<Self> {
        None
    }

    fn unauthenticated(_: String) -> Option<Self> {
        None
    }

    fn forbidden(_: String) -> Option<Self> {
        None
    }
}

/// The standard body of an error: the six fields of Goa's `ErrorResult`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorResult {
    /// The name of the error.
    pub name: String,
    /// Identifies this occurrence: eight characters, to find it in a log.
    pub id: String,
    /// What went wrong, for a person.
    pub message: String,
    /// May pass: the same call may succeed later.
    pub temporary: bool,
    /// Something took too long.
    pub timeout: bool,
    /// The server is at fault.
    pub fault: bool,
}

impl ErrorResult {
    /// A new occurrence of an error. What is exhausted is temporary on the wire, which has no word of its own for it.
    pub fn new(name: impl Into<String>, message: impl Into<String>, class: ErrorClass) -> Self {
        Self {
            name: name.into(),
            id: occurrence(),
            message: message.into(),
            temporary: class.temporary || class.exhausted,
            timeout: class.timeout,
            fault: class.fault,
        }
    }
}

impl Value for ErrorResult {
    fn schema(types: &mut Types) -> Schema {
        use mandovi_model::{Definition, Field, Message};

        types.define("ErrorResult", "mandovi::ErrorResult", |_| {
            let mut message = Message::new("The standard body of an error.");
            message.fields = vec![
                Field::new(1, "name", Schema::string()),
                Field::new(2, "id", Schema::string()),
                Field::new(3, "message", Schema::string()),
                Field::new(4, "temporary", Schema::Boolean),
                Field::new(5, "timeout", Schema::Boolean),
                Field::new(6, "fault", Schema::Boolean),
            ];
            Definition::Message(message)
        })
    }
}

impl crate::value::NotNull for ErrorResult {}

/// Eight characters that are new each time: six random bytes as base64url.
fn occurrence() -> String {
    use std::hash::{BuildHasher, RandomState};

    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

    // Each RandomState has keys of its own; the hash of nothing under them is as good as random.
    let random = RandomState::new().hash_one(()).to_le_bytes();
    URL_SAFE_NO_PAD.encode(&random[..6])
}

/// The body of a case that holds one value: that value.
#[doc(hidden)]
pub fn encode_value<T: Value>(value: &T) -> Result<Vec<u8>, Invalid> {
    let mut body = Vec::new();
    value.encode_view(ViewId::DEFAULT, &mut body)?;
    Ok(body)
}

/// The value that a body is, if it is one.
#[doc(hidden)]
pub fn decode_value<T: Value>(body: Option<&[u8]>) -> Option<T> {
    T::from_json(MessageRef::Binary(body?)).ok()
}

/// The body of a case with named fields: an object of them.
///
/// Errors are rare and small, so it is put together from trees: that keeps the expansion of `#[errors]` short.
#[doc(hidden)]
#[derive(Debug, Default)]
pub struct Body {
    members: Map<String, serde_json::Value>,
}

impl Body {
    /// An object without members.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a member; one that is `null` is absent.
    ///
    /// # Errors
    /// The value breaks its contract.
    pub fn member<T: Value>(mut self, name: &str, value: &T) -> Result<Self, Invalid> {
        let mut validator = crate::value::Validator::new();
        validator.field(name, value);
        validator.finish()?;
        let value = serde_json::to_value(value)
            .map_err(|_| Invalid::new(name, "encode_payload", "the value cannot be written as JSON"))?;
        if !value.is_null() {
            self.members.insert(name.to_owned(), value);
        }
        Ok(self)
    }

    /// Adds `retry_after_ms`, if there is one.
    #[must_use]
    pub fn retry_after(mut self, retry_after: Option<Duration>) -> Self {
        if let Some(after) = retry_after {
            let milliseconds = u64::try_from(after.as_millis()).unwrap_or(u64::MAX);
            self.members.insert(RETRY_AFTER.to_owned(), milliseconds.into());
        }
        self
    }

    /// The JSON.
    pub fn finish(self) -> Vec<u8> {
        serde_json::Value::Object(self.members).to_string().into_bytes()
    }
}

/// A received body with named fields. A body that was left out on the way is an object without members.
#[doc(hidden)]
#[derive(Debug)]
pub struct Received {
    members: Map<String, serde_json::Value>,
    retry_after: Option<Duration>,
}

impl Received {
    /// Reads an object; `None` where the body is something else.
    pub fn new(body: Option<&[u8]>, retry_after: Option<Duration>) -> Option<Self> {
        let members = match body {
            Some(body) => serde_json::from_slice(body).ok()?,
            None => Map::new(),
        };
        Some(Self { members, retry_after })
    }

    /// Takes a member; `None` where it is absent (and may not be) or of another shape.
    pub fn member<T: Value>(&mut self, name: &str) -> Option<T> {
        let value = self.members.remove(name).unwrap_or_default();
        serde_json::from_value(value).ok()
    }

    /// How long to wait: in the body exact, beside it perhaps rounded.
    pub fn retry_after(&self) -> Option<Duration> {
        let exact = self.members.get(RETRY_AFTER).and_then(serde_json::Value::as_u64).map(Duration::from_millis);
        exact.or(self.retry_after)
    }
}

/// The member of a body that says how long to wait, in milliseconds.
const RETRY_AFTER: &str = "retry_after_ms";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_result_has_the_six_fields_of_goa() {
        let result = ErrorResult::new("slow", "Come back later.", ErrorClass::FINAL.exhausted());
        let json: serde_json::Value = serde_json::from_slice(&encode_value(&result).expect("valid")).expect("JSON");
        let names: Vec<&String> = json.as_object().expect("an object").keys().collect();
        assert_eq!(names.len(), 6);
        assert_eq!(json["temporary"], true);
        assert_eq!(json["fault"], false);
        assert_eq!(result.id.len(), 8);
        assert_ne!(occurrence(), occurrence());
        assert_eq!(decode_value::<ErrorResult>(Some(json.to_string().as_bytes())), Some(result));
    }

    #[test]
    fn a_body_of_fields_reads_back() {
        let body = Body::new()
            .member("limit", &7u32)
            .and_then(|body| body.member("hint", &None::<String>))
            .expect("valid")
            .retry_after(Some(Duration::from_millis(1500)))
            .finish();
        assert_eq!(body, br#"{"limit":7,"retry_after_ms":1500}"#);
        let mut received = Received::new(Some(&body), Some(Duration::from_secs(2))).expect("an object");
        assert_eq!(received.retry_after(), Some(Duration::from_millis(1500)));
        assert_eq!(received.member::<u32>("limit"), Some(7));
        assert_eq!(received.member::<Option<String>>("hint"), Some(None));
        assert_eq!(received.member::<u32>("limit"), None);
        assert!(Received::new(Some(b"[]"), None).is_none());
    }

    #[test]
    fn a_body_that_was_left_out_still_tells_how_long_to_wait() {
        let received = Received::new(None, Some(Duration::from_secs(2))).expect("no members");
        assert_eq!(received.retry_after(), Some(Duration::from_secs(2)));
    }
}
