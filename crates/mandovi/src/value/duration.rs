//! Lengths of time in JSON.

use std::{fmt, time::Duration};

use mandovi_model::{Schema, Types};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{MapKey, NotNull, Scalar, Validator, Value};
use crate::parameter::{Expected, Parameter};

/// A length of time that travels as whole milliseconds: `1500` is a second and a half.
///
/// A [`Duration`] of its own has no form in JSON that others would expect. What is below a millisecond is cut off when it is sent;
/// more than 2⁶⁴ − 1 milliseconds, some 584 million years, are a violation.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Millis(pub Duration);

impl Millis {
    /// The length of time.
    pub const fn into_inner(self) -> Duration {
        self.0
    }

    fn whole(self) -> Option<u64> {
        u64::try_from(self.0.as_millis()).ok()
    }
}

impl fmt::Debug for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::ops::Deref for Millis {
    type Target = Duration;

    fn deref(&self) -> &Duration {
        &self.0
    }
}

impl From<Duration> for Millis {
    fn from(duration: Duration) -> Self {
        Self(duration)
    }
}

impl From<Millis> for Duration {
    fn from(millis: Millis) -> Self {
        millis.0
    }
}

impl Serialize for Millis {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let whole = self.whole().ok_or_else(|| serde::ser::Error::custom("too many milliseconds"))?;
        serializer.serialize_u64(whole)
    }
}

impl<'de> Deserialize<'de> for Millis {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_millis).map(Self)
    }
}

impl Value for Millis {
    const SCALAR: Option<Scalar> = Some(Scalar::Number);

    fn schema(types: &mut Types) -> Schema {
        <u64 as Value>::schema(types)
    }

    #[inline]
    fn validate(&self, at: &mut Validator) {
        if self.whole().is_none() {
            at.violation("invalid_range", "must be at most 18446744073709551615 milliseconds");
        }
    }
}

impl NotNull for Millis {}
impl MapKey for Millis {}

impl Parameter for Millis {
    fn parse(text: &str) -> Result<Self, Expected> {
        u64::parse(text).map(Duration::from_millis).map(Self)
    }

    fn render(&self) -> String {
        self.0.as_millis().to_string()
    }

    fn schema(types: &mut Types) -> Schema {
        <Self as Value>::schema(types)
    }
}
