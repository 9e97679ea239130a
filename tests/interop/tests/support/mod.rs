//! What the interoperation tests are made of: both ends of every pairing, driven in one way.
//!
//! A [`Peer`] is a client that obeys a script and tells what it sees as JSON, whether it is a program of Goa's, Python's or
//! Node's, or a Mandovi client in this process. A [`Server`] is Goa's or ours, with a log of what its methods do. So a test is
//! written once and runs in every pairing; where the two sides differ by design, the test says so.
//!
//! Nothing here may wait without a limit: a peer that hangs fails its test, with all that was said so far.

#![allow(dead_code, unreachable_pub, unused_imports, reason = "every test target uses its own part of it")]

pub mod compare;
pub mod exchange;
pub mod log;
pub mod market;
pub mod peer;
pub mod raw;
pub mod scripted;
pub mod server;
pub mod tap;
pub mod tools;

use std::fmt::Display;
use std::future::Future;
use std::time::Duration;

pub use peer::Peer;
pub use server::Server;
pub use tap::Tap;
pub use tools::Tools;

/// The longest that anything external may take. Generous: the machines that run tests are busy.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// What a check answers: why it failed, for a person.
pub type Checked<T = ()> = Result<T, String>;

/// Waits for something external, at most [`PATIENCE`].
///
/// # Errors
/// That it did not come, by the name given.
pub async fn within<T>(what: impl Display, work: impl Future<Output = T>) -> Checked<T> {
    tokio::time::timeout(PATIENCE, work).await.map_err(|_| format!("waited {PATIENCE:?} in vain for {what}"))
}

/// Whose program plays a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Goa's.
    Goa,
    /// Ours.
    Mandovi,
}

/// A token as the chatter services take it, with these claims besides `nbf` and `iat`.
///
/// # Panics
/// When the claims are no object.
pub fn token(claims: &serde_json::Value) -> String {
    token_of(b"secret", claims)
}

/// The same with another key.
///
/// # Panics
/// When the claims are no object.
pub fn token_of(key: &[u8], claims: &serde_json::Value) -> String {
    let mut all = serde_json::json!({ "nbf": 1_444_478_400, "iat": 1_444_478_400 });
    for (name, value) in claims.as_object().expect("claims are an object") {
        all[name] = value.clone();
    }
    let key = jsonwebtoken::EncodingKey::from_secret(key);
    jsonwebtoken::encode(&jsonwebtoken::Header::default(), &all, &key).expect("an object can be signed")
}

/// A token with both scopes of the chatter.
pub fn full_token() -> String {
    token(&serde_json::json!({ "scopes": ["stream:read", "stream:write"] }))
}
