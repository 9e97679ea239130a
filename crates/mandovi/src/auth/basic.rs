//! The basic scheme: a user name and a password in the `Authorization` header (RFC 7617).

use std::{fmt, marker::PhantomData};

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{CredentialKind, Head, Scheme, Source, invalid_authorization, sealed::Sealed};
use crate::{
    model::{Location, SchemeKind},
    value::Violation,
};

/// The scheme of a user name and a password; `T` is the principal that they prove.
///
/// A marker: there are no values of it.
pub struct Basic<T>(PhantomData<fn() -> T>);

impl<T> Sealed for Basic<T> {}

impl<T: Send + Sync + 'static> Scheme for Basic<T> {
    type Credential = BasicCredential;
    type Principal = T;
    const KIND: CredentialKind = CredentialKind::Basic;

    fn model(_: &Source) -> SchemeKind {
        SchemeKind::Basic
    }

    fn carriers(_: &Source) -> Vec<(Location, &'static str)> {
        vec![(Location::Header, "Authorization")]
    }

    // As Go's `Request.BasicAuth`: a header of another scheme is no credential. One that says `Basic` and is broken is
    // told as such, which Goa does not.
    fn read(head: &Head<'_>, _: &Source) -> Result<Option<BasicCredential>, Violation> {
        let Some(encoded) = head.authorization().and_then(|value| encoded(value.as_bytes())) else { return Ok(None) };
        let credential = BasicCredential::decode(encoded.trim_ascii());
        credential.map(Some).ok_or_else(|| invalid_authorization("base64 of user:password"))
    }
}

/// What follows the word `Basic` in an `Authorization` header.
pub(super) fn encoded(value: &[u8]) -> Option<&[u8]> {
    let (scheme, encoded) = value.split_at_checked(6)?;
    scheme.eq_ignore_ascii_case(b"Basic ").then_some(encoded)
}

/// A user name and a password as a request carried them, not yet verified.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct BasicCredential {
    /// The user name: without colons and control characters, may be empty.
    pub user: String,
    /// The password: without control characters, may be empty.
    pub password: String,
}

impl BasicCredential {
    /// A credential, for the test of a verifier.
    pub fn new(user: impl Into<String>, password: impl Into<String>) -> Self {
        Self { user: user.into(), password: password.into() }
    }

    fn decode(encoded: &[u8]) -> Option<Self> {
        let text = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
        // RFC 7617 §2: neither may contain control characters, and the user name no colon.
        if text.contains(char::is_control) {
            return None;
        }
        let (user, password) = text.split_once(':')?;
        Some(Self::new(user, password))
    }

    /// The value of the `Authorization` header, marked as sensitive.
    pub(crate) fn to_header(&self) -> http::HeaderValue {
        let encoded = STANDARD.encode(format!("{}:{}", self.user, self.password));
        let mut value = http::HeaderValue::try_from(format!("Basic {encoded}")).expect("base64 is visible ASCII");
        value.set_sensitive(true);
        value
    }
}

impl fmt::Debug for BasicCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // People type passwords into the field of the user name, so neither is shown.
        f.write_str("BasicCredential(<redacted>)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn read(header: &[u8]) -> Result<Option<BasicCredential>, (&'static str, String)> {
        let (uri, mut headers) = (http::Uri::default(), http::HeaderMap::new());
        headers.insert(http::header::AUTHORIZATION, HeaderValue::from_bytes(header).unwrap());
        let head = Head::new(&uri, &headers, None, false);
        Basic::<()>::read(&head, &Source::new("basic")).map_err(|violation| (violation.rule, violation.message))
    }

    fn header_of(text: &[u8]) -> Vec<u8> {
        format!("Basic {}", STANDARD.encode(text)).into_bytes()
    }

    #[test]
    fn user_and_password_are_read() {
        let goa = BasicCredential::new("goa", "rocks");
        assert_eq!(read(b"Basic Z29hOnJvY2tz"), Ok(Some(goa.clone())));
        assert_eq!(read(b"bAsIc   Z29hOnJvY2tz"), Ok(Some(goa.clone())));
        assert_eq!(read(goa.to_header().as_bytes()), Ok(Some(goa)));
        assert_eq!(read(&header_of(b"a:b:c")), Ok(Some(BasicCredential::new("a", "b:c"))));
        assert_eq!(read(&header_of(b":")), Ok(Some(BasicCredential::new("", ""))));
        let accented = BasicCredential::new("\u{e9}va", "\u{3c0}");
        assert_eq!(read(&header_of("\u{e9}va:\u{3c0}".as_bytes())), Ok(Some(accented)));
    }

    #[test]
    fn another_scheme_or_none_is_missing() {
        for header in [&b""[..], b"Basic", b"Z29hOnJvY2tz", b"Bearer Z29hOnJvY2tz", b"\xff\xff\xff\xff\xff\xff\xff"] {
            assert_eq!(read(header), Ok(None), "{header:?}");
        }
    }

    #[test]
    fn a_broken_credential_is_told_without_quoting_it() {
        let text = "Authorization must be formatted as base64 of user:password";
        let broken = Err(("invalid_format", text.to_owned()));
        let no_padding = b"Basic Z29hOnJvY2s".to_vec();
        let no_base64 = b"Basic goa:rocks".to_vec();
        let no_text = header_of(b"goa:\xff");
        let no_colon = header_of(b"goa");
        let control = header_of(b"goa:ro\ncks");
        for header in [b"Basic ".to_vec(), no_padding, no_base64, no_text, no_colon, control, b"Basic \xff".to_vec()] {
            assert_eq!(read(&header), broken, "{header:?}");
        }
    }

    #[test]
    fn a_credential_is_not_shown() {
        let credential = BasicCredential::new("hunter1", "hunter2");
        assert!(!format!("{credential:?} {:?}", credential.to_header()).contains("hunter"));
    }
}
