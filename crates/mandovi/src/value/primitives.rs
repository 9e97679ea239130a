//! Values without parts, and JSON of any shape.

use mandovi_model::{Schema, Types};

use super::{MapKey, NotNull, Scalar, Validator, Value};

macro_rules! integers {
    ($($integer:ty: $signed:literal),*) => {$(
        impl Value for $integer {
            const SCALAR: Option<Scalar> = Some(Scalar::Number);

            fn schema(_: &mut Types) -> Schema {
                // At most 64.
                Schema::Integer { bits: <$integer>::BITS as u8, signed: $signed }
            }
        }

        impl NotNull for $integer {}
        impl MapKey for $integer {}
    )*};
}

integers!(i8: true, i16: true, i32: true, i64: true, u8: false, u16: false, u32: false, u64: false);

macro_rules! floats {
    ($($float:ty: $bits:literal),*) => {$(
        impl Value for $float {
            const SCALAR: Option<Scalar> = Some(Scalar::Number);

            fn schema(_: &mut Types) -> Schema {
                Schema::Float { bits: $bits }
            }

            /// JSON knows neither infinities nor NaN.
            #[inline]
            fn validate(&self, at: &mut Validator) {
                if !self.is_finite() {
                    at.violation("invalid_range", "must be a finite number");
                }
            }
        }

        impl NotNull for $float {}
    )*};
}

floats!(f32: 32, f64: 64);

impl Value for bool {
    const SCALAR: Option<Scalar> = Some(Scalar::Boolean);

    fn schema(_: &mut Types) -> Schema {
        Schema::Boolean
    }
}

impl NotNull for bool {}
impl MapKey for bool {}

impl Value for serde_json::Value {
    fn schema(_: &mut Types) -> Schema {
        Schema::Any
    }

    #[inline]
    fn is_null(&self) -> bool {
        self.is_null()
    }

    #[inline]
    fn absent() -> Option<Self> {
        Some(Self::Null)
    }
}

/// It can be `null`, but its type cannot say so: it is checked when it is sent.
impl NotNull for serde_json::Value {}
