//! What the expansion of `#[message]` uses, so that it stays short. Not for anyone else.

use std::fmt;

use mandovi_model::Schema;
use mandovi_websocket::MessageRef;
use serde::{
    Deserializer,
    de::{DeserializeSeed, Error, Visitor},
};

use super::{NotNull, Value};
use crate::parameter::Parameter;

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

/// The value of a member that was found or not; `absent` is that of its type. (A bound here would be told at the macro.)
///
/// # Errors
/// It was not, and must be there.
#[inline]
pub fn member<T, E: Error>(name: &'static str, found: Option<T>, absent: fn() -> Option<T>) -> Result<T, E> {
    found.or_else(absent).ok_or_else(|| E::missing_field(name))
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

/// An example in the model.
pub fn example<T: Value>(value: T) -> serde_json::Value {
    serde_json::to_value(value).unwrap_or_default()
}

/// An example in the model that is written as text, of a type that may have no way from text but its JSON.
///
/// # Panics
/// The text is no value of the type. The model is made before anything is served, so the first test of a design finds it.
pub fn text_example<T: Value>(text: &str) -> serde_json::Value {
    let json = serde_json::Value::from(text);
    if let Err(invalid) = T::from_json(MessageRef::Text(&json.to_string())) {
        panic!("the example {text:?} is not a `{}`: {invalid}", std::any::type_name::<T>());
    }
    json
}

/// The name of an instance of a generic type: `PageOfEvent`, `PairOfStringAndInt64`.
pub fn name_of_instance(name: &str, arguments: &[Schema]) -> String {
    let arguments: Vec<String> = arguments.iter().map(name_of_shape).collect();
    format!("{name}Of{}", arguments.join("And"))
}

fn name_of_shape(schema: &Schema) -> String {
    match schema {
        Schema::Null => "Null".to_owned(),
        Schema::Boolean => "Boolean".to_owned(),
        Schema::Integer { bits, signed: true } => format!("Int{bits}"),
        Schema::Integer { bits, signed: false } => format!("UInt{bits}"),
        Schema::Float { bits } => format!("Float{bits}"),
        Schema::String { .. } => "String".to_owned(),
        Schema::Bytes => "Bytes".to_owned(),
        Schema::Array { items } => format!("ListOf{}", name_of_shape(items)),
        Schema::Map { values, .. } => format!("MapOf{}", name_of_shape(values)),
        Schema::Nullable { value } => format!("Optional{}", name_of_shape(value)),
        Schema::Named { name } => name.clone(),
        _ => "Any".to_owned(),
    }
}

/// What the id of a server-sent event may be, and its type: one text.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the id or the type of an event",
    label = "not a text, a number, a boolean or an enumeration",
    note = "both are one line beside the value: say `event_id` or `event_type` of a field that is one text or number"
)]
pub trait EventText {}

impl<T: Parameter> EventText for T {}

/// Compiles only for types that travel as one text.
pub const fn assert_event_text<T: EventText>() {}

/// Compiles only for types that are never `null`: catches what hides behind a type alias.
pub const fn assert_not_null<T: NotNull>() {}
