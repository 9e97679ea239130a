//! The parameters of a call, read from its path, query, headers and cookies.
//!
//! All of them are read before any problem is told, so that a caller sees all of its mistakes at once. No message
//! quotes what was sent: parameters can be secrets.

mod captures;

use std::borrow::Cow;
use std::cell::Cell;
use std::sync::{Mutex, PoisonError};

use http::{HeaderMap, Uri, header};
use percent_encoding::percent_decode;

pub(crate) use self::captures::Captures;
use super::refusal::Refusal;
use crate::{
    auth::{Attempt, Guard, Head},
    connection::END_MARKER,
    dialect::Secret,
    model::Location,
    parameter::{Expected, Parameter},
    value::{MAX_VIOLATIONS, Ruled, Rules, Subject, Validator, Violation},
};

/// Reads the parameters of one call and collects what is wrong with them.
pub struct Parameters<'a> {
    uri: &'a Uri,
    headers: &'a HeaderMap,
    captures: &'a Captures,
    entry: Option<&'a Secret>,
    /// Where interceptors want to know what was read.
    noted: Option<&'a Noted>,
    violations: Vec<Violation>,
    /// A page asks that may not open a stream.
    foreign: bool,
    /// Something was read that a browser sends by itself, whoever's page it is.
    ambient: Cell<bool>,
}

/// Parameters by name, as text.
pub(crate) type Noted = Mutex<Vec<(String, String)>>;

/// A parameter that is there if [`Parameters::finish`] found nothing wrong.
#[must_use]
pub struct Parsed<T>(Option<T>);

impl<T> Parsed<T> {
    /// The value.
    ///
    /// # Panics
    ///
    /// If it was invalid, which `Parameters::finish` has told before.
    pub fn get(self) -> T {
        self.0.expect("finish() answers with a refusal when a parameter is invalid")
    }
}

/// One text of a parameter, or that its bytes are none.
type Found<'a> = Result<Cow<'a, str>, NotText>;

pub(crate) struct NotText;

impl<'a> Parameters<'a> {
    /// `entry` is the credential of the subprotocol offer.
    pub(crate) fn new(uri: &'a Uri, headers: &'a HeaderMap, captures: &'a Captures, entry: Option<&'a Secret>) -> Self {
        Self {
            uri,
            headers,
            captures,
            entry,
            noted: None,
            violations: Vec::new(),
            foreign: false,
            ambient: Cell::new(false),
        }
    }

    /// Whether a page asks whose origin is not allowed. It may call a plain method, but not with what its visitor's browser adds.
    pub(crate) fn of_foreign_page(mut self, foreign: bool) -> Self {
        let basic = |value: &[u8]| value.get(..6).is_some_and(|start| start.eq_ignore_ascii_case(b"basic "));
        let mut credentials = self.headers.get_all(header::AUTHORIZATION).iter();
        self.ambient.set(foreign && credentials.any(|value| basic(value.as_bytes())));
        self.foreign = foreign;
        self
    }

    /// Notes for interceptors what is read.
    pub(crate) fn noted(mut self, noted: Option<&'a Noted>) -> Self {
        self.noted = noted;
        self
    }

    fn note(&self, name: &str, text: impl FnOnce() -> String) {
        if let Some(noted) = self.noted {
            noted.lock().unwrap_or_else(PoisonError::into_inner).push((name.to_owned(), text()));
        }
    }

    /// A parameter that must be there. An empty one counts as missing.
    pub fn required<T: Parameter>(&mut self, location: Location, name: &str) -> Parsed<T> {
        let parsed = self.optional(location, name);
        if let Parsed(Some(None)) = parsed {
            let message = format!("{name:?} is missing from {}", place(location));
            self.violation(Violation::new(name, "missing_field", message));
        }
        Parsed(parsed.0.flatten())
    }

    /// A parameter that may be missing. An empty one counts as missing; of several the first is taken.
    pub fn optional<T: Parameter>(&mut self, location: Location, name: &str) -> Parsed<Option<T>> {
        match self.texts(location, name).into_iter().next() {
            None => Parsed(Some(None)),
            Some(Ok(text)) if text.is_empty() => Parsed(Some(None)),
            Some(found) => {
                let value: Option<T> = self.parse(found, name);
                if let Some(value) = &value {
                    self.note(name, || value.render());
                }
                Parsed(value.map(Some))
            }
        }
    }

    /// Where a broken stream goes on: the header that an `EventSource` sends by itself, or the query, for those who cannot set
    /// a header. The id of the end is no place to go on from.
    pub fn last_event_id<T: Parameter>(&mut self) -> Parsed<Option<T>> {
        const HEADER: &str = "Last-Event-ID";
        const QUERY: &str = "last_event_id";
        let sent =
            |found: Option<&Found<'_>>| found.is_some_and(|found| !found.as_ref().is_ok_and(|text| text.is_empty()));
        let mut found = (HEADER, self.texts(Location::Header, HEADER).into_iter().next());
        if !sent(found.1.as_ref()) {
            found = (QUERY, self.texts(Location::Query, QUERY).into_iter().next());
        }
        match found {
            (name, Some(Ok(text))) if text == END_MARKER => {
                self.violation(Violation::new(name, "invalid_format", format!("{name} is that of a stream's end")));
                Parsed(None)
            }
            (name, Some(found)) if sent(Some(&found)) => Parsed(self.parse(found, name).map(Some)),
            _ => Parsed(Some(None)),
        }
    }

    /// A parameter with a default.
    pub fn or<T: Parameter>(&mut self, location: Location, name: &str, default: T) -> Parsed<T> {
        let Parsed(read) = self.optional(location, name);
        if let Some(None) = read {
            self.note(name, || default.render());
        }
        Parsed(read.map(|value| value.unwrap_or(default)))
    }

    /// A parameter that may be repeated: all of its values in their order, which may be none.
    pub fn many<T: Parameter>(&mut self, location: Location, name: &str) -> Parsed<Vec<T>> {
        let texts = self.texts(location, name);
        let count = texts.len();
        let values: Vec<T> = texts
            .into_iter()
            .enumerate()
            .filter_map(|(index, found)| {
                let value: T = self.parse(found, &format!("{name}[{index}]"))?;
                self.note(name, || value.render());
                Some(value)
            })
            .collect();
        Parsed((values.len() == count).then_some(values))
    }

    /// Holds a parameter against its rules, if there is a value.
    pub fn rules<T: Ruled>(&mut self, parsed: &Parsed<T>, name: &str, rules: &Rules<'_>) {
        if let Some(subject) = parsed.0.as_ref().and_then(T::subject) {
            self.judge(subject, rules, name);
        }
    }

    /// Holds each value of a parameter that may be repeated against its rules.
    pub fn rules_of_each<T: Ruled>(&mut self, parsed: &Parsed<Vec<T>>, name: &str, rules: &Rules<'_>) {
        for (index, value) in parsed.0.iter().flatten().enumerate() {
            if let Some(subject) = value.subject() {
                self.judge(subject, rules, &format!("{name}[{index}]"));
            }
        }
    }

    fn judge(&mut self, subject: Subject<'_>, rules: &Rules<'_>, path: &str) {
        rules.broken(subject, |rule, of, requirement| {
            self.violation(Violation::new(path, rule, of.message(path, &requirement)));
        });
    }

    /// The credentials that are there and that the method takes, not yet verified: at least one.
    pub fn credentials(&mut self, guard: &Guard) -> Parsed<Vec<Attempt>> {
        match guard.attempts(|several| Head::new(self.uri, self.headers, self.entry, several)) {
            Ok(attempts) => Parsed(Some(attempts)),
            Err(violation) => {
                self.violation(violation);
                Parsed(None)
            }
        }
    }

    /// Tells all problems in one.
    ///
    /// # Errors
    ///
    /// A refusal with status 403 for a page of another origin that comes with its visitor's cookies or password, and 400 if there was a problem with any parameter.
    pub fn finish(self) -> Result<(), Refusal> {
        if self.foreign && self.ambient.get() {
            return Err(Refusal::origin());
        }
        if self.violations.is_empty() { Ok(()) } else { Err(Refusal::invalid_parameters(self.violations)) }
    }

    fn parse<T: Parameter>(&mut self, found: Found<'_>, path: &str) -> Option<T> {
        let Ok(text) = found else {
            self.violation(not_text(path));
            return None;
        };
        match T::parse(&text) {
            Ok(value) => {
                let mut validator = Validator::new();
                value.check_rules(&mut validator);
                match validator.finish_at(path) {
                    Ok(()) => Some(value),
                    Err(invalid) => {
                        invalid.into_violations().into_iter().for_each(|violation| self.violation(violation));
                        None
                    }
                }
            }
            Err(expected) => {
                self.violation(violation(expected, path));
                None
            }
        }
    }

    fn violation(&mut self, violation: Violation) {
        if self.violations.len() < MAX_VIOLATIONS {
            self.violations.push(violation);
        }
    }

    fn texts(&self, location: Location, name: &str) -> Vec<Found<'a>> {
        match location {
            Location::Path => self.captures.get(name).into_iter().collect(),
            Location::Query => query_values(self.uri, name).collect(),
            Location::Header => {
                let values = self.headers.get_all(name).into_iter();
                if name.eq_ignore_ascii_case(header::COOKIE.as_str()) && self.headers.contains_key(header::COOKIE) {
                    self.ambient.set(true);
                }
                values.map(|value| text(value.as_bytes())).collect()
            }
            Location::Cookie => {
                let values: Vec<_> = cookie_values(self.headers, name).collect();
                if !values.is_empty() {
                    self.ambient.set(true);
                }
                values
            }
            // The model may learn of places that this version of the server does not know.
            _ => Vec::new(),
        }
    }
}

/// The values of a key in the query. As `application/x-www-form-urlencoded`, but bytes that are no UTF-8 are an
/// error instead of being replaced: two different requests must not look the same.
pub(crate) fn query_values<'a>(uri: &'a Uri, name: &str) -> impl Iterator<Item = Found<'a>> {
    let pairs = uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
    pairs.filter_map(move |pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        form_decode(key).is_ok_and(|key| key == name).then(|| form_decode(value))
    })
}

/// The values of a cookie (RFC 6265 §5.4), without the quotes that may stand around them.
pub(crate) fn cookie_values<'a>(headers: &'a HeaderMap, name: &str) -> impl Iterator<Item = Found<'a>> {
    let lines = headers.get_all(header::COOKIE).into_iter();
    let pairs = lines.flat_map(|line| line.as_bytes().split(|&byte| byte == b';'));
    pairs.filter_map(move |pair| {
        let at = pair.iter().position(|&byte| byte == b'=')?;
        let value = pair[at + 1..].trim_ascii();
        let unquoted = value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\""));
        (pair[..at].trim_ascii() == name.as_bytes()).then(|| text(unquoted.unwrap_or(value)))
    })
}

fn decode(raw: &[u8]) -> Vec<u8> {
    percent_decode(raw).collect()
}

fn form_decode(raw: &str) -> Result<Cow<'_, str>, NotText> {
    if !raw.contains(['+', '%']) {
        return Ok(Cow::Borrowed(raw));
    }
    // A plus sign is a space, an escaped one is a plus sign.
    let spaced = raw.replace('+', " ");
    String::from_utf8(decode(spaced.as_bytes())).map(Cow::Owned).map_err(|_| NotText)
}

fn text(bytes: &[u8]) -> Found<'_> {
    std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|_| NotText)
}

fn violation(expected: Expected, path: &str) -> Violation {
    Violation::new(path, expected.rule(), expected.message(path))
}

fn not_text(path: &str) -> Violation {
    Violation::new(path, "invalid_format", format!("{path} must be formatted as UTF-8 text"))
}

/// The place of a parameter, in Goa's words.
fn place(location: Location) -> &'static str {
    match location {
        Location::Query => "query string",
        other => other.as_str(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        auth::{Alternative, ApiKey, Basic, Denied, Jwt, Scheme, Source, Verified, Verifier, Verifies, alternative},
        model::{Schema, Types},
    };
    use http::HeaderValue;
    use http_body_util::BodyExt as _;

    #[derive(Debug, PartialEq)]
    enum View {
        Default,
        Tiny,
    }

    impl Parameter for View {
        fn parse(text: &str) -> Result<Self, Expected> {
            match text {
                "default" => Ok(Self::Default),
                "tiny" => Ok(Self::Tiny),
                _ => Err(Expected::OneOf(&["default", "tiny"])),
            }
        }

        fn render(&self) -> String {
            if *self == Self::Tiny { "tiny".into() } else { "default".into() }
        }

        fn schema(types: &mut Types) -> Schema {
            <String as Parameter>::schema(types)
        }
    }

    struct Request {
        uri: Uri,
        headers: HeaderMap,
        captures: Captures,
        entry: Option<Secret>,
    }

    impl Request {
        fn get(uri: &str) -> Self {
            let uri: Uri = uri.parse().unwrap();
            let captures = Captures::of("/rooms/{room}", uri.path());
            Self { uri, headers: HeaderMap::new(), captures, entry: None }
        }

        fn header(mut self, name: &'static str, value: &[u8]) -> Self {
            self.headers.append(name, HeaderValue::from_bytes(value).unwrap());
            self
        }

        fn parameters(&self) -> Parameters<'_> {
            Parameters::new(&self.uri, &self.headers, &self.captures, self.entry.as_ref())
        }
    }

    /// Name and message of a refusal.
    async fn told(parameters: Parameters<'_>) -> (String, String) {
        let response = parameters.finish().unwrap_err().into_response();
        assert_eq!(response.status(), 400);
        assert!(!response.headers().contains_key("goa-error"));
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        let text = |name: &str| body[name].as_str().unwrap().to_owned();
        (text("name"), text("message"))
    }

    #[test]
    fn values_are_found_in_every_place() {
        let request = Request::get("/rooms/a%20b%2Fc?depth=7&deep=true&ratio=0.5&view=tiny")
            .header("x-client", "caf\u{e9}".as_bytes())
            .header("cookie", b"a=1; session = \"x=y\" ;b=2");
        let mut parameters = request.parameters();
        let room = parameters.required::<String>(Location::Path, "room");
        let depth = parameters.required::<u32>(Location::Query, "depth");
        let deep = parameters.optional::<bool>(Location::Query, "deep");
        let ratio = parameters.or::<f64>(Location::Query, "ratio", 1.0);
        let view = parameters.optional::<View>(Location::Query, "view");
        let client = parameters.required::<String>(Location::Header, "X-Client");
        let session = parameters.required::<String>(Location::Cookie, "session");
        let b = parameters.required::<u8>(Location::Cookie, "b");
        assert!(parameters.finish().is_ok());
        assert_eq!((room.get().as_str(), depth.get(), deep.get()), ("a b/c", 7, Some(true)));
        assert_eq!((ratio.get(), view.get()), (0.5, Some(View::Tiny)));
        assert_eq!((client.get().as_str(), session.get().as_str(), b.get()), ("caf\u{e9}", "x=y", 2));
    }

    #[test]
    fn an_empty_value_is_a_missing_one() {
        let request = Request::get("/rooms/x?a=&b&c=").header("x-empty", b"").header("cookie", b"d=");
        let mut parameters = request.parameters();
        let a = parameters.optional::<String>(Location::Query, "a");
        let b = parameters.or::<u8>(Location::Query, "b", 7);
        let empty = parameters.optional::<i8>(Location::Header, "x-empty");
        let d = parameters.optional::<String>(Location::Cookie, "d");
        let none = parameters.optional::<String>(Location::Query, "none");
        let other = parameters.optional::<String>(Location::Path, "other");
        assert!(parameters.finish().is_ok());
        assert_eq!((a.get(), b.get(), empty.get()), (None, 7, None));
        assert_eq!((d.get(), none.get(), other.get()), (None, None, None));
    }

    #[test]
    fn the_query_is_decoded_like_a_form() {
        let request = Request::get("/?a%5B=1+2%2B3%20%C3%A9&a=first&a=second&e==&&=x");
        let mut parameters = request.parameters();
        let key = parameters.required::<String>(Location::Query, "a[");
        let a = parameters.required::<String>(Location::Query, "a");
        let e = parameters.required::<String>(Location::Query, "e");
        assert!(parameters.finish().is_ok());
        assert_eq!((key.get().as_str(), a.get().as_str(), e.get().as_str()), ("1 2+3 \u{e9}", "first", "="));
    }

    #[tokio::test]
    async fn repeated_keys_are_arrays() {
        let request = Request::get("/?n=1&n=2&m=3&n=&s=a&s=&h=1").header("x-n", b"4").header("x-n", b"5");
        let mut parameters = request.parameters();
        let m = parameters.many::<u8>(Location::Query, "m");
        let s = parameters.many::<String>(Location::Query, "s");
        let header = parameters.many::<u8>(Location::Header, "x-n");
        let none = parameters.many::<u8>(Location::Query, "none");
        assert_eq!((m.get(), s.get()), (vec![3], vec!["a".to_owned(), String::new()]));
        assert_eq!((header.get(), none.get()), (vec![4, 5], vec![]));
        let _ = parameters.many::<u8>(Location::Query, "n");
        let message = r#"invalid value for "n[2]", must be an unsigned integer"#.to_owned();
        assert_eq!(told(parameters).await, ("invalid_field_type".into(), message));
    }

    #[tokio::test]
    async fn all_problems_are_told_at_once_and_the_first_names_them() {
        let request = Request::get("/rooms/?depth=hunter2&view=hunter2");
        let mut parameters = request.parameters();
        let _ = parameters.required::<i32>(Location::Query, "depth");
        let _ = parameters.optional::<View>(Location::Query, "view");
        let _ = parameters.required::<String>(Location::Path, "room");
        let _ = parameters.required::<String>(Location::Query, "q");
        let _ = parameters.required::<String>(Location::Header, "x-h");
        let _ = parameters.required::<String>(Location::Cookie, "c");
        let _ = parameters.credentials(&Guard::new([jwt(None)]));
        let expected = [
            r#"invalid value for "depth", must be an integer"#,
            r#"value of view must be one of "default", "tiny""#,
            r#""room" is missing from path"#,
            r#""q" is missing from query string"#,
            r#""x-h" is missing from header"#,
            r#""c" is missing from cookie"#,
            r#""token" is missing from header"#,
        ];
        assert_eq!(told(parameters).await, ("invalid_field_type".into(), expected.join("; ")));
    }

    #[tokio::test]
    async fn at_most_sixteen_problems_are_told() {
        for (bad, told_of) in [(15, 15), (16, 16), (17, 16)] {
            let request = Request::get("/");
            let mut parameters = request.parameters();
            for index in 0..bad {
                let _ = parameters.required::<u8>(Location::Query, &format!("q{index}"));
            }
            let (name, message) = told(parameters).await;
            assert_eq!((name.as_str(), message.split("; ").count()), ("missing_field", told_of));
        }
    }

    #[tokio::test]
    async fn bytes_that_are_no_text_are_told() {
        let request = Request::get("/rooms/%FF?q=%FF&%FF=x").header("x-h", b"\xff").header("cookie", b"c=\xff");
        let mut parameters = request.parameters();
        let _ = parameters.required::<String>(Location::Path, "room");
        let _ = parameters.optional::<String>(Location::Query, "q");
        let _ = parameters.or::<String>(Location::Header, "x-h", String::new());
        let _ = parameters.many::<String>(Location::Cookie, "c");
        let _ = parameters.credentials(&Guard::new([jwt(Some("q"))]));
        let messages = ["room", "q", "x-h", "c[0]", "q"].map(|path| format!("{path} must be formatted as UTF-8 text"));
        assert_eq!(told(parameters).await, ("invalid_format".into(), messages.join("; ")));
    }

    /// Takes any credential.
    struct Anyone;

    impl<S: Scheme<Principal = ()>> Verifier<S> for Anyone {
        async fn verify(&self, _: S::Credential, _: &[&str]) -> Result<Verified<()>, Denied> {
            Ok(().into())
        }
    }

    fn jwt(query: Option<&'static str>) -> Box<dyn Alternative> {
        let source = Source { query, ..Source::new("jwt") };
        alternative::<Jwt<()>, ()>(&Verifies::new(Anyone), source)
    }

    fn basic() -> Box<dyn Alternative> {
        alternative::<Basic<()>, ()>(&Verifies::new(Anyone), Source::new("basic"))
    }

    fn key(location: Location) -> Box<dyn Alternative> {
        alternative::<ApiKey<()>, ()>(&Verifies::new(Anyone), Source::new("key").key(location, "X-Key"))
    }

    #[tokio::test]
    async fn what_is_missing_is_told_with_every_place_where_it_could_be() {
        let told = async |guard: Guard| {
            let request = Request::get("/");
            let mut parameters = request.parameters();
            let _ = parameters.credentials(&guard);
            told(parameters).await
        };
        for (guard, expected) in [
            (Guard::new([basic()]), r#""Authorization" is missing from header"#),
            (Guard::new([jwt(None)]), r#""token" is missing from header"#),
            (Guard::new([jwt(Some("t"))]), r#""t" is missing from query string"#),
            (Guard::new([key(Location::Cookie)]), r#""X-Key" is missing from cookie"#),
        ] {
            assert_eq!(told(guard).await, ("missing_field".into(), expected.to_owned()));
        }
        let all = Guard::new([jwt(None), key(Location::Header), key(Location::Cookie), jwt(Some("t")), jwt(None)]);
        let expected = r#""token" is missing from header, or "X-Key" from header, or "X-Key" from cookie, or "t" from query string"#;
        assert_eq!(told(all).await, ("missing_field".into(), expected.to_owned()));
    }

    #[tokio::test]
    async fn of_several_credentials_those_are_taken_that_can_be_read() {
        let found = |request: &Request, guard: &Guard| {
            let mut parameters = request.parameters();
            let attempts = parameters.credentials(guard);
            parameters.finish().map(|()| attempts.get().iter().map(|attempt| attempt.from_cookie).collect::<Vec<_>>())
        };
        let guard = Guard::new([basic(), jwt(None), key(Location::Cookie)]);
        let with = |authorization: &[u8]| Request::get("/").header("authorization", authorization);
        assert_eq!(found(&with(b"Basic Z29hOnJvY2tz"), &guard).unwrap(), [false]);
        assert_eq!(found(&with(b"Bearer a"), &guard).unwrap(), [false]);
        assert_eq!(found(&with(b"Bearer a").header("cookie", b"X-Key=1"), &guard).unwrap(), [false, true]);
        // A broken one does not stand in the way of another.
        assert_eq!(found(&with(b"Basic !").header("cookie", b"X-Key=1"), &guard).unwrap(), [true]);
        let broken = with(b"Basic !");
        let mut parameters = broken.parameters();
        let _ = parameters.credentials(&guard);
        assert_eq!(told(parameters).await.0, "invalid_format");
    }

    #[test]
    #[should_panic(expected = "finish()")]
    fn an_invalid_parameter_has_no_value() {
        Request::get("/").parameters().required::<u8>(Location::Query, "q").get();
    }
}
