//! Values that hold other values.

use std::{
    collections::{BTreeMap, HashMap},
    hash::{BuildHasher, Hash},
    sync::Arc,
};

use mandovi_model::{Schema, Types};
use serde::{Serialize, Serializer};

use super::{Flatten, InView, MapKey, Member, NamedViews, NotNull, Projected, Scalar, Validator, Value, ViewId};

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
    ($($map:ident $(, $hasher:ident)?: $($bound:path),*;)*) => {$(
        impl<K: MapKey $(+ $bound)*, T: Value $(, $hasher: BuildHasher + Default + Send + Sync + 'static)?> Value
            for $map<K, T $(, $hasher)?>
        {
            fn schema(types: &mut Types) -> Schema {
                let keys = K::schema(types);
                Schema::map_of(keys, T::schema(types))
            }

            #[inline]
            fn validate(&self, at: &mut Validator) {
                for (key, value) in self {
                    at.field("[*]", key);
                    at.field("[*]", value);
                }
            }

            fn serialize_view<S: Serializer>(&self, view: ViewId, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_map(self.iter().map(|(name, value)| (name, Projected::new(value, view))))
            }
        }

        impl<K, T $(, $hasher)?> NotNull for $map<K, T $(, $hasher)?> {}

        impl<K: MapKey $(+ $bound)*, T: NamedViews $(, $hasher: BuildHasher + Default + Send + Sync + 'static)?>
            NamedViews for $map<K, T $(, $hasher)?>
        {
            const OF: &'static str = T::OF;
            const NAMES: &'static [&'static str] = T::NAMES;
        }

        impl<const NUMBER: u8, K: MapKey $(+ $bound)*, T: InView<NUMBER> $(, $hasher: BuildHasher + Default + Send + Sync + 'static)?>
            InView<NUMBER> for $map<K, T $(, $hasher)?>
        {
            type Projection = $map<K, T::Projection $(, $hasher)?>;
        }
    )*};
}

maps! {
    BTreeMap: Ord;
    HashMap, H: Eq, Hash;
}

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

macro_rules! pointers {
    ($($pointer:ident),*) => {$(
        impl<T: Value> Value for $pointer<T> {
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
                T::absent().map($pointer::new)
            }

            fn serialize_view<S: Serializer>(&self, view: ViewId, serializer: S) -> Result<S::Ok, S::Error> {
                (**self).serialize_view(view, serializer)
            }
        }

        impl<T: NotNull> NotNull for $pointer<T> {}

        impl<T: Flatten> Flatten for $pointer<T> {}

        impl<T: NamedViews> NamedViews for $pointer<T> {
            const OF: &'static str = T::OF;
            const NAMES: &'static [&'static str] = T::NAMES;
        }

        impl<const NUMBER: u8, T: InView<NUMBER>> InView<NUMBER> for $pointer<T> {
            type Projection = $pointer<T::Projection>;
        }
    )*};
}

pointers!(Box, Arc);
