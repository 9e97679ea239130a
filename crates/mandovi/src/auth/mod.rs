//! Who is calling: schemes, credentials, and the verifiers that turn a credential into a principal.
//!
//! A [`Verifier`] is the user's; [`JwtVerifier`] is a ready one. The server takes one for each scheme of the design and
//! asks it before a method runs, which gets the verified principal as [`Auth`]. Credentials never appear in `Debug`,
//! errors or logs.

mod api_key;
mod basic;
mod bearer;
mod custom;
mod guard;
mod head;
mod jwt;
mod keys;
mod verifier;

use std::{fmt, ops::Deref, sync::Arc};

use crate::{
    model::{Location, SchemeKind},
    value::Violation,
};

pub use api_key::{ApiKey, ApiKeyCredential};
pub use basic::{Basic, BasicCredential};
pub use bearer::{BearerCredential, Jwt, OAuth2};
pub use custom::CustomScheme;
pub(crate) use guard::Proof;
#[doc(hidden)]
pub use guard::{Alternative, Attempt, Guard, MadeOf, alternative};
#[doc(hidden)]
pub use head::Source;
pub use head::{ClientHead, Head, Malformed};
pub(crate) use head::{is_cookie_text, is_cookie_value};
pub use jwt::JwtVerifier;
pub use keys::{InvalidKey, JwtAlgorithm, JwtKey, JwtKeySet, JwtKeys};
pub(crate) use verifier::DeniedKind;
use verifier::scopes_unseen;
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

    pub(crate) fn shared(principal: Arc<T>) -> Self {
        Self(principal)
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

/// A way to authenticate: [`Basic`], [`Jwt`], [`OAuth2`], [`ApiKey`] with the type of the principal that it proves, or a
/// [`CustomScheme`].
///
/// Named in `#[service(schemes(basic = Basic<User>, jwt = Jwt<Caller>))]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a scheme",
    label = "not a way to authenticate",
    note = "there are `Basic<User>`, `Jwt<Caller>`, `OAuth2<Caller>` and `ApiKey<Client>`, with the type that stands for a verified caller",
    note = "for a scheme of your own implement `mandovi::auth::CustomScheme` for the type"
)]
pub trait Scheme: sealed::Sealed + Sized + Send + Sync + 'static {
    /// What a request carries.
    type Credential: Send + 'static;
    /// What a verifier makes of it.
    type Principal: Send + Sync + 'static;
    /// How the credential travels.
    const KIND: CredentialKind;

    /// What the model says of it.
    #[doc(hidden)]
    fn model(source: &Source) -> SchemeKind;

    /// What carries the credential.
    #[doc(hidden)]
    fn carriers(source: &Source) -> Vec<(Location, &'static str)>;

    /// Reads the credential out of what a request carries, without judging it.
    #[doc(hidden)]
    fn read(head: &Head<'_>, source: &Source) -> Result<Option<Self::Credential>, Violation>;
}

mod sealed {
    pub trait Sealed {}
}

/// How a credential travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CredentialKind {
    /// User name and password in `Authorization: Basic`.
    Basic,
    /// A token: in `Authorization: Bearer`, in the query where the design says so, or in the subprotocol offer.
    Bearer,
    /// A key: in a header, the query or a cookie, as the design says.
    ApiKey,
    /// As the application's own scheme says.
    Custom,
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
}
