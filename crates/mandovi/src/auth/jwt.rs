//! A ready verifier of JSON web tokens (RFC 7519).
//!
//! The algorithm is pinned to the key: what the token's own header says is compared with it and never trusted. The
//! signature is checked before any claim is looked at, and no answer says more than which claim stands in the way.

use std::{
    fmt,
    marker::PhantomData,
    path::Path,
    time::{Duration, SystemTime},
};

use jsonwebtoken::{Algorithm, Validation};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::keys::{InvalidKey, JwtAlgorithm, JwtKey, JwtKeySet, JwtKeys};
use super::{BearerCredential, Denied, Jwt, OAuth2, Verified, Verifier};

type Claims = serde_json::Map<String, Value>;

/// Verifies JSON web tokens. The principal `T` is read from the claims.
///
/// A key takes its own algorithm and no other, whatever a token says. Of several keys those are tried that fit the
/// algorithm and the `kid` of the token: a key without an id fits any, and a token without a `kid` any key.
///
/// `exp` is required unless [`without_expiry`](Self::without_expiry) says otherwise, and ends the streams opened with
/// the token; `nbf` is checked where it is there. Scopes come from the claim `scopes`, an array of strings, or `scope`,
/// a string of words; a method that asks for no scopes does not look at them.
///
/// ```
/// use mandovi::JwtVerifier;
///
/// #[derive(serde::Deserialize)]
/// struct Caller { sub: String }
///
/// let verifier: JwtVerifier<Caller> = JwtVerifier::hs256("a secret of 32 bytes or more ....")
///     .issuer("https://login.example.com")
///     .audience("chat");
/// # let _ = verifier;
/// ```
pub struct JwtVerifier<T> {
    keys: JwtKeys,
    validation: Validation,
    expiry_required: bool,
    leeway: Duration,
    principal: PhantomData<fn() -> T>,
}

impl<T> JwtVerifier<T> {
    /// Tokens signed with any of these keys, of any algorithms: one [`JwtKey`], or a [`JwtKeySet`]. For other algorithms than
    /// those below, and for several keys.
    pub fn new(keys: impl Into<JwtKeySet>) -> Self {
        Self::with(keys.into())
    }

    /// Tokens signed with HMAC-SHA-256 and a secret that the issuer and this server share. RFC 7518 §3.2 asks for at
    /// least 32 bytes.
    ///
    /// # Panics
    ///
    /// If the secret is empty: anybody could sign a token then.
    #[track_caller]
    pub fn hs256(secret: impl AsRef<[u8]>) -> Self {
        Self::new(JwtKey::secret(JwtAlgorithm::HS256, secret))
    }

    /// Tokens signed with RSASSA-PKCS1-v1_5 and SHA-256, by the public key in PEM.
    ///
    /// # Errors
    ///
    /// If the text is not the PEM of an RSA public key.
    pub fn rs256_pem(public_key: impl AsRef<[u8]>) -> Result<Self, InvalidKey> {
        JwtKey::pem(JwtAlgorithm::RS256, public_key).map(Self::new)
    }

    /// Tokens signed with ECDSA on the curve P-256 and SHA-256, by the public key in PEM.
    ///
    /// # Errors
    ///
    /// If the text is not the PEM of a public key on an elliptic curve.
    pub fn es256_pem(public_key: impl AsRef<[u8]>) -> Result<Self, InvalidKey> {
        JwtKey::pem(JwtAlgorithm::ES256, public_key).map(Self::new)
    }

    /// Tokens signed with Ed25519, by the public key in PEM.
    ///
    /// # Errors
    ///
    /// If the text is not the PEM of an Ed25519 public key.
    pub fn eddsa_pem(public_key: impl AsRef<[u8]>) -> Result<Self, InvalidKey> {
        JwtKey::pem(JwtAlgorithm::EdDSA, public_key).map(Self::new)
    }

    /// Tokens signed by the public key in this PEM file, which is read once.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or is not the PEM of a public key for this algorithm.
    pub fn pem_file(algorithm: JwtAlgorithm, path: impl AsRef<Path>) -> Result<Self, InvalidKey> {
        JwtKey::pem_file(algorithm, path).map(Self::new)
    }

    /// Tokens signed by any of the keys of a JWKS document (RFC 7517), such as a login server publishes. Nothing is fetched:
    /// see [`keys`](Self::keys) for keys that change.
    ///
    /// # Errors
    ///
    /// The text is no such document, or has no key that can verify a token.
    pub fn jwks(json: impl AsRef<[u8]>) -> Result<Self, InvalidKey> {
        JwtKeySet::jwks(json).map(Self::new)
    }

    /// The same from a file, which is read once.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or as [`jwks`](Self::jwks).
    pub fn jwks_file(path: impl AsRef<Path>) -> Result<Self, InvalidKey> {
        JwtKeySet::jwks_file(path).map(Self::new)
    }

    /// A handle that replaces the keys while the server runs.
    ///
    /// ```
    /// # async fn fetch() -> Result<String, std::io::Error> { Ok(String::new()) }
    /// use mandovi::{JwtVerifier, auth::JwtKeySet};
    ///
    /// # fn verifier(first: &str) -> Result<(), mandovi::auth::InvalidKey> {
    /// let verifier: JwtVerifier<serde_json::Value> = JwtVerifier::jwks(first)?;
    /// let keys = verifier.keys();
    /// // In a task of its own, every hour or so:
    /// let refresh = async move {
    ///     if let Ok(document) = fetch().await
    ///         && let Ok(set) = JwtKeySet::jwks(document)
    ///     {
    ///         keys.replace(set);
    ///     }
    /// };
    /// # drop(refresh);
    /// # Ok(())
    /// # }
    /// ```
    pub fn keys(&self) -> JwtKeys {
        self.keys.clone()
    }

    fn with(keys: JwtKeySet) -> Self {
        // Which algorithm is right says the key, at each token.
        let mut validation = Validation::new(Algorithm::HS256);
        // The times are checked here, against a clock that is an argument; `exp` has to be read anyway.
        validation.validate_exp = false;
        validation.required_spec_claims.clear();
        // Without an audience of our own the claim is somebody else's business.
        validation.validate_aud = false;
        Self {
            keys: JwtKeys::new(keys),
            validation,
            expiry_required: true,
            leeway: Duration::from_secs(30),
            principal: PhantomData,
        }
    }

    /// Takes tokens without `exp` too. Their streams do not end by themselves. One that is there still counts.
    #[must_use]
    pub fn without_expiry(mut self) -> Self {
        self.expiry_required = false;
        self
    }

    /// How far the clocks of the issuer and this server may be apart, for `exp` and `nbf`. 30 s unless set.
    #[must_use]
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway;
        self
    }

    /// Takes only tokens whose `iss` is this issuer. Said more than once, any of them.
    #[must_use]
    pub fn issuer(mut self, issuer: impl Into<String>) -> Self {
        self.validation.iss.get_or_insert_default().insert(issuer.into());
        self.validation.required_spec_claims.insert("iss".to_owned());
        self
    }

    /// Takes only tokens whose `aud` is or contains this audience. Said more than once, any of them.
    #[must_use]
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.validation.validate_aud = true;
        self.validation.aud.get_or_insert_default().insert(audience.into());
        self.validation.required_spec_claims.insert("aud".to_owned());
        self
    }

    /// Checks the times of a token and says when it is no longer taken.
    fn check_times(&self, claims: &Claims, now: SystemTime) -> Result<Option<SystemTime>, Denied> {
        if let Some(not_before) = numeric_date(claims, "nbf")?
            && now.checked_add(self.leeway).is_some_and(|now| now < not_before)
        {
            return Err(Denied::unauthenticated("token is not valid yet"));
        }
        let Some(expiry) = numeric_date(claims, "exp")? else {
            return if self.expiry_required { Err(Denied::unauthenticated("token has no expiry")) } else { Ok(None) };
        };
        let expiry = expiry.checked_add(self.leeway).ok_or_else(invalid_token)?;
        if now < expiry { Ok(Some(expiry)) } else { Err(Denied::unauthenticated("token has expired")) }
    }
}

impl<T: DeserializeOwned> JwtVerifier<T> {
    /// Verifies a token now. What the server asks as a [`Verifier`] of [`Jwt`] and [`OAuth2`]; here without naming one of them.
    ///
    /// # Errors
    ///
    /// The token is not taken (401), or lacks a scope (403).
    pub async fn verify(&self, credential: BearerCredential, scopes: &[&str]) -> Result<Verified<T>, Denied> {
        self.verify_at(credential.token(), scopes, SystemTime::now())
    }

    fn verify_at(&self, token: &str, scopes: &[&str], now: SystemTime) -> Result<Verified<T>, Denied> {
        let claims = self.keys.claims(token, &self.validation).ok_or_else(invalid_token)?;
        let expires_at = self.check_times(&claims, now)?;
        check_scopes(&claims, scopes)?;
        let name = claims.get("sub").and_then(Value::as_str).map(std::sync::Arc::from);
        let principal = serde_json::from_value(Value::Object(claims)).map_err(|_| invalid_token())?;
        Ok(Verified { principal, expires_at, name })
    }
}

impl<T: DeserializeOwned + Send + Sync + 'static> Verifier<Jwt<T>> for JwtVerifier<T> {
    async fn verify(&self, credential: BearerCredential, scopes: &[&str]) -> Result<Verified<T>, Denied> {
        self.verify_at(credential.token(), scopes, SystemTime::now())
    }
}

impl<T: DeserializeOwned + Send + Sync + 'static> Verifier<OAuth2<T>> for JwtVerifier<T> {
    async fn verify(&self, credential: BearerCredential, scopes: &[&str]) -> Result<Verified<T>, Denied> {
        self.verify_at(credential.token(), scopes, SystemTime::now())
    }
}

impl<T> fmt::Debug for JwtVerifier<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JwtVerifier")
            .field("keys", &self.keys)
            .field("expiry_required", &self.expiry_required)
            .field("leeway", &self.leeway)
            .finish_non_exhaustive()
    }
}

fn invalid_token() -> Denied {
    Denied::unauthenticated("invalid token")
}

/// A time in seconds since 1970, which may have a fraction (RFC 7519 §2). Before 1970 is 1970.
fn numeric_date(claims: &Claims, name: &str) -> Result<Option<SystemTime>, Denied> {
    let Some(value) = claims.get(name) else { return Ok(None) };
    let seconds = value.as_f64().ok_or_else(invalid_token)?;
    let since = Duration::try_from_secs_f64(seconds.max(0.0)).map_err(|_| invalid_token())?;
    SystemTime::UNIX_EPOCH.checked_add(since).map(Some).ok_or_else(invalid_token)
}

/// The texts are those of Goa's chatter.
fn check_scopes(claims: &Claims, required: &[&str]) -> Result<(), Denied> {
    if required.is_empty() {
        return Ok(());
    }
    let granted = granted_scopes(claims).ok_or_else(|| Denied::forbidden("invalid scopes in token"))?;
    let missing: Vec<_> = required.iter().copied().filter(|scope| !granted.contains(scope)).collect();
    if missing.is_empty() { Ok(()) } else { Err(Denied::forbidden(format!("missing scopes: {}", missing.join(", ")))) }
}

fn granted_scopes(claims: &Claims) -> Option<Vec<&str>> {
    match (claims.get("scopes"), claims.get("scope")) {
        (Some(scopes), _) => scopes.as_array()?.iter().map(Value::as_str).collect(),
        (None, Some(scope)) => Some(scope.as_str()?.split_ascii_whitespace().collect()),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jsonwebtoken::{EncodingKey, Header, encode};
    use serde::Deserialize;
    use serde_json::json;

    // Public keys, and a token {"sub":"ada"} signed by each; the private keys are gone.
    const RSA_KEY: &str = "-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEArnbO3YiBcv8vvxG52ouK
OJd52RPOUT01q+aHS9Kfq+9is2kK7f9DXsQUMYHvXhrQerZsHOnK+lgEp1XhmG6N
so6/gQeynBOwy/dF13skJob6dzxO+5YGoY4R9aqj2X4mlySfUeMAtRhIBwpL0f0Y
u7lV3e0gXX7eqsUJ/SY8WXfpVovO6DOfNFBpi+XvNzuYKEts62K7cBKIS7G+gpbj
m5j1IhaB7ZBWbvR5Fi3iFTbwiP8tfpNbDrAYn2mUxvzBXcwjXHA418P9NHPOJ6cJ
HswfFSPjglYhnjPdqNsxOi0GKoXILog4nU7+eLUGCiQjc3iBW1Ov1IOqLjAJoa/t
SwIDAQAB
-----END PUBLIC KEY-----";
    const RSA_TOKEN: &str = "\
        eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZGEifQ.DkBSIlxclt8aHf6C1QH0t27wkao1_svmUEtPBj9MPkdW\
        zm_MAJX_l7dNYjGGCcEJFL8n4PcYw6LBYFOxvG1SiPvM5fwDFz0SHkzKdP-vMVEhEwNB0PiHv426PIzAPjM1d-wbgzZN26vfO1sI\
        a2eFGtBXh6aWFGghTFpQwIqqhg4OD8vsk1pHAeFFCmFM0xn7RThLRxyXYRIySsX76zVutNpbXRE4h4uD4oh1JSQpOOh54lRHT8xx\
        ZWRlSXGF_E-UOgVQDo8eKnjH--FSuHa29uIgwmFn2wwlwL54xUuv7dov7VAmUlyf9v6Au8iRpOqM4Kc7rrNhETWJs2wOVe032A";
    const EC_KEY: &str = "-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEZncFjck07tepKmrz6334qhnbOMPn
gKotOAyYLepqf42qjNnRR0YRxQfV5paxYopXoMo3tgA25RJb7ZJnm2x7Yg==
-----END PUBLIC KEY-----";
    const EC_TOKEN: &str = "\
        eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhZGEifQ.8lVLzsk7zY23m7CzaddWr4DAL0Yeo8hIb6E_3qNbklyV\
        Yts5FPLpXyBz21FNSDiX1XEgfoYPmhwpyOtfoWzHeQ";
    const ED_KEY: &str = "-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAZM4mfy6Fis2id8OkD/3Oeb5OhbJIl4TjJmnjgI4/hZ8=
-----END PUBLIC KEY-----";
    const ED_TOKEN: &str = "\
        eyJ0eXAiOiJKV1QiLCJhbGciOiJFZERTQSJ9.eyJzdWIiOiJhZGEifQ.wkhsf5rZrv9wRVRnEhvOAOAwK_E8CrOwBHAglbAAiou6\
        bJt0ahFZQPVEIQnn3LSbFiQ-SiYKxhNOzFk-eFCRAg";

    #[derive(Debug, Deserialize, PartialEq)]
    struct Caller {
        sub: String,
    }

    type Hs256 = JwtVerifier<Caller>;

    const NOW: u64 = 1_000_000;

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn sign(claims: &Value, algorithm: Algorithm, secret: &[u8]) -> String {
        encode(&Header::new(algorithm), claims, &EncodingKey::from_secret(secret)).unwrap()
    }

    fn check(verifier: &Hs256, claims: Value, scopes: &[&str]) -> Result<Verified<Caller>, (u16, String)> {
        let token = sign(&claims, Algorithm::HS256, b"secret");
        verifier.verify_at(&token, scopes, at(NOW)).map_err(|denied| (denied.status(), denied.message().to_owned()))
    }

    fn unauthenticated(message: &str) -> Result<Verified<Caller>, (u16, String)> {
        Err((401, message.to_owned()))
    }

    fn forbidden(message: &str) -> Result<Verified<Caller>, (u16, String)> {
        Err((403, message.to_owned()))
    }

    fn ada(expires_at: Option<u64>) -> Result<Verified<Caller>, (u16, String)> {
        Ok(Verified {
            principal: Caller { sub: "ada".into() },
            expires_at: expires_at.map(at),
            name: Some("ada".into()),
        })
    }

    #[test]
    fn the_principal_comes_from_the_claims() {
        let verifier = Hs256::hs256("secret");
        assert_eq!(check(&verifier, json!({"sub": "ada", "exp": NOW + 60, "more": [1]}), &[]), ada(Some(NOW + 90)));
        assert_eq!(check(&verifier, json!({"exp": NOW + 60}), &[]), unauthenticated("invalid token"));
        assert_eq!(check(&verifier, json!({"sub": 7, "exp": NOW + 60}), &[]), unauthenticated("invalid token"));
    }

    #[tokio::test]
    async fn it_is_a_verifier_by_the_clock() {
        let verifies = super::super::Verifies::<Jwt<Caller>>::new(Hs256::hs256("secret"));
        let sign = |exp: u64| sign(&json!({"sub": "ada", "exp": exp}), Algorithm::HS256, b"secret");
        let verified = verifies.verify(BearerCredential::new(sign(9_999_999_999)), &[]).await.unwrap();
        assert_eq!(verified.expires_at, Some(at(10_000_000_029)));
        let denied = verifies.verify(BearerCredential::new(sign(NOW)), &[]).await.unwrap_err();
        assert_eq!(denied.message(), "token has expired");
    }

    #[test]
    fn forged_and_broken_tokens_are_invalid() {
        let verifier = Hs256::hs256("secret").without_expiry();
        let check = |token: &str| verifier.verify_at(token, &[], at(NOW)).map_err(|denied| denied.message().to_owned());
        let claims = json!({"sub": "ada"});
        let good = sign(&claims, Algorithm::HS256, b"secret");
        assert!(check(&good).is_ok());
        let (head, signature) = good.rsplit_once('.').unwrap();
        let header = head.split_once('.').unwrap().0;
        let none = "eyJhbGciOiJub25lIn0";
        let other = sign(&json!({"sub": "eve"}), Algorithm::HS256, b"secret");
        let payload = other.split('.').nth(1).unwrap();
        let forged = [
            String::new(),
            "token".to_owned(),
            "a.b.c".to_owned(),
            format!("{head}."),
            format!("{good}A"),
            format!("{good}.more"),
            format!("{header}.{payload}.{signature}"),
            format!("{none}.{payload}."),
            format!("{none}.{payload}.{signature}"),
            sign(&claims, Algorithm::HS256, b"Secret"),
            sign(&claims, Algorithm::HS512, b"secret"),
            sign(&json!("ada"), Algorithm::HS256, b"secret"),
        ];
        for token in &forged {
            assert_eq!(check(token), Err("invalid token".to_owned()), "{token}");
        }
    }

    #[test]
    fn each_kind_of_key_takes_its_own_algorithm_only() {
        let verifiers: [Hs256; 3] = [
            JwtVerifier::rs256_pem(RSA_KEY).unwrap().without_expiry(),
            JwtVerifier::es256_pem(EC_KEY).unwrap().without_expiry(),
            JwtVerifier::eddsa_pem(ED_KEY).unwrap().without_expiry(),
        ];
        let keys = [RSA_KEY, EC_KEY, ED_KEY];
        for (i, verifier) in verifiers.iter().enumerate() {
            for (j, token) in [RSA_TOKEN, EC_TOKEN, ED_TOKEN].iter().enumerate() {
                assert_eq!(verifier.verify_at(token, &[], at(NOW)).is_ok(), i == j, "key {i}, token {j}");
            }
            // A public key is no secret: a token signed with it as one must not pass.
            let confused = sign(&json!({"sub": "eve"}), Algorithm::HS256, keys[i].as_bytes());
            assert!(verifier.verify_at(&confused, &[], at(NOW)).is_err());
        }
    }

    #[test]
    fn keys_of_another_kind_are_refused() {
        let error = JwtVerifier::<Caller>::rs256_pem("no key").unwrap_err();
        assert_eq!(error.to_string(), "not the PEM of a public key for this algorithm");
        assert!(std::error::Error::source(&error).is_some());
        assert!(JwtVerifier::<Caller>::rs256_pem(EC_KEY).is_err());
        assert!(JwtVerifier::<Caller>::es256_pem(ED_KEY).is_err());
        assert!(JwtVerifier::<Caller>::eddsa_pem(RSA_KEY).is_err());
    }

    #[test]
    #[should_panic(expected = "empty")]
    fn an_empty_secret_is_refused() {
        Hs256::hs256("");
    }

    #[test]
    fn an_expiry_is_required_unless_said_otherwise() {
        let verifier = Hs256::hs256("secret");
        assert_eq!(check(&verifier, json!({"sub": "ada"}), &[]), unauthenticated("token has no expiry"));
        let verifier = verifier.without_expiry();
        assert_eq!(check(&verifier, json!({"sub": "ada"}), &[]), ada(None));
        let expired = check(&verifier, json!({"sub": "ada", "exp": NOW - 30}), &[]);
        assert_eq!(expired, unauthenticated("token has expired"));
    }

    #[test]
    fn times_are_taken_with_leeway() {
        let verifier = Hs256::hs256("secret");
        let exp = |exp: Value| check(&verifier, json!({"sub": "ada", "exp": exp}), &[]);
        assert_eq!(exp(json!(NOW - 29)), ada(Some(NOW + 1)));
        assert_eq!(exp(json!(NOW - 30)), unauthenticated("token has expired"));
        assert!(exp(json!(NOW as f64 - 29.5)).is_ok());
        assert_eq!(exp(json!(-1)), unauthenticated("token has expired"));
        for odd in [json!("1000060"), json!(1e300), json!(null), json!(u64::MAX)] {
            assert_eq!(exp(odd.clone()), unauthenticated("invalid token"), "{odd}");
        }
        let nbf = |nbf: Value| check(&verifier, json!({"sub": "ada", "exp": NOW + 60, "nbf": nbf}), &[]);
        assert!(nbf(json!(NOW + 30)).is_ok());
        assert_eq!(nbf(json!(NOW + 31)), unauthenticated("token is not valid yet"));
        assert_eq!(nbf(json!("soon")), unauthenticated("invalid token"));

        let strict = Hs256::hs256("secret").leeway(Duration::ZERO);
        assert_eq!(check(&strict, json!({"sub": "ada", "exp": NOW + 1}), &[]), ada(Some(NOW + 1)));
        let expired = check(&strict, json!({"sub": "ada", "exp": NOW}), &[]);
        assert_eq!(expired, unauthenticated("token has expired"));
    }

    #[test]
    fn issuer_and_audience_are_compared_where_they_are_set() {
        let open = Hs256::hs256("secret").without_expiry();
        let any = json!({"sub": "ada", "iss": "elsewhere", "aud": ["elsewhere"]});
        assert_eq!(check(&open, any.clone(), &[]), ada(None));

        let bound = Hs256::hs256("secret").without_expiry().issuer("home").audience("chat").audience("talk");
        assert_eq!(check(&bound, json!({"sub": "ada", "iss": "home", "aud": "chat"}), &[]), ada(None));
        assert_eq!(check(&bound, json!({"sub": "ada", "iss": "home", "aud": ["x", "talk"]}), &[]), ada(None));
        let wrong = [
            any,
            json!({"sub": "ada", "iss": "home"}),
            json!({"sub": "ada", "aud": "chat"}),
            json!({"sub": "ada", "iss": "home", "aud": "chats"}),
            json!({"sub": "ada", "iss": "Home", "aud": "chat"}),
        ];
        for claims in wrong {
            assert_eq!(check(&bound, claims.clone(), &[]), unauthenticated("invalid token"), "{claims}");
        }
    }

    #[test]
    fn scopes_are_told_as_goa_tells_them() {
        let verifier = Hs256::hs256("secret").without_expiry();
        let scopes =
            |scopes: Value, required: &[&str]| check(&verifier, json!({"sub": "ada", "scopes": scopes}), required);
        let both = json!(["stream:read", "stream:write"]);
        assert_eq!(scopes(both.clone(), &["stream:write"]), ada(None));
        assert_eq!(scopes(both, &["stream:write", "stream:read"]), ada(None));
        let missing = scopes(json!(["stream:read"]), &["stream:write"]);
        assert_eq!(missing, forbidden("missing scopes: stream:write"));
        let missing = scopes(json!(["stream"]), &["stream:write", "stream:read"]);
        assert_eq!(missing, forbidden("missing scopes: stream:write, stream:read"));
        for odd in [json!("stream:write"), json!(null), json!({"stream:write": true}), json!(["stream:write", 1])] {
            assert_eq!(scopes(odd.clone(), &["stream:write"]), forbidden("invalid scopes in token"), "{odd}");
            assert_eq!(scopes(odd, &[]), ada(None));
        }
        let none = check(&verifier, json!({"sub": "ada"}), &["stream:write"]);
        assert_eq!(none, forbidden("invalid scopes in token"));

        let scope = |scope: Value| check(&verifier, json!({"sub": "ada", "scope": scope}), &["stream:write"]);
        assert_eq!(scope(json!("stream:read  stream:write")), ada(None));
        assert_eq!(scope(json!("stream:writer")), forbidden("missing scopes: stream:write"));
        assert_eq!(scope(json!(["stream:write"])), forbidden("invalid scopes in token"));
    }

    #[test]
    fn a_verifier_does_not_show_its_key() {
        let shown = format!("{:?}", Hs256::hs256("hunter2"));
        assert!(shown.contains("HS256") && !shown.contains("hunter2"), "{shown}");
    }
}
