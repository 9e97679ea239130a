//! What turns a credential into a principal, and how a server holds one verifier for each scheme.

use std::{error, fmt, future::Future, pin::Pin, sync::Arc, time::SystemTime};

use super::{Basic, BasicCredential, Scheme, sealed::Sealed};

/// Turns a credential of the scheme `S` into its principal, or says why not.
///
/// A server asks it once for each call, before the method runs and before the upgrade. For [`Basic`] a function or
/// closure will do, and for [`ApiKey`](super::ApiKey):
///
/// ```
/// use mandovi::{Basic, BasicCredential, Denied, Verifier};
///
/// struct User { name: String }
///
/// fn verifier() -> impl Verifier<Basic<User>> {
///     |credential: BasicCredential| async move {
///         if (credential.user.as_str(), credential.password.as_str()) == ("goa", "rocks") {
///             Ok(User { name: credential.user })
///         } else {
///             Err(Denied::unauthenticated("invalid username and password combination"))
///         }
///     }
/// }
/// # verifier();
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not verify credentials of `{S}`",
    label = "not a verifier for this scheme",
    note = "implement `Verifier<{S}>` for it, or use `JwtVerifier`",
    note = "for `Basic` a closure will do: `|credential: BasicCredential| async move {{ .. }}` that answers `Result<_, Denied>`; for `ApiKey` one that takes an `ApiKeyCredential`"
)]
pub trait Verifier<S: Scheme>: Send + Sync + 'static {
    /// Verifies the credential, and that it covers all of the scopes.
    ///
    /// Give no detail in the answer that helps to guess: a wrong user name and a wrong password look the same.
    /// Comparing secrets in constant time, hashing passwords and slowing down repeated attempts are the verifier's
    /// business.
    fn verify(
        &self,
        credential: S::Credential,
        scopes: &[&str],
    ) -> impl Future<Output = Result<Verified<S::Principal>, Denied>> + Send;
}

impl<T, F, Fut, V> Verifier<Basic<T>> for F
where
    T: Send + Sync + 'static,
    F: Fn(BasicCredential) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<V, Denied>> + Send,
    V: Into<Verified<T>>,
{
    fn verify(
        &self,
        credential: BasicCredential,
        scopes: &[&str],
    ) -> impl Future<Output = Result<Verified<T>, Denied>> + Send {
        let user = Arc::<str>::from(&*credential.user);
        let verified = scopes_unseen(self(credential), scopes);
        async move {
            let mut verified = verified.await?;
            verified.name.get_or_insert(user);
            Ok(verified)
        }
    }
}

/// The answer of a function. It is not told of scopes, so it cannot have checked them: whoever needs some is denied.
pub(super) fn scopes_unseen<T, V: Into<Verified<T>>>(
    verified: impl Future<Output = Result<V, Denied>> + Send,
    scopes: &[&str],
) -> impl Future<Output = Result<Verified<T>, Denied>> + Send {
    let missing = (!scopes.is_empty()).then(|| format!("missing scopes: {}", scopes.join(", ")));
    async move {
        let verified = verified.await?;
        match missing {
            None => Ok(verified.into()),
            Some(message) => Err(Denied::forbidden(message)),
        }
    }
}

/// A principal, and until when it may be trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verified<P> {
    /// Who is calling.
    pub principal: P,
    /// When the credential is no longer taken: streams opened with it end then. `None` means never.
    pub expires_at: Option<SystemTime>,
    /// What the principal is called, for the [`ConnectionManager`](crate::ConnectionManager): to find its connections, to count them, and
    /// to close them. No secret; default: none. [`Basic`] and `JwtVerifier` give the user's name and the claim `sub`.
    pub name: Option<Arc<str>>,
}

impl<P> Verified<P> {
    /// A principal whose streams end at that time.
    pub fn until(principal: P, expires_at: SystemTime) -> Self {
        Self { principal, expires_at: Some(expires_at), name: None }
    }

    /// Says what the principal is [called](Self::name).
    #[must_use]
    pub fn named(mut self, name: impl Into<Arc<str>>) -> Self {
        self.name = Some(name.into());
        self
    }
}

impl<P> From<P> for Verified<P> {
    fn from(principal: P) -> Self {
        Self { principal, expires_at: None, name: None }
    }
}

/// Why a credential was not taken. The message is for the caller to see: never put a credential into it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denied {
    kind: DeniedKind,
    message: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DeniedKind {
    Unauthenticated,
    Forbidden,
    Unavailable,
}

impl Denied {
    /// The credential is wrong or no longer valid. The caller sees the first error of the design with status 401.
    pub fn unauthenticated(message: impl Into<String>) -> Self {
        Self { kind: DeniedKind::Unauthenticated, message: message.into() }
    }

    /// The credential is right and does not allow this. The caller sees the first error of the design with status 403.
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self { kind: DeniedKind::Forbidden, message: message.into() }
    }

    /// The credential cannot be verified just now: a database or a key server does not answer. The caller sees status
    /// 503 with a fixed text and may try again; a 401 would make it throw a good token away.
    pub fn unavailable() -> Self {
        Self { kind: DeniedKind::Unavailable, message: "credentials cannot be verified now".to_owned() }
    }

    /// The HTTP status: 401, 403 or 503.
    pub fn status(&self) -> u16 {
        match self.kind {
            DeniedKind::Unauthenticated => 401,
            DeniedKind::Forbidden => 403,
            DeniedKind::Unavailable => 503,
        }
    }

    /// What the caller is told.
    pub fn message(&self) -> &str {
        &self.message
    }

    pub(crate) fn into_parts(self) -> (DeniedKind, String) {
        (self.kind, self.message)
    }
}

impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl error::Error for Denied {}

/// The verifier of a scheme as a server holds it: its type erased, cheap to clone.
///
/// It is in the type of a server that has one, where that has to be written: `VaultServer<Vault, Verifies<Jwt<Caller>>>`.
pub struct Verifies<S: Scheme>(Arc<dyn ErasedVerifier<S>>);

impl<S: Scheme> Verifies<S> {
    /// Holds a verifier.
    pub fn new(verifier: impl Verifier<S>) -> Self {
        Self(Arc::new(verifier))
    }

    /// Asks the verifier.
    ///
    /// # Errors
    ///
    /// Its answer, where it does not take the credential.
    pub async fn verify(&self, credential: S::Credential, scopes: &[&str]) -> Result<Verified<S::Principal>, Denied> {
        self.0.verify_boxed(credential, scopes).await
    }
}

impl<S: Scheme> Clone for Verifies<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S: Scheme> fmt::Debug for Verifies<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Verifies(..)")
    }
}

type Verifying<'a, P> = Pin<Box<dyn Future<Output = Result<Verified<P>, Denied>> + Send + 'a>>;

trait ErasedVerifier<S: Scheme>: Send + Sync {
    fn verify_boxed<'a>(&'a self, credential: S::Credential, scopes: &'a [&'a str]) -> Verifying<'a, S::Principal>;
}

impl<S: Scheme, V: Verifier<S>> ErasedVerifier<S> for V {
    fn verify_boxed<'a>(&'a self, credential: S::Credential, scopes: &'a [&'a str]) -> Verifying<'a, S::Principal> {
        Box::pin(self.verify(credential, scopes))
    }
}

/// No verifier yet: what a server starts with for every scheme of its design.
#[derive(Clone, Copy, Debug, Default)]
pub struct Missing;

/// A verifier for the scheme is there. A server becomes a router only when this holds for every scheme.
#[diagnostic::on_unimplemented(
    message = "a verifier for the scheme `{S}` is missing",
    label = "this server cannot verify its callers yet",
    note = "after `..Server::new(..)` call the method that is named like the scheme, with its verifier: for `#[service(schemes(jwt = ..))]` it is `.jwt(verifier)`"
)]
pub trait Provided<S: Scheme>: Sealed {
    /// The verifier.
    fn verifies(self) -> Verifies<S>;
}

impl<S: Scheme> Sealed for Verifies<S> {}

impl<S: Scheme> Provided<S> for Verifies<S> {
    fn verifies(self) -> Verifies<S> {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::super::{BearerCredential, Jwt};
    use super::*;
    use std::time::Duration;

    #[derive(Clone, Debug, PartialEq)]
    struct User(String);

    struct Tokens;

    impl Verifier<Jwt<User>> for Tokens {
        async fn verify(&self, credential: BearerCredential, scopes: &[&str]) -> Result<Verified<User>, Denied> {
            match credential.token() {
                "ada" if scopes.is_empty() => Ok(User("ada".into()).into()),
                "ada" => Err(Denied::forbidden(scopes.join(", "))),
                _ => Err(Denied::unauthenticated("invalid token")),
            }
        }
    }

    async fn check(credential: BasicCredential) -> Result<User, Denied> {
        if credential.password == "rocks" { Ok(User(credential.user)) } else { Err(Denied::unauthenticated("no")) }
    }

    fn provided<S: Scheme>(verifier: impl Provided<S>) -> Verifies<S> {
        verifier.verifies()
    }

    #[tokio::test]
    async fn a_function_verifies_basic() {
        let verifies = Verifies::<Basic<User>>::new(check);
        let user = verifies.verify(BasicCredential::new("goa", "rocks"), &[]).await;
        assert_eq!(user, Ok(Verified::from(User("goa".into())).named("goa")));
        let denied = verifies.clone().verify(BasicCredential::new("goa", "sucks"), &[]).await;
        assert_eq!(denied, Err(Denied::unauthenticated("no")));
    }

    #[tokio::test]
    async fn closures_verify_basic_and_may_tell_an_expiry() {
        let expires_at = SystemTime::UNIX_EPOCH + Duration::from_secs(1);
        let prefix = String::from("user ");
        let until = Verifies::<Basic<User>>::new(move |credential: BasicCredential| {
            let user = User(prefix.clone() + &credential.user);
            async move { Ok(Verified::until(user, expires_at)) }
        });
        let verified = until.verify(BasicCredential::new("goa", ""), &[]).await.unwrap();
        assert_eq!((verified.principal.0.as_str(), verified.expires_at), ("user goa", Some(expires_at)));

        let asynchronous = Verifies::<Basic<User>>::new(async |credential: BasicCredential| check(credential).await);
        assert!(asynchronous.verify(BasicCredential::new("goa", "rocks"), &[]).await.is_ok());
    }

    #[tokio::test]
    async fn a_type_verifies_bearer_tokens_and_scopes() {
        let verifies = provided(Verifies::<Jwt<User>>::new(Tokens));
        assert_eq!(verifies.verify(BearerCredential::new("ada"), &[]).await.unwrap().principal.0, "ada");
        let denied = verifies.verify(BearerCredential::new("ada"), &["a", "b"]).await.unwrap_err();
        assert_eq!((denied.status(), denied.message()), (403, "a, b"));
        let denied = verifies.verify(BearerCredential::new("bob"), &[]).await.unwrap_err();
        assert_eq!((denied.status(), denied.to_string().as_str()), (401, "invalid token"));
        assert_eq!(Denied::unavailable().status(), 503);
        assert_eq!(format!("{verifies:?} {Missing:?}"), "Verifies(..) Missing");
    }
}
