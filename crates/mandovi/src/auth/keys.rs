//! The keys that verify JSON web tokens: from secrets, PEM, and JWKS documents (RFC 7517).
//!
//! Each key is pinned to one algorithm. What a token says of itself only chooses among the keys that are there, so a public
//! key is never taken for a secret.

use std::{
    error, fmt, fs,
    path::Path,
    sync::{Arc, PoisonError, RwLock},
};

use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Map, Value};

/// How a token is signed (RFC 7518 §3.1, RFC 8037).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum JwtAlgorithm {
    /// HMAC with SHA-256
    HS256,
    /// HMAC with SHA-384
    HS384,
    /// HMAC with SHA-512
    HS512,
    /// RSASSA-PKCS1-v1_5 with SHA-256
    RS256,
    /// RSASSA-PKCS1-v1_5 with SHA-384
    RS384,
    /// RSASSA-PKCS1-v1_5 with SHA-512
    RS512,
    /// RSASSA-PSS with SHA-256
    PS256,
    /// RSASSA-PSS with SHA-384
    PS384,
    /// RSASSA-PSS with SHA-512
    PS512,
    /// ECDSA on P-256 with SHA-256
    ES256,
    /// ECDSA on P-384 with SHA-384
    ES384,
    /// Ed25519
    EdDSA,
}

/// What kind of key an algorithm needs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Family {
    Secret,
    Rsa,
    P256,
    P384,
    Ed25519,
}

impl JwtAlgorithm {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::HS256,
        Self::HS384,
        Self::HS512,
        Self::RS256,
        Self::RS384,
        Self::RS512,
        Self::PS256,
        Self::PS384,
        Self::PS512,
        Self::ES256,
        Self::ES384,
        Self::EdDSA,
    ];

    const fn family(self) -> Family {
        match self {
            Self::HS256 | Self::HS384 | Self::HS512 => Family::Secret,
            Self::RS256 | Self::RS384 | Self::RS512 | Self::PS256 | Self::PS384 | Self::PS512 => Family::Rsa,
            Self::ES256 => Family::P256,
            Self::ES384 => Family::P384,
            Self::EdDSA => Family::Ed25519,
        }
    }

    /// Whether a public key has as many bytes as one of its kind: what is of another curve would verify nothing.
    fn fits(self, key: &DecodingKey) -> bool {
        match self.family() {
            Family::Secret | Family::Rsa => true,
            // A point (SEC 1 §2.3.3), compressed or not.
            Family::P256 => matches!(key.as_bytes().len(), 33 | 65),
            Family::P384 => matches!(key.as_bytes().len(), 49 | 97),
            Family::Ed25519 => key.as_bytes().len() == 32,
        }
    }

    const fn algorithm(self) -> Algorithm {
        match self {
            Self::HS256 => Algorithm::HS256,
            Self::HS384 => Algorithm::HS384,
            Self::HS512 => Algorithm::HS512,
            Self::RS256 => Algorithm::RS256,
            Self::RS384 => Algorithm::RS384,
            Self::RS512 => Algorithm::RS512,
            Self::PS256 => Algorithm::PS256,
            Self::PS384 => Algorithm::PS384,
            Self::PS512 => Algorithm::PS512,
            Self::ES256 => Algorithm::ES256,
            Self::ES384 => Algorithm::ES384,
            Self::EdDSA => Algorithm::EdDSA,
        }
    }

    /// Its name in `alg`, which is its name here.
    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| format!("{algorithm:?}") == name)
    }
}

/// One key, with the one algorithm that it takes. `Debug` shows no more than that and its id.
#[derive(Clone)]
pub struct JwtKey {
    id: Option<String>,
    algorithm: JwtAlgorithm,
    key: DecodingKey,
}

impl JwtKey {
    /// A secret that the issuer and this server share. RFC 7518 §3.2 asks for at least as many bytes as the hash has.
    ///
    /// # Panics
    ///
    /// If the secret is empty, so that anybody could sign a token, or the algorithm is not one of `HS256`, `HS384`, `HS512`.
    #[track_caller]
    pub fn secret(algorithm: JwtAlgorithm, secret: impl AsRef<[u8]>) -> Self {
        let secret = secret.as_ref();
        assert!(!secret.is_empty(), "the secret of a JwtVerifier is empty");
        assert!(algorithm.family() == Family::Secret, "{algorithm:?} is no algorithm of a secret");
        Self { id: None, algorithm, key: DecodingKey::from_secret(secret) }
    }

    /// A public key in PEM.
    ///
    /// # Errors
    ///
    /// If the text is not the PEM of a public key for this algorithm.
    pub fn pem(algorithm: JwtAlgorithm, public_key: impl AsRef<[u8]>) -> Result<Self, InvalidKey> {
        let pem = public_key.as_ref();
        let key = match algorithm.family() {
            // A public key is no secret.
            Family::Secret => return Err(InvalidKey::new(NO_PEM)),
            Family::Rsa => DecodingKey::from_rsa_pem(pem),
            Family::P256 | Family::P384 => DecodingKey::from_ec_pem(pem),
            Family::Ed25519 => DecodingKey::from_ed_pem(pem),
        };
        let key = key.map_err(|error| InvalidKey { what: NO_PEM, source: Some(Box::new(error)) })?;
        if !algorithm.fits(&key) {
            return Err(InvalidKey::new(NO_PEM));
        }
        Ok(Self { id: None, algorithm, key })
    }

    /// A public key in a PEM file, which is read once.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or as [`pem`](Self::pem).
    pub fn pem_file(algorithm: JwtAlgorithm, path: impl AsRef<Path>) -> Result<Self, InvalidKey> {
        Self::pem(algorithm, read(path.as_ref())?)
    }

    /// The id by which tokens name it, in `kid`. Without one it fits any token of its algorithm.
    #[must_use]
    pub fn with_id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// A key of a JWKS document; `None` where it is of a kind, for a use or with an algorithm that is not known here.
    fn jwk(jwk: &Map<String, Value>) -> Option<Self> {
        let member = |name: &str| jwk.get(name).and_then(Value::as_str);
        // What says something that is no text is not taken for what says nothing: that would be a key for everything.
        if ["use", "kid"].iter().any(|name| jwk.get(*name).is_some_and(|value| !value.is_string())) {
            return None;
        }
        if member("use").is_some_and(|purpose| purpose != "sig") {
            return None;
        }
        if let Some(operations) = jwk.get("key_ops") {
            operations.as_array()?.iter().find(|operation| *operation == "verify")?;
        }
        let family = match (member("kty")?, member("crv")) {
            ("oct", _) => Family::Secret,
            ("RSA", _) => Family::Rsa,
            ("EC", Some("P-256")) => Family::P256,
            ("EC", Some("P-384")) => Family::P384,
            ("OKP", Some("Ed25519")) => Family::Ed25519,
            _ => return None,
        };
        let algorithm = match jwk.get("alg") {
            Some(name) => JwtAlgorithm::named(name.as_str()?).filter(|algorithm| algorithm.family() == family)?,
            None => match family {
                Family::Secret => JwtAlgorithm::HS256,
                Family::Rsa => JwtAlgorithm::RS256,
                Family::P256 => JwtAlgorithm::ES256,
                Family::P384 => JwtAlgorithm::ES384,
                Family::Ed25519 => JwtAlgorithm::EdDSA,
            },
        };
        let key = match family {
            Family::Secret => {
                let secret = member("k").filter(|secret| !secret.is_empty())?;
                use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
                DecodingKey::from_secret(&URL_SAFE_NO_PAD.decode(secret).ok()?)
            }
            Family::Rsa => DecodingKey::from_rsa_components(member("n")?, member("e")?).ok()?,
            Family::P256 | Family::P384 => DecodingKey::from_ec_components(member("x")?, member("y")?).ok()?,
            Family::Ed25519 => DecodingKey::from_ed_components(member("x")?).ok()?,
        };
        if !algorithm.fits(&key) {
            return None;
        }
        Some(Self { id: member("kid").map(str::to_owned), algorithm, key })
    }
}

impl fmt::Debug for JwtKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JwtKey").field("id", &self.id).field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

/// Several keys: of a JWKS document, or collected. A set without any takes no token.
///
/// ```
/// use mandovi::{JwtVerifier, auth::{JwtAlgorithm, JwtKey, JwtKeySet}};
///
/// // Tokens of last year's secret are still taken.
/// let keys: JwtKeySet = [("2026", "a secret of 32 bytes or more ...."), ("2025", "the one that was there before ...")]
///     .into_iter()
///     .map(|(id, secret)| JwtKey::secret(JwtAlgorithm::HS256, secret).with_id(id))
///     .collect();
/// let verifier: JwtVerifier<serde_json::Value> = JwtVerifier::new(keys);
/// # let _ = verifier;
/// ```
#[derive(Clone, Debug)]
pub struct JwtKeySet(Vec<JwtKey>);

impl JwtKeySet {
    /// The keys of a JWKS document (RFC 7517): `RSA`, `EC` on P-256 and P-384, `OKP` with Ed25519, `oct`. What is of another kind,
    /// for another use than signatures or of an algorithm that is not for its kind is passed over. Without `alg` a key is of
    /// the usual one of its kind: RS256, ES256, ES384, EdDSA, HS256.
    ///
    /// # Errors
    ///
    /// The text is no such document, or none of its keys can verify a token.
    pub fn jwks(json: impl AsRef<[u8]>) -> Result<Self, InvalidKey> {
        let document: Value = serde_json::from_slice(json.as_ref())
            .map_err(|_| InvalidKey::new("not a JWKS document: it is not JSON"))?;
        let keys = document.get("keys").and_then(Value::as_array);
        let keys = keys.ok_or_else(|| InvalidKey::new("not a JWKS document: an object with an array `keys`"))?;
        let keys: Vec<_> = keys.iter().filter_map(|key| JwtKey::jwk(key.as_object()?)).collect();
        if keys.is_empty() {
            return Err(InvalidKey::new("the JWKS document has no key that can verify a token"));
        }
        Ok(Self(keys))
    }

    /// The same from a file, which is read once.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or as [`jwks`](Self::jwks).
    pub fn jwks_file(path: impl AsRef<Path>) -> Result<Self, InvalidKey> {
        Self::jwks(read(path.as_ref())?)
    }
}

impl From<JwtKey> for JwtKeySet {
    fn from(key: JwtKey) -> Self {
        Self(vec![key])
    }
}

impl FromIterator<JwtKey> for JwtKeySet {
    fn from_iter<I: IntoIterator<Item = JwtKey>>(keys: I) -> Self {
        Self(keys.into_iter().collect())
    }
}

/// The keys of a [`JwtVerifier`](super::JwtVerifier) at work. Cheap to clone; all clones are the same keys.
#[derive(Clone)]
pub struct JwtKeys(Arc<RwLock<Arc<[JwtKey]>>>);

impl JwtKeys {
    pub(super) fn new(keys: JwtKeySet) -> Self {
        Self(Arc::new(RwLock::new(keys.0.into())))
    }

    /// From now on tokens are verified with these keys and no others. Streams that are open stay open.
    pub fn replace(&self, keys: impl Into<JwtKeySet>) {
        let keys = keys.into().0.into();
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = keys;
    }

    fn current(&self) -> Arc<[JwtKey]> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The claims of a token that one of the keys has signed.
    pub(super) fn claims(&self, token: &str, validation: &Validation) -> Option<Map<String, Value>> {
        let header = jsonwebtoken::decode_header(token).ok()?;
        // RFC 7515 §4.1.11: what it must be understood for is not understood here.
        if header.crit.is_some() {
            return None;
        }
        let keys = self.current();
        let fits = |key: &&JwtKey| {
            let named = match (&key.id, &header.kid) {
                (Some(id), Some(kid)) => id == kid,
                _ => true,
            };
            named && key.algorithm.algorithm() == header.alg
        };
        keys.iter().filter(fits).find_map(|key| {
            let mut validation = validation.clone();
            validation.algorithms = vec![key.algorithm.algorithm()];
            jsonwebtoken::decode(token, &key.key, &validation).ok().map(|data| data.claims)
        })
    }
}

impl fmt::Debug for JwtKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.current().iter()).finish()
    }
}

const NO_PEM: &str = "not the PEM of a public key for this algorithm";

fn read(path: &Path) -> Result<Vec<u8>, InvalidKey> {
    let what = "the file with the key cannot be read";
    fs::read(path).map_err(|error| InvalidKey { what, source: Some(Box::new(error)) })
}

/// A key that cannot verify tokens.
#[derive(Debug)]
pub struct InvalidKey {
    what: &'static str,
    source: Option<Box<dyn error::Error + Send + Sync>>,
}

impl InvalidKey {
    fn new(what: &'static str) -> Self {
        Self { what, source: None }
    }
}

impl fmt::Display for InvalidKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.what)
    }
}

impl error::Error for InvalidKey {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

#[cfg(test)]
mod tests;
