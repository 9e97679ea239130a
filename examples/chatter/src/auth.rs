//! Who may call: one user, and the tokens that the user is given.
//!
//! The texts of refusals are part of the contract. They never say which of two things was wrong.

use jiff::Timestamp;
use jsonwebtoken::{EncodingKey, Header};
use mandovi::{BasicCredential, Denied, JwtVerifier};
use serde::Serialize;

use crate::design::{Caller, User};

/// The key that signs the tokens. It stands here because everybody knows it; a real one comes from outside of the code.
const KEY: &[u8] = b"secret";

/// The time before which no token is valid, in seconds since 1970: that of Goa's sample.
const NOT_BEFORE: i64 = 1_444_478_400;

/// What a token says.
#[derive(Serialize)]
struct Claims<'a> {
    nbf: i64,
    iat: i64,
    scopes: &'a [&'a str],
}

/// Checks a user name and a password.
///
/// # Errors
/// There is one user; everybody else is unauthenticated.
pub async fn verify_user(credential: BasicCredential) -> Result<User, Denied> {
    // Both are public. A real service keeps a hash of the password and compares in constant time.
    if credential.user == "goa" && credential.password == "rocks" {
        Ok(User { name: credential.user })
    } else {
        Err(Denied::unauthenticated("invalid username and password combination"))
    }
}

/// Checks tokens and their scopes.
pub fn token_verifier() -> JwtVerifier<Caller> {
    // Goa's sample gives its tokens no `exp`, and this server takes them. Without that reason leave this out: a token
    // that is required to expire also ends its streams.
    JwtVerifier::hs256(KEY).without_expiry()
}

/// A token, issued now, that allows what the scopes say.
///
/// # Errors
/// When it cannot be signed, which does not happen with a key of this kind.
pub fn issue_token(scopes: &[&str]) -> Result<String, jsonwebtoken::errors::Error> {
    let claims = Claims { nbf: NOT_BEFORE, iat: Timestamp::now().as_second(), scopes };
    // HS256 is the header's default, and what the verifier is pinned to.
    jsonwebtoken::encode(&Header::default(), &claims, &EncodingKey::from_secret(KEY))
}

#[cfg(test)]
mod tests {
    use super::*;
    use mandovi::BearerCredential;

    #[tokio::test]
    async fn one_user_and_one_password() {
        assert_eq!(verify_user(BasicCredential::new("goa", "rocks")).await.unwrap().name, "goa");
        for (user, password) in [("goa", "pebbles"), ("ada", "rocks"), ("", "")] {
            let denied = verify_user(BasicCredential::new(user, password)).await.unwrap_err();
            assert_eq!((denied.status(), denied.message()), (401, "invalid username and password combination"));
        }
    }

    #[tokio::test]
    async fn an_issued_token_allows_its_scopes_and_no_others() {
        let token = BearerCredential::new(issue_token(&["stream:read"]).unwrap());
        let verified = token_verifier().verify(token.clone(), &["stream:read"]).await.unwrap();
        assert_eq!((verified.principal.scopes, verified.expires_at), (vec!["stream:read".to_owned()], None));
        let denied = token_verifier().verify(token, &["stream:write"]).await.unwrap_err();
        assert_eq!((denied.status(), denied.message()), (403, "missing scopes: stream:write"));
    }
}
