//! What the expansion of `#[message]` uses, so that it stays short. Not for anyone else.

use std::fmt;

use serde::{
    Deserializer,
    de::{DeserializeSeed, Error, Visitor},
};

use super::{NotNull, Value};

/// Reads the name of a member and gives its index among these; a number past the last is an unknown member, which is ignored.
#[derive(Clone, Copy, Debug)]
pub struct Names(pub &'static [&'static str]);

impl<'de> DeserializeSeed<'de> for Names {
    type Value = usize;

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<usize, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for Names {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a member")
    }

    #[inline]
    fn visit_str<E: Error>(self, name: &str) -> Result<usize, E> {
        Ok(self.0.iter().position(|known| *known == name).unwrap_or(self.0.len()))
    }
}

/// The value of a member that was found or not.
///
/// # Errors
/// It was not, and must be there.
#[inline]
pub fn member<T: Value, E: Error>(name: &'static str, found: Option<T>) -> Result<T, E> {
    found.or_else(T::absent).ok_or_else(|| E::missing_field(name))
}

/// Reads text that must be one of some names.
///
/// # Errors
/// It is not text, or none of them; the error does not repeat it.
pub fn deserialize_name<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    find: fn(&str) -> Option<T>,
) -> Result<T, D::Error> {
    struct Name<T>(fn(&str) -> Option<T>);

    impl<T> Visitor<'_> for Name<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("one of the names of the design")
        }

        fn visit_str<E: Error>(self, name: &str) -> Result<T, E> {
            (self.0)(name).ok_or_else(|| E::custom("not one of the names of the design"))
        }
    }

    deserializer.deserialize_str(Name(find))
}

/// What `Debug` shows of a secret.
#[derive(Clone, Copy)]
pub struct Redacted;

impl fmt::Debug for Redacted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Compiles only for types that are never `null`: catches what hides behind a type alias.
pub const fn assert_not_null<T: NotNull>() {}
