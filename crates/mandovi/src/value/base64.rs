//! Bytes in JSON.

use std::fmt;

use ::base64::{Engine as _, display::Base64Display, engine::general_purpose::STANDARD};
use bytes::Bytes;
use mandovi_model::{Schema, Types};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, Visitor},
};

use super::{NotNull, Value};

/// Bytes that travel in JSON as base64 text: standard alphabet, padded.
#[derive(Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Base64(pub Bytes);

impl Base64 {
    /// The bytes.
    pub fn into_inner(self) -> Bytes {
        self.0
    }
}

impl fmt::Debug for Base64 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Base64({} bytes)", self.0.len())
    }
}

impl std::ops::Deref for Base64 {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl AsRef<[u8]> for Base64 {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl From<Bytes> for Base64 {
    fn from(bytes: Bytes) -> Self {
        Self(bytes)
    }
}

impl From<Vec<u8>> for Base64 {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes.into())
    }
}

impl From<&[u8]> for Base64 {
    fn from(bytes: &[u8]) -> Self {
        Self(Bytes::copy_from_slice(bytes))
    }
}

impl From<Base64> for Bytes {
    fn from(base64: Base64) -> Self {
        base64.0
    }
}

impl Serialize for Base64 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&Base64Display::new(&self.0, &STANDARD))
    }
}

impl<'de> Deserialize<'de> for Base64 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl Visitor<'_> for Text {
            type Value = Base64;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("base64 text")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Base64, E> {
                decode(text).map(Base64).ok_or_else(|| E::custom("not base64 text"))
            }
        }

        deserializer.deserialize_str(Text)
    }
}

impl Value for Base64 {
    const SCALAR: Option<super::Scalar> = Some(super::Scalar::Text);

    fn schema(_: &mut Types) -> Schema {
        Schema::Bytes
    }
}

impl NotNull for Base64 {}

/// The bytes of a base64 text; `None` where it is none.
pub(super) fn decode(text: &str) -> Option<Bytes> {
    // Line breaks, which some encoders insert, are no part of the alphabet and are refused like anything else.
    STANDARD.decode(text).ok().map(Bytes::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::ViewId;
    use mandovi_websocket::MessageRef;

    #[test]
    fn bytes_are_padded_standard_base64() {
        let mut out = Vec::new();
        Base64::from(vec![1u8, 2, 3, 255]).encode_view(ViewId::DEFAULT, &mut out).expect("always valid");
        assert_eq!(out, br#""AQID/w==""#);
        assert_eq!(Base64::from_json(MessageRef::Text(r#""AQID/w==""#)), Ok(Base64::from(vec![1u8, 2, 3, 255])));
        for wrong in [r#""AQID/w""#, r#""AQID_w==""#, r#""AQ\nID""#, "[1]"] {
            let invalid = Base64::from_json(MessageRef::Text(wrong)).expect_err(wrong);
            assert!(matches!(invalid.violations()[0].rule, "invalid_format" | "invalid_field_type"), "{invalid:?}");
        }
    }

    #[test]
    fn debug_shows_no_bytes() {
        assert_eq!(format!("{:?}", Base64::from(b"secret".as_slice())), "Base64(6 bytes)");
    }
}
