//! Keys of every kind against tokens that OpenSSL has signed, and what must not pass.

use jsonwebtoken::{EncodingKey, Header, encode};
use serde::Deserialize;
use serde_json::json;

use super::*;
use crate::auth::{BearerCredential, Jwt, JwtVerifier, Verified, Verifier};

const RSA: &str = "\
-----BEGIN PUBLIC KEY-----\n\
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAmi0n6EuWWbd71ZYZYZbk\n\
a7kx7irc0UMD0J4hp6VmoxsxXbvNaGBsRTkQKZaETD/ce3uqxmGRZttcJLTXPKik\n\
slB0WLkdwpxVHKHVL1q/mADIOiv15ZwjyebKhIzlIFf0Q5qBulqhkcm1QpGaWzOX\n\
k3ltToSAtjFbyRxb6tiBq2DAOmxFtIjta1W7/WhVWefz+55m8WU7c46ITfcw4Amf\n\
3alAbQhG308ztSB/8E3vsX6Epy3vemA+3Ht7a49qbbUWSTDeO9PSLCTpIxIsXwPE\n\
gbl5OdsCyfnNu2CGjY6UKs62VflQTNK3SW8qmXgttjpQBUfRg6NdD4pM0pMn/INP\n\
kQIDAQAB\n\
-----END PUBLIC KEY-----";
const P256: &str = "\
-----BEGIN PUBLIC KEY-----\n\
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAELqWce/32ePCydvKNmtHWeKp7VpzA\n\
J6H7LUt7OWfd+YyXkuLe9cx8I3tdDqkrpnn4keQHAXwiD8aFEb/I0mo4mA==\n\
-----END PUBLIC KEY-----";
const P384: &str = "\
-----BEGIN PUBLIC KEY-----\n\
MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEI5Nm0zbdFXfBUHgnEAWXsZn0IXz1OPjD\n\
cQ/qSRRQDT6AlWvN3+StwkgijulyvB9ocdgZtSO3W/k5zgqGWpUaGe/Bp/NhChkk\n\
Fvk1XZXnfIfnDhum/vUx9Jumg8rtJpAY\n\
-----END PUBLIC KEY-----";
const ED: &str = "\
-----BEGIN PUBLIC KEY-----\n\
MCowBQYDK2VwAyEAch1wzHQHtVFJ5yydqyboZTx8q774F4OjwDvbojSnE+4=\n\
-----END PUBLIC KEY-----";

/// The same keys as members of a JWKS document, without `alg`.
const RSA_JWK: &str = concat!(
    r#""kty":"RSA","e":"AQAB","n":""#,
    "mi0n6EuWWbd71ZYZYZbka7kx7irc0UMD0J4hp6VmoxsxXbvNaGBsRTkQKZaETD_ce3uqxmGRZttcJLTXPKikslB0WLkdwpxVHKHV",
    "L1q_mADIOiv15ZwjyebKhIzlIFf0Q5qBulqhkcm1QpGaWzOXk3ltToSAtjFbyRxb6tiBq2DAOmxFtIjta1W7_WhVWefz-55m8WU7",
    "c46ITfcw4Amf3alAbQhG308ztSB_8E3vsX6Epy3vemA-3Ht7a49qbbUWSTDeO9PSLCTpIxIsXwPEgbl5OdsCyfnNu2CGjY6UKs62",
    "VflQTNK3SW8qmXgttjpQBUfRg6NdD4pM0pMn_INPkQ",
    r#"""#
);
const P256_JWK: &str = concat!(
    r#""kty":"EC","crv":"P-256","x":"LqWce_32ePCydvKNmtHWeKp7VpzAJ6H7LUt7OWfd-Yw","#,
    r#""y":"l5Li3vXMfCN7XQ6pK6Z5-JHkBwF8Ig_GhRG_yNJqOJg""#
);
const P384_JWK: &str = concat!(
    r#""kty":"EC","crv":"P-384","x":"I5Nm0zbdFXfBUHgnEAWXsZn0IXz1OPjDcQ_qSRRQDT6AlWvN3-StwkgijulyvB9o","#,
    r#""y":"cdgZtSO3W_k5zgqGWpUaGe_Bp_NhChkkFvk1XZXnfIfnDhum_vUx9Jumg8rtJpAY""#
);
const ED_JWK: &str = r#""kty":"OKP","crv":"Ed25519","x":"ch1wzHQHtVFJ5yydqyboZTx8q774F4OjwDvbojSnE-4""#;

/// `{"sub":"ada"}` signed by the keys above; the private keys are gone.
const TOKENS: [(JwtAlgorithm, &str, &str); 9] = [
    (
        JwtAlgorithm::RS256,
        RSA,
        concat!(
            "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZGEifQ.az4WC8fmO-hLU4FDgJpJLMyE7AFfNpQGMZwO0C8ugVfZBlS_s3injzYck4el",
            "xEm5ma-GUFMsBWMBtGsCOj85e3EXLnH0b7b3_jT-UVlCR3hsm23FYnPOPeROWcxSZ9Sl6ATZtlnU-Fj6v2XkdeNIqCz1Tw99mYWE",
            "YNLJJh2jtDSmLlrT8sOSX_Ju5ezKkIsAzWY2OLv0jqteebMPxK1y3EJh0dxiHL9Bq0RSpBnqRaa8n7LvzYdPMMERBHDZ3O83r4Oa",
            "Vxm6LVKtoqoXLnUSKG0RYQ1jHqv-QkaqMcfc_ZLr0waNK1eTdFJsxi-f5YtWspAE8EnB2UealJvrS8lUKg",
        ),
    ),
    (
        JwtAlgorithm::RS384,
        RSA,
        concat!(
            "eyJhbGciOiJSUzM4NCJ9.eyJzdWIiOiJhZGEifQ.WlVo-HOExdUenkraC2WK4GFr14-182k7BSx9RSVyQT5paJVtKVyzmDlaOBnr",
            "b_-6IW2vGz3FQrfLrRIYRIWfW8YgWz6icvkYbeD_QBLpwvlRI5wHh7NGHaaIlHPRsBFe8XIXTz-G91IsgMpCCzSNRYV1XXqkJp8S",
            "VmM7xLmPuNgGJHzXkdYa1AjhMrbmbeDNcSN2LH1T1NQ9rL0a_eVmirvxrxoNfNIqvI_BaV_W7ecELgutT8zjzn0lYtUBzT8V5C7a",
            "eDmvtxWrE6aj1H7rNooRnY79Y-IXZoPmi7-rXeSWf_CX0_Sg3w01ed77RjRN2Z-55NCNAas2yg1II0iWXA",
        ),
    ),
    (
        JwtAlgorithm::RS512,
        RSA,
        concat!(
            "eyJhbGciOiJSUzUxMiJ9.eyJzdWIiOiJhZGEifQ.SoHulucnUWFQg1FcowoDfA7Ikye98_PR_LKt5POwszPcKK0ZJABrviJAbUDm",
            "0yzI6n2GiOdLryT75tPiWBBmeNkHbZY0M-r54ZayUDS90t19S1C5n7K0Qd3tyEy1sFgaPqoDDClYmwF69ncCgFQXozwbdztEeiGd",
            "bZwF9fKKg6XrkbmEpwlz4r23XwSGyH8sqHAf7Y2qVC5w92aKCbXPMX6bqvVxQx86wVW4o04ptrgbWdFIqVjfh2da63BWrzdwqlYf",
            "9GcM74ZQcCJBpO_XGYrNhhPk5MJILYBTqhcV2-te4t6W1iOd2X2-uylxKSEjNdp0lMvFjLlETqWP8U0fvA",
        ),
    ),
    (
        JwtAlgorithm::PS256,
        RSA,
        concat!(
            "eyJhbGciOiJQUzI1NiJ9.eyJzdWIiOiJhZGEifQ.DwjhKGTCOzInDROy9G_GLwnjjPHpv5pESjduZExTMBS4z0INpGEj69HSJS4E",
            "qN272ItpaiOM-TD5rBdz9-HJXrlxgySath9ZQZkPHXfhHzqe7Rq2trUTMdUDFJnoaz1NZrgTA1zra5aiiw7ex0fE_GX7DPyIirJq",
            "ISF7oIzHdJC9HRCbSwrHoftIreuvzmKWZWnbkotNQaBbJin3QIgCoUqM-TTh9BkQyWF2R8FLnJrPAfuyk0dcqU6t4SxjkT--37YK",
            "v1jQzcI70Rdp4J3bvRdKD_Q3cAy0YP0V5_bIxZbvrJhlNvxrrG4FJ2RHiX6DtcLGn_-T4WwURWL5lPf6Hg",
        ),
    ),
    (
        JwtAlgorithm::PS384,
        RSA,
        concat!(
            "eyJhbGciOiJQUzM4NCJ9.eyJzdWIiOiJhZGEifQ.Dg2KvRyBvUGZvOOccMahLEnEBj7kZMIfojXFQsIZj3odG0dOmlNam3cIOjd7",
            "OMJlCubC7RfZlVHwkUMNI0Na-3apnnqwUWxjim6L3MS2OdE-XtyZ-wD_MfpYSvslXQJBKcTeXgugY1fBEfM9N6UkhjxpD8mgpETJ",
            "3QjAmScvu84Y_0mXzLjO1pvuYApGptjjWJv7u4UdFUFjCu_Hya4o9kY96lYqb3rBRGEW7OPBRnHbZC6JQGDwzPCEJ0N2kD782jxF",
            "5XTcXTEXQpJtCL9aOGoQZeitEolEFYTfbLP0qYsTSfE1Ytc1DZYT31AfnvESRUPP6r_HrVcxdug49DC6gg",
        ),
    ),
    (
        JwtAlgorithm::PS512,
        RSA,
        concat!(
            "eyJhbGciOiJQUzUxMiJ9.eyJzdWIiOiJhZGEifQ.kNxDUo-_-aZRxmPG9TOUNzN0ULsNZZiEFTqstg23wVAg0iV7TXQw25W2X0Yp",
            "u4r7LAv3gfpunhQ7xPNQk4QW4N2HVxdVnqm-TJurKLPdSmsLkwoS0CcqT4u2CCZLAAAHf00svPCVvL3P9akMzAyg6WTfy6Rhd8U0",
            "K3rGScW3rsBoAT4i4O-D_FicW5sNXOuB-YeXFIyha5rglKaeQnDvLW9nSdUsCQfzNPeNcPtM795mPFjaVuaDGoJ1hGjoFfh_G0U3",
            "1KEbJrX5vGinHdHOwwHZCPNQWN5K6weDQKaUlS2hBUjbUmMQ9vEciwBLx_kaNDk11vhAEqBimwi8G_pUiw",
        ),
    ),
    (
        JwtAlgorithm::ES256,
        P256,
        concat!(
            "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhZGEifQ.5r7musWEyhQCQer_aQhJ1srcFPAWqxXjUDWWN_rKfYc-euDa_nlJwrlwi8b3",
            "P3t2VnPZntk4hmRjVRB5GAaBAA",
        ),
    ),
    (
        JwtAlgorithm::ES384,
        P384,
        concat!(
            "eyJhbGciOiJFUzM4NCJ9.eyJzdWIiOiJhZGEifQ.DjycVrbgSldWiAt2rQKLucBGnBv0TUKXluYgLx-mpdaW5ViibNBk4oSn-UtZ",
            "Z1xJmCqe7phk6KsBDY24u35_l_on0BTAk-GauYYpYclUUDZxT9cxH7ZYjekSYoiwqo8i",
        ),
    ),
    (
        JwtAlgorithm::EdDSA,
        ED,
        concat!(
            "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJhZGEifQ.XpyuEBtdv7Zo07uOk_a1qoETNHVcr_Ddly8TxKivd_ZcpZ9oZjaMbBhuv8o-",
            "sB4ZCO9Y7Y8pNwhyMHCfGGNuCQ",
        ),
    ),
];

#[derive(Debug, Deserialize, PartialEq)]
struct Caller {
    sub: String,
}

type Checked = Result<String, String>;

async fn check(verifier: &JwtVerifier<Caller>, token: &str) -> Checked {
    let credential = BearerCredential::new(token);
    let verified: Result<Verified<Caller>, _> = Verifier::<Jwt<Caller>>::verify(verifier, credential, &[]).await;
    verified.map(|verified| verified.principal.sub).map_err(|denied| denied.message().to_owned())
}

fn ada() -> Checked {
    Ok("ada".into())
}

fn invalid() -> Checked {
    Err("invalid token".into())
}

fn verifier(keys: impl Into<JwtKeySet>) -> JwtVerifier<Caller> {
    JwtVerifier::new(keys).without_expiry()
}

fn jwks(keys: &[String]) -> String {
    format!(r#"{{"keys":[{}]}}"#, keys.join(","))
}

fn key(members: &str, more: &str) -> String {
    format!("{{{members}{more}}}")
}

/// A token signed with a secret, with a `kid` in its header or without.
fn signed(algorithm: Algorithm, secret: &str, kid: Option<&str>) -> String {
    let header = Header { kid: kid.map(str::to_owned), ..Header::new(algorithm) };
    encode(&header, &json!({"sub": "ada"}), &EncodingKey::from_secret(secret.as_bytes())).unwrap()
}

#[tokio::test]
async fn every_algorithm_takes_its_own_tokens_and_no_others() {
    for (algorithm, pem, _) in TOKENS {
        let verifier = verifier(JwtKey::pem(algorithm, pem).unwrap());
        for (other, _, token) in TOKENS {
            let expected = if other == algorithm { ada() } else { invalid() };
            assert_eq!(check(&verifier, token).await, expected, "a key of {algorithm:?}, a token of {other:?}");
        }
    }
    for (algorithm, jsonwebtoken) in [
        (JwtAlgorithm::HS256, Algorithm::HS256),
        (JwtAlgorithm::HS384, Algorithm::HS384),
        (JwtAlgorithm::HS512, Algorithm::HS512),
    ] {
        let verifier = verifier(JwtKey::secret(algorithm, "secret"));
        for other in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
            let expected = if other == jsonwebtoken { ada() } else { invalid() };
            assert_eq!(check(&verifier, &signed(other, "secret", None)).await, expected);
        }
        assert_eq!(check(&verifier, &signed(jsonwebtoken, "Secret", None)).await, invalid());
    }
}

/// A public key is known to everybody: as a secret it would let everybody sign.
#[tokio::test]
async fn a_public_key_is_never_a_secret() {
    let members = [RSA_JWK, P256_JWK, P384_JWK, ED_JWK];
    let set = jwks(&members.map(|members| key(members, "")));
    let document = JwtVerifier::jwks(&set).unwrap().without_expiry();
    for (algorithm, pem, _) in TOKENS {
        assert!(JwtKey::pem(JwtAlgorithm::HS256, pem).is_err());
        let own = verifier(JwtKey::pem(algorithm, pem).unwrap());
        for hmac in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
            let forged = signed(hmac, pem, None);
            assert_eq!(check(&own, &forged).await, invalid(), "{algorithm:?}");
            assert_eq!(check(&document, &forged).await, invalid(), "{algorithm:?}");
        }
    }
    // `alg` of another family than the key's: the key is passed over, and not taken for what it is not.
    for alg in ["HS256", "ES256", "EdDSA", "none", "RS1"] {
        let odd = jwks(&[key(RSA_JWK, &format!(r#","alg":"{alg}""#))]);
        assert!(JwtKeySet::jwks(odd).is_err(), "{alg}");
    }
}

#[tokio::test]
async fn a_token_that_is_not_signed_is_invalid() {
    let set = jwks(&[key(RSA_JWK, ""), key(r#""kty":"oct","k":"c2VjcmV0""#, "")]);
    let verifier = JwtVerifier::jwks(set).unwrap().without_expiry();
    let good = signed(Algorithm::HS256, "secret", None);
    assert_eq!(check(&verifier, &good).await, ada());
    let payload = good.split('.').nth(1).unwrap();
    // {"alg":"none"}, {"alg":"None"}, {"alg":""}, {}
    for header in ["eyJhbGciOiJub25lIn0", "eyJhbGciOiJOb25lIn0", "eyJhbGciOiIifQ", "e30"] {
        for signature in ["", good.rsplit('.').next().unwrap()] {
            assert_eq!(check(&verifier, &format!("{header}.{payload}.{signature}")).await, invalid());
        }
    }
}

#[tokio::test]
async fn the_id_of_a_key_chooses_it() {
    let key = |id: &str, secret: &str| JwtKey::secret(JwtAlgorithm::HS256, secret).with_id(id);
    let token = |secret, kid| signed(Algorithm::HS256, secret, kid);
    let one = verifier(key("a", "one"));
    assert_eq!(check(&one, &token("one", Some("a"))).await, ada());
    assert_eq!(check(&one, &token("one", None)).await, ada());
    assert_eq!(check(&one, &token("one", Some("b"))).await, invalid());
    let many = verifier(JwtKeySet::from_iter([key("a", "one"), key("b", "two")]));
    assert_eq!(check(&many, &token("two", Some("b"))).await, ada());
    // The key that the token names, and not another that fits.
    assert_eq!(check(&many, &token("two", Some("a"))).await, invalid());
    assert_eq!(check(&many, &token("two", Some("c"))).await, invalid());
    // Without a name any of them.
    assert_eq!(check(&many, &token("two", None)).await, ada());
    assert_eq!(check(&many, &token("three", None)).await, invalid());
    // A key without an id fits every name.
    let unnamed = JwtKey::secret(JwtAlgorithm::HS256, "three");
    let mixed = verifier(JwtKeySet::from_iter([key("a", "one"), unnamed]));
    assert_eq!(check(&mixed, &token("three", Some("c"))).await, ada());
    assert_eq!(check(&mixed, &token("one", Some("c"))).await, invalid());
}

#[tokio::test]
async fn a_document_of_keys_is_read_as_far_as_it_is_known() {
    let members = [(RSA_JWK, "RS256"), (P256_JWK, "ES256"), (P384_JWK, "ES384"), (ED_JWK, "EdDSA")];
    // What `alg` says, or what is usual for the kind.
    for (members, usual) in members {
        for alg in ["", &format!(r#","alg":"{usual}","use":"sig","key_ops":["verify"]"#)] {
            let verifier = JwtVerifier::jwks(jwks(&[key(members, alg)])).unwrap().without_expiry();
            for (algorithm, _, token) in TOKENS {
                let expected = if format!("{algorithm:?}") == usual { ada() } else { invalid() };
                assert_eq!(check(&verifier, token).await, expected, "{usual}{alg} {algorithm:?}");
            }
        }
    }
    let pss = JwtVerifier::jwks(jwks(&[key(RSA_JWK, r#","alg":"PS384""#)])).unwrap().without_expiry();
    assert_eq!(check(&pss, TOKENS[4].2).await, ada());
    assert_eq!(check(&pss, TOKENS[0].2).await, invalid());
    // What is of no use here is passed over.
    let others = [
        r#"{"kty":"EC","crv":"secp256k1","x":"AA","y":"AA"}"#.to_owned(),
        r#"{"kty":"OKP","crv":"X25519","x":"AA"}"#.to_owned(),
        r#"{"kty":"AKP","alg":"ML-DSA-44","pub":"AA"}"#.to_owned(),
        r#"{"kty":"oct","k":""}"#.to_owned(),
        r#"{"kty":"RSA"}"#.to_owned(),
        r#"{}"#.to_owned(),
        "7".to_owned(),
        key(ED_JWK, r#","use":"enc""#),
        key(ED_JWK, r#","key_ops":["sign"]"#),
    ];
    let error = JwtKeySet::jwks(jwks(&others)).unwrap_err();
    assert_eq!(error.to_string(), "the JWKS document has no key that can verify a token");
    let all: Vec<_> = others.into_iter().chain([key(P256_JWK, r#","kid":"k""#)]).collect();
    let verifier = JwtVerifier::jwks(jwks(&all)).unwrap().without_expiry();
    assert_eq!(check(&verifier, TOKENS[6].2).await, ada());
    for odd in ["", "[]", "{}", r#"{"keys":{}}"#, r#"{"keys":[]}"#] {
        assert!(JwtKeySet::jwks(odd).is_err(), "{odd}");
    }
}

#[tokio::test]
async fn keys_are_replaced_while_the_verifier_is_at_work() {
    let verifier = verifier(JwtKey::secret(JwtAlgorithm::HS256, "one"));
    let keys = verifier.keys();
    let (one, two) = (signed(Algorithm::HS256, "one", None), signed(Algorithm::HS256, "two", None));
    assert_eq!((check(&verifier, &one).await, check(&verifier, &two).await), (ada(), invalid()));
    keys.replace(JwtKey::secret(JwtAlgorithm::HS256, "two"));
    assert_eq!((check(&verifier, &one).await, check(&verifier, &two).await), (invalid(), ada()));
    keys.replace(JwtKeySet::from_iter([]));
    assert_eq!(check(&verifier, &two).await, invalid());
}

#[tokio::test]
async fn keys_come_from_files_too() {
    let folder = std::env::temp_dir().join(format!("mandovi-keys-{}-{:x}", std::process::id(), rand::random::<u64>()));
    fs::create_dir_all(&folder).unwrap();
    let (pem, document) = (folder.join("key.pem"), folder.join("jwks.json"));
    fs::write(&pem, ED).unwrap();
    fs::write(&document, jwks(&[key(P384_JWK, "")])).unwrap();
    let from_pem = JwtVerifier::pem_file(JwtAlgorithm::EdDSA, &pem).unwrap().without_expiry();
    let from_document = JwtVerifier::jwks_file(&document).unwrap().without_expiry();
    let wrong = JwtVerifier::<Caller>::pem_file(JwtAlgorithm::RS256, &pem).unwrap_err();
    let missing = JwtVerifier::<Caller>::jwks_file(folder.join("none")).unwrap_err();
    fs::remove_dir_all(&folder).unwrap();
    assert_eq!(check(&from_pem, TOKENS[8].2).await, ada());
    assert_eq!(check(&from_document, TOKENS[7].2).await, ada());
    assert_eq!(wrong.to_string(), NO_PEM);
    assert_eq!(missing.to_string(), "the file with the key cannot be read");
    assert!(error::Error::source(&missing).is_some());
}

#[test]
fn a_key_of_another_curve_is_refused_when_it_is_made() {
    for (algorithm, pem, fits) in [
        (JwtAlgorithm::ES256, P256, true),
        (JwtAlgorithm::ES256, P384, false),
        (JwtAlgorithm::ES384, P384, true),
        (JwtAlgorithm::ES384, P256, false),
    ] {
        assert_eq!(JwtKey::pem(algorithm, pem).is_ok(), fits, "{algorithm:?}");
    }
    // The same for what a document says of itself: a point of one curve under the name of the other.
    for (members, from, to) in [(P384_JWK, "P-384", "P-256"), (P256_JWK, "P-256", "P-384")] {
        assert!(JwtKeySet::jwks(jwks(&[key(members, "")])).is_ok());
        assert!(JwtKeySet::jwks(jwks(&[key(&members.replace(from, to), "")])).is_err());
    }
    assert!(JwtKeySet::jwks(jwks(&[key(r#""kty":"OKP","crv":"Ed25519","x":"ch1w""#, "")])).is_err());
}

#[tokio::test]
async fn a_token_that_asks_for_what_is_not_known_here_is_invalid() {
    let verifier = verifier(JwtKey::secret(JwtAlgorithm::HS256, "secret"));
    let mut header = Header::new(Algorithm::HS256);
    let sign =
        |header: &Header| encode(header, &json!({ "sub": "ada" }), &EncodingKey::from_secret(b"secret")).unwrap();
    assert_eq!(check(&verifier, &sign(&header)).await, ada());
    header.crit = Some(vec!["exp".to_owned()]);
    assert_eq!(check(&verifier, &sign(&header)).await, invalid());
}

#[test]
fn an_odd_document_is_read_as_far_as_it_makes_sense() {
    let odd = [
        r#","kid":7"#,
        r#","kid":null"#,
        r#","use":["enc"]"#,
        r#","use":null"#,
        r#","alg":7"#,
        r#","key_ops":"verify""#,
    ];
    for more in odd {
        assert!(JwtKeySet::jwks(jwks(&[key(P256_JWK, more)])).is_err(), "{more}");
        assert!(JwtKeySet::jwks(jwks(&[key(P256_JWK, more), key(ED_JWK, "")])).is_ok(), "{more}");
    }
    for document in [
        "[]",
        "7",
        r#"{"keys":{}}"#,
        r#"{"keys":[]}"#,
        r#"{"keys":[7,null,[],"x",{}]}"#,
        &format!(r#"{{"keys":[{}{}]}}"#, "[".repeat(100_000), "]".repeat(100_000)),
    ] {
        assert!(JwtKeySet::jwks(document).is_err(), "{document:.40}");
    }
    // Two keys of one id are two keys.
    let twice = JwtKeySet::jwks(jwks(&[key(P256_JWK, r#","kid":"a""#), key(ED_JWK, r#","kid":"a""#)])).unwrap();
    assert_eq!(twice.0.len(), 2);
}

#[test]
fn keys_are_not_shown() {
    let key = JwtKey::secret(JwtAlgorithm::HS384, "hunter2").with_id("k1");
    let shown = format!("{key:?} {:?}", JwtKeys::new(key.clone().into()));
    assert!(shown.contains("HS384") && shown.contains("k1") && !shown.contains("hunter2"), "{shown}");
    assert!(!shown.contains(&format!("{:?}", b"hunter2")), "{shown}");
}

#[test]
#[should_panic(expected = "RS256 is no algorithm of a secret")]
fn a_secret_has_an_algorithm_of_its_own() {
    JwtKey::secret(JwtAlgorithm::RS256, "secret");
}
