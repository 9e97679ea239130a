//! Values that hold other values.

use std::collections::{BTreeMap, HashMap};

use mandovi_model::{Schema, Types};
use serde::{Serialize, Serializer};

use super::{Member, NotNull, Projected, Scalar, Validator, Value, ViewId};

impl<T: Value> Value for Vec<T> {
    fn schema(types: &mut Types) -> Schema {
        Schema::array(T::schema(types))
    }

    #[inline]
    fn validate(&self, at: &mut Validator) {
        for (index, item) in self.iter().enumerate() {
            at.index(index, item);
        }
    }

    fn serialize_view<S: Serializer>(&self, view: ViewId, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(|item| Projected::new(item, view)))
    }
}

impl<T> NotNull for Vec<T> {}

macro_rules! maps {
    ($($map:ident),*) => {$(
        impl<T: Value> Value for $map<String, T> {
            fn schema(types: &mut Types) -> Schema {
                Schema::map(T::schema(types))
            }

            #[inline]
            fn validate(&self, at: &mut Validator) {
                for value in self.values() {
                    at.field("[*]", value);
                }
            }

            fn serialize_view<S: Serializer>(&self, view: ViewId, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_map(self.iter().map(|(name, value)| (name, Projected::new(value, view))))
            }
        }

        impl<T> NotNull for $map<String, T> {}
    )*};
}

maps!(BTreeMap, HashMap);

/// A value or `null`; never [`NotNull`], whatever it holds.
impl<T: Value> Value for Option<T> {
    const SCALAR: Option<Scalar> = T::SCALAR;

    fn schema(types: &mut Types) -> Schema {
        Schema::nullable(T::schema(types))
    }

    #[inline]
    fn validate(&self, at: &mut Validator) {
        if let Some(value) = self {
            value.validate(at);
        }
    }

    #[inline]
    fn is_null(&self) -> bool {
        self.as_ref().is_none_or(Value::is_null)
    }

    #[inline]
    fn absent() -> Option<Self> {
        Some(None)
    }

    fn serialize_view<S: Serializer>(&self, view: ViewId, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_ref().map(|value| Projected::new(value, view)).serialize(serializer)
    }
}

impl<T: Value> Value for Box<T> {
    const SCALAR: Option<Scalar> = T::SCALAR;
    const MEMBERS: &'static [Member] = T::MEMBERS;

    fn schema(types: &mut Types) -> Schema {
        T::schema(types)
    }

    #[inline]
    fn validate(&self, at: &mut Validator) {
        (**self).validate(at);
    }

    #[inline]
    fn is_null(&self) -> bool {
        (**self).is_null()
    }

    #[inline]
    fn absent() -> Option<Self> {
        T::absent().map(Box::new)
    }

    fn serialize_view<S: Serializer>(&self, view: ViewId, serializer: S) -> Result<S::Ok, S::Error> {
        (**self).serialize_view(view, serializer)
    }
}

impl<T: NotNull> NotNull for Box<T> {}
