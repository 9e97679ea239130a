//! What a scheme may look at on a server, what it may write as a client, and where the design lets its credential travel.

use std::{borrow::Cow, cell::Cell, error, fmt};

use http::{HeaderMap, HeaderName, HeaderValue, Uri, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{
    dialect::Secret,
    model::Location,
    server::{cookie_values, query_values},
    value::Violation,
};

/// What stands for itself in a query value (RFC 3986 §2.3).
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A scheme of a design: its name, and where its credential travels as far as the design says it.
#[derive(Clone, Copy, Debug)]
pub struct Source {
    pub(crate) scheme: &'static str,
    /// The query parameter that may carry a token.
    pub(crate) query: Option<&'static str>,
    /// Where a key travels, and under which name.
    pub(crate) key: Option<(Location, &'static str)>,
}

impl Source {
    /// A scheme of this name.
    pub const fn new(scheme: &'static str) -> Self {
        Self { scheme, query: None, key: None }
    }

    /// The query parameter that may carry a token.
    #[must_use]
    pub const fn query(mut self, name: &'static str) -> Self {
        self.query = Some(name);
        self
    }

    /// Where a key travels.
    #[must_use]
    pub const fn key(mut self, location: Location, name: &'static str) -> Self {
        self.key = Some((location, name));
        self
    }
}

/// The head of a request, in which a [`CustomScheme`](super::CustomScheme) finds its credential.
///
/// Of several values of one name the first counts; an empty one counts as absent. `Debug` shows nothing of it.
pub struct Head<'a> {
    uri: &'a Uri,
    headers: &'a HeaderMap,
    entry: Option<&'a Secret>,
    /// Whether the method has other ways to authenticate.
    several: bool,
    from_cookie: Cell<bool>,
}

impl<'a> Head<'a> {
    pub(crate) fn new(uri: &'a Uri, headers: &'a HeaderMap, entry: Option<&'a Secret>, several: bool) -> Self {
        Self { uri, headers, entry, several, from_cookie: Cell::new(false) }
    }

    /// A header. Who reads the header `Cookie` itself has read a [`cookie`](Self::cookie).
    ///
    /// # Errors
    /// Its value is not UTF-8.
    pub fn header(&self, name: &str) -> Result<Option<Cow<'a, str>>, Malformed> {
        let Some(value) = self.headers.get(name).filter(|value| !value.is_empty()) else { return Ok(None) };
        if name.eq_ignore_ascii_case(header::COOKIE.as_str()) {
            self.from_cookie.set(true);
        }
        let text = std::str::from_utf8(value.as_bytes()).map_err(|_| Malformed::new(name, "UTF-8 text"))?;
        Ok(Some(Cow::Borrowed(text)))
    }

    /// A parameter of the query, decoded.
    ///
    /// # Errors
    /// Its value is not UTF-8.
    pub fn query(&self, name: &str) -> Result<Option<Cow<'a, str>>, Malformed> {
        first(query_values(self.uri, name).next(), name)
    }

    /// A cookie. Where there is one, the call passes the rule for cookies too: a browser sends them by itself, so the page
    /// that calls must be one that [may](crate::server::AllowedOrigins).
    ///
    /// # Errors
    /// Its value is not UTF-8.
    pub fn cookie(&self, name: &str) -> Result<Option<Cow<'a, str>>, Malformed> {
        let found = first(cookie_values(self.headers, name).next(), name)?;
        if found.is_some() {
            self.from_cookie.set(true);
        }
        Ok(found)
    }

    /// The path of the request, as it was sent.
    pub fn path(&self) -> &'a str {
        self.uri.path()
    }

    pub(super) fn authorization(&self) -> Option<&'a HeaderValue> {
        self.headers.get(header::AUTHORIZATION)
    }

    /// The credential entry of the subprotocol offer.
    pub(super) fn entry(&self) -> Option<&'a Secret> {
        self.entry
    }

    pub(super) fn has_alternatives(&self) -> bool {
        self.several
    }

    pub(super) fn is_from_cookie(&self) -> bool {
        self.from_cookie.get()
    }
}

impl fmt::Debug for Head<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Head").finish_non_exhaustive()
    }
}

fn first<'a, E>(found: Option<Result<Cow<'a, str>, E>>, name: &str) -> Result<Option<Cow<'a, str>>, Malformed> {
    match found {
        None => Ok(None),
        Some(Ok(text)) => Ok(Some(text).filter(|text| !text.is_empty())),
        Some(Err(_)) => Err(Malformed::new(name, "UTF-8 text")),
    }
}

/// A credential is there and is none: the caller sees 400, unless the method takes another credential that it carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed(pub(super) Violation);

impl Malformed {
    /// What carries the credential, and how it must be written: `X-Signature must be formatted as 64 hexadecimal digits`.
    /// Never quote what was sent.
    pub fn new(name: &str, format: &str) -> Self {
        Self(Violation::new(name, "invalid_format", format!("{name} must be formatted as {format}")))
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl error::Error for Malformed {}

/// The head of a client's request, to which a [`CustomScheme`](super::CustomScheme) adds its credential.
///
/// What cannot stand where it should makes the call fail. `Debug` shows nothing of it.
pub struct ClientHead<'a> {
    path: &'a str,
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    /// What could not be written, by its name.
    pub(crate) wrong: Option<String>,
}

impl<'a> ClientHead<'a> {
    pub(crate) fn new(path: &'a str) -> Self {
        Self { path, query: String::new(), headers: HeaderMap::new(), wrong: None }
    }

    /// The path of the request, as it will be sent.
    pub fn path(&self) -> &'a str {
        self.path
    }

    /// Adds a header.
    pub fn header(&mut self, name: &str, value: &str) {
        match (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            (Ok(header), Ok(mut value)) => {
                value.set_sensitive(true);
                self.headers.append(header, value);
            }
            _ => self.wrong = Some(name.to_owned()),
        }
    }

    /// Adds a parameter to the query.
    pub fn query(&mut self, name: &str, value: &str) {
        if !self.query.is_empty() {
            self.query.push('&');
        }
        self.query.extend(utf8_percent_encode(name, UNRESERVED));
        self.query.push('=');
        self.query.extend(utf8_percent_encode(value, UNRESERVED));
    }

    /// Adds a cookie.
    pub fn cookie(&mut self, name: &str, value: &str) {
        if is_cookie_value(value) {
            self.header("cookie", &format!("{name}={value}"));
        } else {
            self.wrong = Some(name.to_owned());
        }
    }
}

impl fmt::Debug for ClientHead<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientHead").finish_non_exhaustive()
    }
}

/// Whether a text can be the value of a cookie (RFC 6265 §4.1.1).
pub(crate) fn is_cookie_value(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, 0x21 | 0x23..=0x2b | 0x2d..=0x3a | 0x3c..=0x5b | 0x5d..=0x7e))
}

/// Whether a text comes back as it is from [`cookie_values`]: spaces, commas and other scripts do, which RFC 6265 §4.1.1 would not have
/// but its §5.4 sends.
pub(crate) fn is_cookie_text(text: &str) -> bool {
    let quoted = text.len() > 1 && text.starts_with('"') && text.ends_with('"');
    !quoted && text.trim_ascii() == text && text.bytes().all(|byte| byte != b';' && !byte.is_ascii_control())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_head_holds_is_found_and_not_shown() {
        let uri: Uri = "/a/b?sig=hun%20ter&empty=&odd=%FF".parse().unwrap();
        let mut headers = HeaderMap::new();
        headers.insert("x-sig", HeaderValue::from_static("hunter2"));
        headers.insert("x-odd", HeaderValue::from_bytes(b"\xff").unwrap());
        headers.insert("cookie", HeaderValue::from_static("a=1; sid=\"hunter3\"; none="));
        let head = Head::new(&uri, &headers, None, false);
        let found = |found: Result<Option<Cow<'_, str>>, Malformed>| found.unwrap().map(Cow::into_owned);
        assert_eq!(found(head.query("sig")).as_deref(), Some("hun ter"));
        assert_eq!(found(head.query("empty")), None);
        assert_eq!(found(head.header("X-Sig")).as_deref(), Some("hunter2"));
        assert_eq!(found(head.header("X-None")), None);
        assert_eq!(head.path(), "/a/b");
        assert_eq!(head.header("X-Odd").unwrap_err().to_string(), "X-Odd must be formatted as UTF-8 text");
        assert_eq!(head.query("odd").unwrap_err().to_string(), "odd must be formatted as UTF-8 text");
        assert_eq!(found(head.cookie("none")), None);
        assert!(!head.is_from_cookie());
        assert_eq!(found(head.cookie("sid")).as_deref(), Some("hunter3"));
        assert!(head.is_from_cookie());
        assert!(!format!("{head:?}").contains("hunter"));
        let head = Head::new(&uri, &headers, None, false);
        assert!(found(head.header("COOKIE")).is_some() && head.is_from_cookie(), "under its other name");
    }

    #[test]
    fn what_a_client_writes_is_escaped_sensitive_and_not_shown() {
        let mut head = ClientHead::new("/a");
        head.query("k&", "hun ter");
        head.query("l", "2");
        head.header("X-Key", "hunter");
        head.cookie("sid", "hunter");
        assert_eq!(head.query, "k%26=hun%20ter&l=2");
        assert!(head.headers.values().all(HeaderValue::is_sensitive));
        assert!(!format!("{head:?} {:?}", head.headers).contains("hunter"));
        assert_eq!(head.wrong, None);
        for (name, value) in [("sid", "a;b"), ("sid", "a b"), ("sid", "a\u{e9}")] {
            let mut head = ClientHead::new("/a");
            head.cookie(name, value);
            assert_eq!(head.wrong.as_deref(), Some("sid"), "{value}");
        }
        let mut head = ClientHead::new("/a");
        head.header("X Key", "x");
        assert_eq!(head.wrong.as_deref(), Some("X Key"));
    }
}
