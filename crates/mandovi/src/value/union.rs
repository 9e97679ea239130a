//! How a tagged union travels: an object of two members, the name of the variant and its value.
//!
//! Compiled once for all unions as far as it goes; `#[message]` tells only which variant holds what.

use std::{cell::Cell, fmt, marker::PhantomData};

use mandovi_model::Union;
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{DeserializeSeed, Error, IgnoredAny, MapAccess, Visitor},
    ser::SerializeStruct,
};
use serde_json::Value as Json;

use super::{Names, Value};

/// What the expansion tells of a union.
pub trait Tagged: Sized {
    /// The name of the type.
    const NAME: &'static str;
    /// The member that holds the name of the variant, and the one that holds its value.
    const MEMBERS: &'static [&'static str; 2];
    /// The names of the variants.
    const VARIANTS: &'static [&'static str];
    /// Whether the value travels as JSON inside of a text.
    const JSON_TEXT: bool;

    /// Reads the value of a variant by its index.
    ///
    /// # Errors
    /// It is not what the variant holds.
    fn read<'de, D: Deserializer<'de>>(variant: usize, content: D) -> Result<Self, D::Error>;
}

/// The definition of a union, as yet without its variants.
pub fn union_of<T: Tagged>(description: &str) -> Union {
    let mut union = Union::new(description);
    T::MEMBERS[0].clone_into(&mut union.tag);
    T::MEMBERS[1].clone_into(&mut union.content);
    union.json_text = T::JSON_TEXT;
    union
}

/// Writes a variant that holds a value.
///
/// # Errors
/// Those of the serializer.
pub fn serialize_variant<T: Tagged, V: Serialize, S: Serializer>(
    variant: usize,
    value: &V,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut object = serializer.serialize_struct(T::NAME, 2)?;
    object.serialize_field(T::MEMBERS[0], T::VARIANTS[variant])?;
    if T::JSON_TEXT {
        let text = serde_json::to_string(value).map_err(serde::ser::Error::custom)?;
        object.serialize_field(T::MEMBERS[1], &text)?;
    } else {
        object.serialize_field(T::MEMBERS[1], value)?;
    }
    object.end()
}

/// Writes a variant that holds nothing.
///
/// # Errors
/// Those of the serializer.
pub fn serialize_bare<T: Tagged, S: Serializer>(variant: usize, serializer: S) -> Result<S::Ok, S::Error> {
    let mut object = serializer.serialize_struct(T::NAME, 1)?;
    object.serialize_field(T::MEMBERS[0], T::VARIANTS[variant])?;
    object.end()
}

/// Reads what a variant holds; `null` is the same as absent.
///
/// # Errors
/// It is not that, or absent and must be there.
pub fn content<'de, V: Value, D: Deserializer<'de>>(content: D) -> Result<V, D::Error> {
    let value = Option::<V>::deserialize(content)?;
    value.or_else(V::absent).ok_or_else(|| D::Error::custom("the value is missing"))
}

/// Passes over what stands where a variant holds nothing: like any member that is not known.
///
/// # Errors
/// It is no value at all.
pub fn no_content<'de, T, D: Deserializer<'de>>(content: D, value: T) -> Result<T, D::Error> {
    IgnoredAny::deserialize(content)?;
    Ok(value)
}

/// Where there is no variant of an index, which no caller asks for.
///
/// # Errors
/// Always.
pub fn no_variant<T, E: Error>() -> Result<T, E> {
    Err(E::custom("no such variant"))
}

/// Reads a union: its members in any order, unknown ones ignored.
///
/// # Errors
/// It is no object, its variant is missing or unknown, or the value is not what the variant holds.
pub fn deserialize_union<'de, T: Tagged, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    deserializer.deserialize_struct(T::NAME, T::MEMBERS, Members(PhantomData))
}

struct Members<T>(PhantomData<fn() -> T>);

impl<'de, T: Tagged> Visitor<'de> for Members<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<T, A::Error> {
        let mut variant = None;
        let mut read = None;
        // What came before the name of its variant. As a tree, whose depth was bounded when it was read: text that is parsed
        // again would be given the whole depth again.
        let mut held = None;
        while let Some(member) = members.next_key_seed(Names(T::MEMBERS))? {
            match (member, variant) {
                (0, before) => {
                    let named = members.next_value_seed(VariantName(T::VARIANTS))?;
                    if before.is_some_and(|before| before != named) {
                        return Err(A::Error::custom("two names of variants"));
                    }
                    variant = Some(named);
                }
                (1, Some(variant)) => read = Some(members.next_value_seed(Content::<T>(variant, PhantomData))?),
                (1, None) => held = Some(members.next_value::<Json>()?),
                _ => {
                    members.next_value::<IgnoredAny>()?;
                }
            }
        }
        let variant = variant.ok_or_else(|| A::Error::missing_field(T::MEMBERS[0]))?;
        match read {
            Some(read) => Ok(read),
            // The error of the tree quotes values.
            None => Content::<T>(variant, PhantomData)
                .deserialize(held.unwrap_or(Json::Null))
                .map_err(|_| A::Error::custom("not what the variant holds")),
        }
    }
}

/// The index of a variant's name.
struct VariantName(&'static [&'static str]);

impl<'de> DeserializeSeed<'de> for VariantName {
    type Value = usize;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<usize, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for VariantName {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a variant")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<usize, E> {
        self.0.iter().position(|known| *known == name).ok_or_else(|| E::custom("not one of the names of the design"))
    }
}

/// The value of a variant by its index.
struct Content<T>(usize, PhantomData<fn() -> T>);

impl<'de, T: Tagged> DeserializeSeed<'de> for Content<T> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        if !T::JSON_TEXT {
            return T::read(self.0, deserializer);
        }
        match Option::<String>::deserialize(deserializer)? {
            None => T::read(self.0, Json::Null).map_err(|_| D::Error::custom("the value is missing")),
            Some(text) => nested(|| {
                let mut json = serde_json::Deserializer::from_str(&text);
                let value = T::read(self.0, &mut json).ok()?;
                json.end().ok()?;
                Some(value)
            })
            .ok_or_else(|| D::Error::custom("not the JSON that the variant holds")),
        }
    }
}

/// How often JSON may stand in a text of JSON in a text: each has the whole depth of a parser to itself.
const MAX_TEXTS: u8 = 4;

thread_local! {
    /// How many texts of JSON are being read, one inside of the other.
    static TEXTS: Cell<u8> = const { Cell::new(0) };
}

/// Reads the JSON in a text, unless that text stands in too many others.
pub(super) fn nested<T>(read: impl FnOnce() -> Option<T>) -> Option<T> {
    struct Within;

    impl Drop for Within {
        fn drop(&mut self) {
            TEXTS.set(TEXTS.get() - 1);
        }
    }

    if TEXTS.get() == MAX_TEXTS {
        return None;
    }
    TEXTS.set(TEXTS.get() + 1);
    let _within = Within;
    read()
}
