//! Where a client's token comes from.

use std::future::{Future, ready};
use std::pin::Pin;

/// Gives the token for a call. It is asked again at every attempt, so that a token may be short-lived.
///
/// A `String` or `&'static str` is one that never changes, and is not shown again where it was refused; an async closure
/// fetches one.
///
/// ```
/// use mandovi::client::TokenProvider;
///
/// fn provider(_: impl TokenProvider) {}
/// provider("a token");
/// provider(|| async { Ok("a fresh token".to_owned()) });
/// ```
pub trait TokenProvider: Send + Sync + 'static {
    /// The token, without a scheme word.
    fn token(&self) -> TokenFuture<'_>;

    /// Whether a server that refuses the token may be asked again with another. Default: yes.
    fn renews(&self) -> bool {
        true
    }
}

/// What a [`TokenProvider`] answers.
pub type TokenFuture<'a> =
    Pin<Box<dyn Future<Output = Result<String, Box<dyn std::error::Error + Send + Sync>>> + Send + 'a>>;

impl TokenProvider for String {
    fn token(&self) -> TokenFuture<'_> {
        Box::pin(ready(Ok(self.clone())))
    }

    fn renews(&self) -> bool {
        false
    }
}

impl TokenProvider for &'static str {
    fn token(&self) -> TokenFuture<'_> {
        Box::pin(ready(Ok((*self).to_owned())))
    }

    fn renews(&self) -> bool {
        false
    }
}

impl<F, Fut> TokenProvider for F
where
    F: Fn() -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<String, Box<dyn std::error::Error + Send + Sync>>> + Send + 'static,
{
    fn token(&self) -> TokenFuture<'_> {
        Box::pin(self())
    }
}
