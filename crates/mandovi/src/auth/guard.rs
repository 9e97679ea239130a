//! What a method asks of its callers: one scheme, or several of which any will do.

use std::{any::Any, fmt, future::Future, pin::Pin, sync::Arc, time::SystemTime};

use super::{Denied, Head, Scheme, Source, Verifies};
use crate::{model::Location, value::Violation};

/// The schemes of a method, in the order in which they are tried. Made once for each route.
#[derive(Clone)]
pub struct Guard(Arc<[Box<dyn Alternative>]>);

/// One scheme of a method, its types erased.
pub trait Alternative: Send + Sync {
    #[doc(hidden)]
    fn carriers(&self) -> Vec<(Location, &'static str)>;
    #[doc(hidden)]
    fn attempt(&self, head: &Head<'_>) -> Result<Option<Attempt>, Violation>;
}

/// A credential that a request carries, and what verifies it.
pub struct Attempt {
    verify: Box<dyn FnOnce(&'static [&'static str]) -> Verifying + Send>,
    /// Whether a browser sent it by itself.
    pub(crate) from_cookie: bool,
}

impl Attempt {
    /// Asks the verifier.
    pub(crate) async fn verify(self, scopes: &'static [&'static str]) -> Result<Proof, Denied> {
        (self.verify)(scopes).await
    }
}

impl fmt::Debug for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Attempt(<redacted>)")
    }
}

type Verifying = Pin<Box<dyn Future<Output = Result<Proof, Denied>> + Send>>;

/// A caller as a method wants it, and until when it may be trusted.
pub(crate) struct Proof {
    pub(crate) caller: Arc<dyn Any + Send + Sync>,
    pub(crate) expires_at: Option<SystemTime>,
    pub(crate) name: Option<Arc<str>>,
}

impl Guard {
    /// These schemes, the first first.
    pub fn new<const N: usize>(alternatives: [Box<dyn Alternative>; N]) -> Self {
        Self(Arc::new(alternatives))
    }

    /// The credentials that a request carries, in the order of the schemes.
    ///
    /// # Errors
    /// There is none that can be read.
    pub(crate) fn attempts<'a>(&self, head: impl Fn(bool) -> Head<'a>) -> Result<Vec<Attempt>, Violation> {
        let mut attempts = Vec::new();
        let mut malformed = None;
        for alternative in self.0.iter() {
            match alternative.attempt(&head(self.0.len() > 1)) {
                Ok(attempt) => attempts.extend(attempt),
                Err(violation) => malformed = malformed.or(Some(violation)),
            }
        }
        match malformed {
            _ if !attempts.is_empty() => Ok(attempts),
            Some(violation) => Err(violation),
            None => Err(self.missing()),
        }
    }

    /// Nothing is carried: what could have been.
    fn missing(&self) -> Violation {
        let mut carriers: Vec<_> = self.0.iter().flat_map(|alternative| alternative.carriers()).collect();
        let mut seen = Vec::new();
        carriers.retain(|carrier| {
            !seen.contains(carrier) && {
                seen.push(*carrier);
                true
            }
        });
        let mut message = String::new();
        for (index, (location, name)) in carriers.iter().enumerate() {
            let (before, is) = if index == 0 { ("", "is missing ") } else { (", or ", "") };
            let place = if *location == Location::Query { "query string" } else { location.as_str() };
            message.push_str(&format!("{before}{name:?} {is}from {place}"));
        }
        if message.is_empty() {
            message.push_str("a credential is missing");
        }
        Violation::new(carriers.first().map_or("", |carrier| carrier.1), "missing_field", message)
    }

    /// The headers that may hold a credential.
    pub(crate) fn headers(&self) -> impl Iterator<Item = &'static str> {
        let carriers = self.0.iter().flat_map(|alternative| alternative.carriers());
        carriers.filter(|(location, _)| *location == Location::Header).map(|(_, name)| name)
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard").field("alternatives", &self.0.len()).finish()
    }
}

/// One scheme of a method: `T` is what the method calls its caller, and is made of the scheme's principal.
pub fn alternative<S: Scheme, T>(verifies: &Verifies<S>, source: Source) -> Box<dyn Alternative>
where
    T: MadeOf<S::Principal> + Send + Sync + 'static,
{
    Box::new(Typed { verifies: verifies.clone(), source, caller: |principal| Arc::new(T::made_of(principal)) })
}

/// The type of an `Auth` argument, which is made of the principal of each scheme that the method takes.
#[diagnostic::on_unimplemented(
    message = "the caller is a `{P}`, as the scheme says, and not a `{Self}`",
    label = "not what the scheme proves",
    note = "write `Auth<{P}>`; where a method takes several schemes, write `impl From<{P}> for {Self}`"
)]
pub trait MadeOf<P> {
    /// Makes it.
    fn made_of(principal: P) -> Self;
}

#[diagnostic::do_not_recommend]
impl<P, T: From<P>> MadeOf<P> for T {
    fn made_of(principal: P) -> Self {
        Self::from(principal)
    }
}

struct Typed<S: Scheme> {
    verifies: Verifies<S>,
    source: Source,
    caller: fn(S::Principal) -> Arc<dyn Any + Send + Sync>,
}

impl<S: Scheme> Alternative for Typed<S> {
    fn carriers(&self) -> Vec<(Location, &'static str)> {
        S::carriers(&self.source)
    }

    fn attempt(&self, head: &Head<'_>) -> Result<Option<Attempt>, Violation> {
        let Some(credential) = S::read(head, &self.source)? else { return Ok(None) };
        let (verifies, caller) = (self.verifies.clone(), self.caller);
        let verify = move |scopes: &'static [&'static str]| -> Verifying {
            Box::pin(async move {
                let verified = verifies.verify(credential, scopes).await?;
                Ok(Proof { caller: caller(verified.principal), expires_at: verified.expires_at, name: verified.name })
            })
        };
        Ok(Some(Attempt { verify: Box::new(verify), from_cookie: head.is_from_cookie() }))
    }
}
