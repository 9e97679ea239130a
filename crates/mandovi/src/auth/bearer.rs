//! The scheme of a bearer token, which most often is a JWT.

use std::{fmt, marker::PhantomData};

use super::{Carried, CredentialKind, Scheme, invalid_authorization, missing, sealed::Sealed};
use crate::{dialect::Secret, value::Violation};

/// The scheme of a bearer token; `T` is the principal that it proves.
///
/// A marker: there are no values of it. [`JwtVerifier`](super::JwtVerifier) is a ready verifier; a verifier of one's own
/// may read any kind of token.
pub struct Jwt<T>(PhantomData<fn() -> T>);

impl<T> Sealed for Jwt<T> {}

impl<T: Send + Sync + 'static> Scheme for Jwt<T> {
    type Credential = BearerCredential;
    type Principal = T;
    const KIND: CredentialKind = CredentialKind::Bearer;

    // What the design names comes first: a Goa server that maps the token to the query looks nowhere else, and the
    // `Authorization` header may then belong to a proxy. The entry of the subprotocol offer comes last, since only
    // clients that cannot set the header send it.
    fn read(carried: Carried<'_>) -> Result<BearerCredential, Violation> {
        if let Some(text) = carried.query {
            return Ok(BearerCredential::new(text.0));
        }
        if let Some(value) = carried.authorization.filter(|value| !value.is_empty()) {
            let text = value.to_str().map_err(|_| invalid_authorization("a token of visible characters"))?;
            // As Goa does: what stands before the first space is not looked at, and need not be there.
            let token = text.split_once(' ').map_or(text, |(_scheme, token)| token);
            return Ok(BearerCredential::new(token.trim_start()));
        }
        if let Some(entry) = carried.entry {
            return Ok(BearerCredential(entry.clone()));
        }
        Err(match carried.query_name {
            Some(name) => missing(name, "query string"),
            // Goa calls the header by the name of the payload's attribute.
            None => missing("token", "header"),
        })
    }
}

/// A token as a request carried it, not yet verified.
#[derive(Clone, PartialEq, Eq)]
pub struct BearerCredential(Secret);

impl BearerCredential {
    /// A credential, for the test of a verifier.
    pub fn new(token: impl Into<String>) -> Self {
        Self(Secret::new(token))
    }

    /// The token. Keep it out of logs and errors.
    pub fn token(&self) -> &str {
        self.0.reveal()
    }
}

impl fmt::Debug for BearerCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BearerCredential(<redacted>)")
    }
}

#[cfg(test)]
mod tests {
    use super::{super::RedactedText, *};
    use http::HeaderValue;

    fn read(carried: Carried<'_>) -> Result<String, (&'static str, String)> {
        let credential = Jwt::<()>::read(carried).map_err(|violation| (violation.rule, violation.message))?;
        Ok(credential.token().to_owned())
    }

    fn read_header(value: &HeaderValue) -> Result<String, (&'static str, String)> {
        read(Carried { authorization: Some(value), ..Carried::default() })
    }

    #[test]
    fn the_scheme_word_is_not_looked_at() {
        for header in ["Bearer a.b.c", "Foo a.b.c", "a.b.c", "bearer   a.b.c"] {
            assert_eq!(read_header(&HeaderValue::from_static(header)).unwrap(), "a.b.c", "{header}");
        }
        // Only the first word is dropped: what follows is the token, whatever it is.
        assert_eq!(read_header(&HeaderValue::from_static("Bearer a b")).unwrap(), "a b");
    }

    #[test]
    fn no_token_is_missing() {
        let missing = |text: &str| Err(("missing_field", text.to_owned()));
        assert_eq!(read(Carried::default()), missing(r#""token" is missing from header"#));
        assert_eq!(read_header(&HeaderValue::from_static("")), missing(r#""token" is missing from header"#));
        let carried = Carried { query_name: Some("key"), ..Carried::default() };
        assert_eq!(read(carried), missing(r#""key" is missing from query string"#));
    }

    #[test]
    fn a_header_of_odd_bytes_is_invalid() {
        let (rule, message) = read_header(&HeaderValue::from_bytes(b"Bearer \xff").unwrap()).unwrap_err();
        assert_eq!(rule, "invalid_format");
        assert_eq!(message, "Authorization must be formatted as a token of visible characters");
    }

    #[test]
    fn the_query_comes_first_and_the_offer_last() {
        let header = HeaderValue::from_static("Bearer from-header");
        let entry = Secret::new("from-offer");
        let offered = || Carried { entry: Some(&entry), ..Carried::default() };
        assert_eq!(read(offered()).unwrap(), "from-offer");
        let sent = || Carried { authorization: Some(&header), ..offered() };
        assert_eq!(read(sent()).unwrap(), "from-header");
        let query = Some(RedactedText("from-query".into()));
        assert_eq!(read(Carried { query, query_name: Some("token"), ..sent() }).unwrap(), "from-query");
    }

    #[test]
    fn a_token_is_not_shown() {
        assert!(!format!("{:?}", BearerCredential::new("hunter2")).contains("hunter"));
    }
}
