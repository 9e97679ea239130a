//! Who is calling: schemes, credentials, and the verifiers that turn a credential into a principal.
//!
//! A [`Verifier`] is the user's; [`JwtVerifier`] is a ready one. The server takes one for each scheme of the design and
//! asks it before a method runs, which gets the verified principal as [`Auth`]. Credentials never appear in `Debug`,
//! errors or logs.

mod basic;
mod bearer;
mod jwt;
mod verifier;

use std::{borrow::Cow, fmt, ops::Deref, sync::Arc};

use crate::{dialect::Secret, value::Violation};

pub use basic::{Basic, BasicCredential};
pub use bearer::{BearerCredential, Jwt};
pub use jwt::{InvalidKey, JwtVerifier};
pub(crate) use verifier::DeniedKind;
pub use verifier::{Denied, Verified, Verifier, Verifies};
#[doc(hidden)]
pub use verifier::{Missing, Provided};

/// The verified caller of a method: `T` is the principal of the scheme that the method names.
///
/// Only a verifier makes one on a server. Cheap to clone.
///
/// ```
/// use mandovi::Auth;
///
/// struct Caller { name: String }
///
/// fn greet(caller: &Auth<Caller>) -> String {
///     format!("hello {}", caller.name)
/// }
/// assert_eq!(greet(&Auth::for_test(Caller { name: "ada".into() })), "hello ada");
/// ```
pub struct Auth<T>(Arc<T>);

impl<T> Auth<T> {
    pub(crate) fn new(principal: T) -> Self {
        Self(Arc::new(principal))
    }

    /// A caller that nobody verified, to call a method from a test without a network.
    pub fn for_test(principal: T) -> Self {
        Self::new(principal)
    }

    /// The shared principal itself.
    pub fn into_inner(self) -> Arc<T> {
        self.0
    }
}

impl<T> Clone for Auth<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Deref for Auth<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: fmt::Debug> fmt::Debug for Auth<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Auth").field(&self.0).finish()
    }
}

/// A way to authenticate: [`Basic`] or [`Jwt`], with the type of the principal it proves.
///
/// Named in `#[service(schemes(basic = Basic<User>, jwt = Jwt<Caller>))]`.
pub trait Scheme: sealed::Sealed + Sized + Send + Sync + 'static {
    /// What a request carries.
    type Credential: Send + 'static;
    /// What a verifier makes of it.
    type Principal: Send + Sync + 'static;
    /// How the credential travels.
    const KIND: CredentialKind;

    /// Reads the credential out of what a request carries, without judging it.
    #[doc(hidden)]
    fn read(carried: Carried<'_>) -> Result<Self::Credential, Violation>;
}

mod sealed {
    pub trait Sealed {}
}

/// How a credential travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CredentialKind {
    /// User name and password in `Authorization: Basic`.
    Basic,
    /// A token: in `Authorization: Bearer`, in the query where the design says so, or in the subprotocol offer.
    Bearer,
}

/// Where a design lets a credential travel besides the `Authorization` header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TokenSource {
    /// The query parameter that carries the token.
    pub query: Option<&'static str>,
}

/// What a request carries that may hold a credential.
#[doc(hidden)]
#[derive(Debug, Default)]
pub struct Carried<'a> {
    /// The first `Authorization` header, where there is one.
    pub(crate) authorization: Option<&'a http::HeaderValue>,
    /// The name of the query parameter, where the design has one.
    pub(crate) query_name: Option<&'static str>,
    /// Its decoded text, where it is there and not empty.
    pub(crate) query: Option<RedactedText<'a>>,
    /// The credential entry of the subprotocol offer.
    pub(crate) entry: Option<&'a Secret>,
}

/// Text that must not be seen in `Debug`, borrowed where it can be.
pub(crate) struct RedactedText<'a>(pub(crate) Cow<'a, str>);

impl fmt::Debug for RedactedText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<redacted>")
    }
}

fn missing(name: &str, place: &str) -> Violation {
    Violation::new(name, "missing_field", format!("{name:?} is missing from {place}"))
}

fn invalid_authorization(format: &str) -> Violation {
    let message = format!("Authorization must be formatted as {format}");
    Violation::new("Authorization", "invalid_format", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_is_shared_and_reads_like_its_principal() {
        let caller = Auth::for_test(String::from("ada"));
        let other = caller.clone();
        assert_eq!(other.len(), 3);
        assert_eq!(format!("{caller:?}"), r#"Auth("ada")"#);
        assert!(Arc::ptr_eq(&caller.into_inner(), &other.into_inner()));
    }

    #[test]
    fn what_is_carried_is_not_shown() {
        let mut authorization = http::HeaderValue::from_static("Bearer hunter1");
        authorization.set_sensitive(true);
        let entry = Secret::new("hunter3");
        let carried = Carried {
            authorization: Some(&authorization),
            query_name: Some("token"),
            query: Some(RedactedText("hunter2".into())),
            entry: Some(&entry),
        };
        assert!(!format!("{carried:?}").contains("hunter"));
    }
}
