//! The basic scheme: a user name and a password in the `Authorization` header (RFC 7617).

use std::{fmt, marker::PhantomData};

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{Carried, CredentialKind, Scheme, invalid_authorization, missing, sealed::Sealed};
use crate::value::Violation;

/// The scheme of a user name and a password; `T` is the principal that they prove.
///
/// A marker: there are no values of it.
pub struct Basic<T>(PhantomData<fn() -> T>);

impl<T> Sealed for Basic<T> {}

impl<T: Send + Sync + 'static> Scheme for Basic<T> {
    type Credential = BasicCredential;
    type Principal = T;
    const KIND: CredentialKind = CredentialKind::Basic;

    // As Go's `Request.BasicAuth`: a header of another scheme is no credential. One that says `Basic` and is broken is
    // told as such, which Goa does not.
    fn read(carried: Carried<'_>) -> Result<BasicCredential, Violation> {
        let missing = || missing("Authorization", "header");
        let value = carried.authorization.ok_or_else(missing)?.as_bytes();
        let (scheme, encoded) = value.split_at_checked(6).ok_or_else(missing)?;
        if !scheme.eq_ignore_ascii_case(b"Basic ") {
            return Err(missing());
        }
        BasicCredential::decode(encoded.trim_ascii()).ok_or_else(|| invalid_authorization("base64 of user:password"))
    }
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

    fn read(header: &[u8]) -> Result<BasicCredential, (&'static str, String)> {
        let header = HeaderValue::from_bytes(header).unwrap();
        let carried = Carried { authorization: Some(&header), ..Carried::default() };
        Basic::<()>::read(carried).map_err(|violation| (violation.rule, violation.message))
    }

    fn encoded(text: &[u8]) -> Vec<u8> {
        format!("Basic {}", STANDARD.encode(text)).into_bytes()
    }

    #[test]
    fn user_and_password_are_read() {
        let goa = BasicCredential::new("goa", "rocks");
        assert_eq!(read(b"Basic Z29hOnJvY2tz"), Ok(goa.clone()));
        assert_eq!(read(b"bAsIc   Z29hOnJvY2tz"), Ok(goa.clone()));
        assert_eq!(read(goa.to_header().as_bytes()), Ok(goa));
        assert_eq!(read(&encoded(b"a:b:c")), Ok(BasicCredential::new("a", "b:c")));
        assert_eq!(read(&encoded(b":")), Ok(BasicCredential::new("", "")));
        let accented = BasicCredential::new("\u{e9}va", "\u{3c0}");
        assert_eq!(read(&encoded("\u{e9}va:\u{3c0}".as_bytes())), Ok(accented));
    }

    #[test]
    fn another_scheme_or_none_is_missing() {
        let missing = Err(("missing_field", r#""Authorization" is missing from header"#.to_owned()));
        for header in [&b""[..], b"Basic", b"Z29hOnJvY2tz", b"Bearer Z29hOnJvY2tz", b"\xff\xff\xff\xff\xff\xff\xff"] {
            assert_eq!(read(header), missing, "{header:?}");
        }
        let none = Basic::<()>::read(Carried::default()).unwrap_err();
        assert_eq!((none.rule, none.path.as_str()), ("missing_field", "Authorization"));
    }

    #[test]
    fn a_broken_credential_is_told_without_quoting_it() {
        let text = "Authorization must be formatted as base64 of user:password";
        let broken = Err(("invalid_format", text.to_owned()));
        let no_padding = b"Basic Z29hOnJvY2s".to_vec();
        let no_base64 = b"Basic goa:rocks".to_vec();
        let no_text = encoded(b"goa:\xff");
        let no_colon = encoded(b"goa");
        let control = encoded(b"goa:ro\ncks");
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
