//! The scheme of a bearer token, which most often is a JWT.

use std::{fmt, marker::PhantomData};

use super::{CredentialKind, Head, Scheme, Source, basic, invalid_authorization, sealed::Sealed};
use crate::{
    dialect::Secret,
    model::{Location, SchemeKind},
    value::Violation,
};

/// The scheme of a bearer token; `T` is the principal that it proves.
///
/// A marker: there are no values of it. [`JwtVerifier`](super::JwtVerifier) is a ready verifier; a verifier of one's own
/// may read any kind of token.
pub struct Jwt<T>(PhantomData<fn() -> T>);

/// The scheme of a bearer token that an OAuth2 flow (RFC 6749) gives to clients; `T` is the principal that it proves.
///
/// The flows stand in the documents: `oauth(client_credentials(token_url = "https://..")) = OAuth2<Caller>`. To the server it is
/// [`Jwt`]: a token is carried in the same places and judged by the same verifiers. A marker: there are no values of it.
pub struct OAuth2<T>(PhantomData<fn() -> T>);

macro_rules! bearer {
    ($scheme:ident: $model:expr) => {
        impl<T> Sealed for $scheme<T> {}

        impl<T: Send + Sync + 'static> Scheme for $scheme<T> {
            type Credential = BearerCredential;
            type Principal = T;
            const KIND: CredentialKind = CredentialKind::Bearer;

            fn model(_: &Source) -> SchemeKind {
                $model
            }

            fn carriers(source: &Source) -> Vec<(Location, &'static str)> {
                vec![match source.query {
                    Some(name) => (Location::Query, name),
                    // Goa calls the header by the name of the payload's attribute.
                    None => (Location::Header, "token"),
                }]
            }

            fn read(head: &Head<'_>, source: &Source) -> Result<Option<BearerCredential>, Violation> {
                read(head, source)
            }
        }
    };
}

bearer!(Jwt: SchemeKind::Jwt);
bearer!(OAuth2: SchemeKind::OAuth2 { flows: Vec::new() });

// What the design names comes first: a Goa server that maps the token to the query looks nowhere else, and the
// `Authorization` header may then belong to a proxy. The entry of the subprotocol offer comes last, since only
// clients that cannot set the header send it.
fn read(head: &Head<'_>, source: &Source) -> Result<Option<BearerCredential>, Violation> {
    if let Some(name) = source.query
        && let Some(text) = head.query(name).map_err(|malformed| malformed.0)?
    {
        return Ok(Some(BearerCredential::new(text)));
    }
    // A user name and a password are a credential of their own where the method may take one.
    let of_another = |value: &http::HeaderValue| head.has_alternatives() && basic::encoded(value.as_bytes()).is_some();
    if let Some(value) = head.authorization().filter(|value| !value.is_empty() && !of_another(value)) {
        let text = value.to_str().map_err(|_| invalid_authorization("a token of visible characters"))?;
        // As Goa does: what stands before the first space is not looked at, and need not be there.
        let token = text.split_once(' ').map_or(text, |(_scheme, token)| token);
        return Ok(Some(BearerCredential::new(token.trim_start())));
    }
    Ok(head.entry().map(|entry| BearerCredential(entry.clone())))
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
    use super::*;
    use http::{HeaderMap, HeaderValue, Uri, header};

    fn read_from(
        uri: &str,
        authorization: Option<&HeaderValue>,
        entry: Option<&Secret>,
        several: bool,
    ) -> Result<Option<String>, (&'static str, String)> {
        let (uri, mut headers): (Uri, _) = (uri.parse().unwrap(), HeaderMap::new());
        headers.extend(authorization.map(|value| (header::AUTHORIZATION, value.clone())));
        let head = Head::new(&uri, &headers, entry, several);
        let source = Source::new("jwt").query("token");
        let read = Jwt::<()>::read(&head, &source).map_err(|violation| (violation.rule, violation.message))?;
        Ok(read.map(|credential| credential.token().to_owned()))
    }

    fn read_header(value: &HeaderValue) -> Result<Option<String>, (&'static str, String)> {
        read_from("/", Some(value), None, false)
    }

    #[test]
    fn the_scheme_word_is_not_looked_at() {
        for header in ["Bearer a.b.c", "Foo a.b.c", "a.b.c", "bearer   a.b.c", "Basic a.b.c"] {
            assert_eq!(read_header(&HeaderValue::from_static(header)).unwrap().unwrap(), "a.b.c", "{header}");
        }
        // Only the first word is dropped: what follows is the token, whatever it is.
        assert_eq!(read_header(&HeaderValue::from_static("Bearer a b")).unwrap().unwrap(), "a b");
    }

    #[test]
    fn a_password_is_no_token_where_the_method_may_take_one() {
        assert_eq!(read_from("/", Some(&HeaderValue::from_static("basic a")), None, true), Ok(None));
        let token = read_from("/", Some(&HeaderValue::from_static("Bearer a")), None, true);
        assert_eq!(token, Ok(Some("a".into())));
    }

    #[test]
    fn no_token_is_none() {
        assert_eq!(read_from("/", None, None, false), Ok(None));
        assert_eq!(read_from("/?token=", None, None, false), Ok(None));
        assert_eq!(read_header(&HeaderValue::from_static("")), Ok(None));
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
        let read = |uri, header, entry| read_from(uri, header, entry, false).unwrap().unwrap();
        assert_eq!(read("/", None, Some(&entry)), "from-offer");
        assert_eq!(read("/", Some(&header), Some(&entry)), "from-header");
        assert_eq!(read("/?token=from-query", Some(&header), Some(&entry)), "from-query");
    }

    #[test]
    fn a_token_is_not_shown() {
        assert!(!format!("{:?}", BearerCredential::new("hunter2")).contains("hunter"));
    }
}
