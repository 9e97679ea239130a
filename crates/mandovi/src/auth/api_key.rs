//! The scheme of an API key: one text in a header, the query or a cookie, where the design says.

use std::{fmt, future::Future, hint::black_box, marker::PhantomData};

use super::{CredentialKind, Denied, Head, Scheme, Source, Verified, Verifier, scopes_unseen, sealed::Sealed};
use crate::{
    dialect::Secret,
    model::{Location, SchemeKind},
    value::Violation,
};

/// The scheme of an API key; `T` is the principal that it proves.
///
/// The design says where the key travels: `key(header = "X-Api-Key") = ApiKey<Client>`, or `query`, or `cookie`. A marker:
/// there are no values of it. A function will do as its verifier, as for [`Basic`](super::Basic).
pub struct ApiKey<T>(PhantomData<fn() -> T>);

impl<T> Sealed for ApiKey<T> {}

impl<T: Send + Sync + 'static> Scheme for ApiKey<T> {
    type Credential = ApiKeyCredential;
    type Principal = T;
    const KIND: CredentialKind = CredentialKind::ApiKey;

    fn model(source: &Source) -> SchemeKind {
        let (location, name) = place(source);
        SchemeKind::ApiKey { location, name: name.to_owned() }
    }

    fn carriers(source: &Source) -> Vec<(Location, &'static str)> {
        vec![place(source)]
    }

    fn read(head: &Head<'_>, source: &Source) -> Result<Option<ApiKeyCredential>, Violation> {
        let (location, name) = place(source);
        let found = match location {
            Location::Query => head.query(name),
            Location::Cookie => head.cookie(name),
            _ => head.header(name),
        };
        let found = found.map_err(|malformed| malformed.0)?;
        Ok(found.map(|key| ApiKeyCredential(Secret::new(key))))
    }
}

/// The macro asks for a place; a scheme without one (behind an alias of the type) has the usual.
fn place(source: &Source) -> (Location, &'static str) {
    source.key.unwrap_or((Location::Header, "X-Api-Key"))
}

/// A key as a request carried it, not yet verified.
#[derive(Clone)]
pub struct ApiKeyCredential(Secret);

impl ApiKeyCredential {
    /// A credential, for the test of a verifier.
    pub fn new(key: impl Into<String>) -> Self {
        Self(Secret::new(key))
    }

    /// The key. Keep it out of logs and errors.
    pub fn key(&self) -> &str {
        self.0.reveal()
    }

    /// Whether it is this key, compared in a time that says nothing about where they differ.
    pub fn is(&self, key: &str) -> bool {
        let (ours, theirs) = (self.key().as_bytes(), key.as_bytes());
        let mut difference = ours.len() ^ theirs.len();
        for (at, byte) in ours.iter().enumerate() {
            difference |= usize::from(byte ^ theirs.get(at).unwrap_or(&0));
        }
        black_box(difference) == 0
    }
}

impl fmt::Debug for ApiKeyCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKeyCredential(<redacted>)")
    }
}

impl<T, F, Fut, V> Verifier<ApiKey<T>> for F
where
    T: Send + Sync + 'static,
    F: Fn(ApiKeyCredential) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<V, Denied>> + Send,
    V: Into<Verified<T>>,
{
    fn verify(
        &self,
        credential: ApiKeyCredential,
        scopes: &[&str],
    ) -> impl Future<Output = Result<Verified<T>, Denied>> + Send {
        scopes_unseen(self(credential), scopes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderMap, HeaderValue, Uri};

    #[test]
    fn a_key_is_found_where_the_design_says_and_nowhere_else() {
        let uri: Uri = "/?key=from-query".parse().unwrap();
        let mut headers = HeaderMap::new();
        headers.insert("key", HeaderValue::from_static("from-header"));
        headers.insert("cookie", HeaderValue::from_static("key=from-cookie"));
        for (location, expected) in
            [(Location::Query, "from-query"), (Location::Header, "from-header"), (Location::Cookie, "from-cookie")]
        {
            let source = Source::new("key").key(location, "key");
            let head = Head::new(&uri, &headers, None, false);
            let found = ApiKey::<()>::read(&head, &source).unwrap().unwrap();
            assert_eq!(found.key(), expected);
            assert_eq!(head.is_from_cookie(), location == Location::Cookie);
            let other = Source::new("key").key(location, "yek");
            assert!(ApiKey::<()>::read(&head, &other).unwrap().is_none());
        }
    }

    #[test]
    fn keys_are_compared_whole_and_not_shown() {
        let key = ApiKeyCredential::new("hunter2");
        assert!(key.is("hunter2"));
        for other in ["", "hunter", "hunter3", "hunter22", "Hunter2", "hunter2\0"] {
            assert!(!key.is(other), "{other}");
        }
        assert!(!ApiKeyCredential::new("").is("a"));
        assert!(!format!("{key:?}").contains("hunter"));
    }
}
