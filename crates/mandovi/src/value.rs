//! What a design's values are: how a Rust type becomes JSON of a known shape, and back.
//!
//! [`Value`] is implemented for the primitives and containers here and for the user's types by `#[message]`. Every value
//! that leaves is checked before it is encoded, every value that arrives is checked after it is decoded, in one pass; only
//! where that pass fails are the same bytes read again against the schema (`check`), to say what is wrong and where.
//!
//! Nothing here ever repeats a received value in a message: values may be secret, and messages go to logs.

mod base64;
mod check;
mod containers;
mod duration;
mod expansion;
mod flatten;
mod formats;
mod moments;
mod primitives;
mod rules;
mod text;
mod union;
mod validation;
mod views;

use mandovi_model::{Schema, Types};
use mandovi_websocket::{MessageKind, MessageRef};
use serde::{Serialize, Serializer, de::DeserializeOwned};

#[cfg(feature = "time")]
pub use self::moments::Rfc3339;
pub use self::{
    base64::Base64,
    duration::Millis,
    validation::{Invalid, MAX_VIOLATIONS, Validator, Violation},
    views::{ViewId, ViewName, ViewedList, Views},
};
#[doc(hidden)]
pub use self::{
    check::assert_model,
    expansion::{
        Names, Redacted, assert_event_text, assert_not_null, deserialize_name, example, member, name_of_instance,
        text_example,
    },
    flatten::{FlatMembers, Flatten, assert_members_apart, flatten, flatten_view, serialize_flattened},
    rules::{Constant, Kind, Limit, Pattern, Ruled, Rules, Subject},
    union::{Tagged, content, deserialize_union, no_content, no_variant, serialize_bare, serialize_variant, union_of},
    views::{InView, NamedViews, Projected, decode_list, view_number},
};
pub(crate) use self::{text::encode_str, views::is_same};

/// A JSON value of the design.
///
/// Implemented by `#[message]` for the user's structs and enums. Implementing it by hand is for types that cannot be
/// described otherwise; the serialised form must then match [`schema`](Self::schema).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a value of a design",
    label = "not a value of a design",
    note = "write `#[message]` on the struct or enum, or use a primitive, `String`, `Base64`, `Vec`, a map, `Option` or `serde_json::Value`",
    note = "a `Duration` travels as `Millis`; timestamps and UUIDs need a feature of `mandovi`: `jiff`, `chrono`, `time`, `uuid`"
)]
pub trait Value: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Whether it is one JSON text, number or boolean, which could travel in a header or a cookie too.
    #[doc(hidden)]
    const SCALAR: Option<Scalar> = None;

    /// The members of a message.
    #[doc(hidden)]
    const MEMBERS: &'static [Member] = &[];

    /// The shape of its JSON; types with a name are defined in `types`.
    fn schema(types: &mut Types) -> Schema;

    /// Records what is wrong with it beyond what its Rust type already rules out.
    #[inline]
    fn validate(&self, at: &mut Validator) {
        let _ = at;
    }

    /// The same for the value of a member.
    #[doc(hidden)]
    #[inline]
    fn validate_member(&self, name: &str, at: &mut Validator) {
        at.field(name, self);
    }

    /// Whether its JSON is `null`, which ends a client's stream in the plain dialect.
    #[inline]
    fn is_null(&self) -> bool {
        false
    }

    /// What stands in for a member of this type that is absent; `None` where the member is required.
    #[doc(hidden)]
    #[inline]
    fn absent() -> Option<Self> {
        None
    }

    /// Serialises the part of it that a view shows. The default view shows all, and so does every type without views.
    ///
    /// # Errors
    /// Those of the serializer.
    fn serialize_view<S: Serializer>(&self, view: ViewId, serializer: S) -> Result<S::Ok, S::Error> {
        let _ = view;
        self.serialize(serializer)
    }

    /// Appends its JSON in a view to `out`, once it is known to be valid.
    ///
    /// # Errors
    /// The value breaks its contract; `out` is then as it was.
    #[inline]
    fn encode_view(&self, view: ViewId, out: &mut Vec<u8>) -> Result<(), Invalid> {
        encode(self, view, out)
    }

    /// Reads it from JSON; whitespace around is fine, anything else around is not.
    ///
    /// # Errors
    /// The bytes are not JSON, or not of the value's shape, or the value breaks a rule of the design.
    #[inline]
    fn from_json(json: MessageRef<'_>) -> Result<Self, Invalid> {
        decode(json)
    }
}

/// What single values are in JSON.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scalar {
    /// A string.
    Text,
    /// A number.
    Number,
    /// A boolean.
    Boolean,
}

/// One member of a message.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Member {
    /// Its name on the wire.
    pub name: &'static str,
    /// What it is, where it is a single value.
    pub scalar: Option<Scalar>,
}

#[cfg(test)]
impl Member {
    /// A member of this type.
    pub(crate) const fn of<T: Value>(name: &'static str) -> Self {
        Self { name, scalar: T::SCALAR }
    }
}

/// What may flow from a client in the plain dialect: everything that never is `null`, because `null` ends the stream.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can be `null`, and `null` ends a client's stream",
    label = "can be `null`",
    note = "put the value into a struct with `#[message]` whose field is optional"
)]
pub trait NotNull {}

/// A raw message is no JSON at all.
impl NotNull for crate::stream::Message {}

/// What may be the name of a member of a map: text, or what JSON can write as text without doubt.
///
/// Implemented for `String` and its kin, integers, `bool`, enumerations, UUIDs, and newtypes of those.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the key of a map",
    label = "not the name of a member",
    note = "the names of members are text: use `String`, an integer, `bool`, an enumeration, or a newtype of those"
)]
pub trait MapKey: Value {}

/// What a stream carries: every [`Value`] as one JSON message, and raw WebSocket messages as they are.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot flow through a stream",
    label = "not a value of a design",
    note = "write `#[message]` on the struct or enum; for WebSocket messages as they are use `Message` and `raw`"
)]
pub trait Item: Sized + Send + Sync + 'static {
    /// Whether it travels as it is, not as JSON.
    const RAW: bool;

    /// Appends the payload of the message to `out` and tells its kind.
    ///
    /// # Errors
    /// The value breaks its contract; `out` is then as it was.
    fn encode(&self, view: ViewId, out: &mut Vec<u8>) -> Result<MessageKind, Invalid>;

    /// Reads it from a message; JSON may come as text or as binary.
    ///
    /// # Errors
    /// The message breaks the contract.
    fn decode(view: ViewId, message: MessageRef<'_>) -> Result<Self, Invalid>;

    /// The shape of its messages; a raw one has none.
    #[doc(hidden)]
    fn message_schema(types: &mut Types) -> Schema {
        let _ = types;
        Schema::Any
    }

    /// Its bytes, where a raw message can share them.
    #[doc(hidden)]
    fn shared(&self) -> Option<bytes::Bytes> {
        None
    }

    /// Whether its message would be the JSON `null`.
    #[inline]
    fn is_null(&self) -> bool {
        false
    }

    /// The view of that name in which it may arrive; an empty name is the default view.
    #[inline]
    fn view_named(name: &str) -> Option<ViewId> {
        matches!(name, "" | "default").then_some(ViewId::DEFAULT)
    }
}

impl<T: Value> Item for T {
    const RAW: bool = false;

    #[inline]
    fn encode(&self, view: ViewId, out: &mut Vec<u8>) -> Result<MessageKind, Invalid> {
        self.encode_view(view, out)?;
        Ok(MessageKind::Text)
    }

    /// A whole value is whole in every view: its other views arrive as types of their own.
    #[inline]
    fn decode(_: ViewId, message: MessageRef<'_>) -> Result<Self, Invalid> {
        T::from_json(message)
    }

    fn message_schema(types: &mut Types) -> Schema {
        T::schema(types)
    }

    #[inline]
    fn is_null(&self) -> bool {
        Value::is_null(self)
    }
}

/// Validates, then serialises with `serde_json`.
fn encode<T: Value>(value: &T, view: ViewId, out: &mut Vec<u8>) -> Result<(), Invalid> {
    let mut validator = Validator::new();
    value.validate(&mut validator);
    validator.finish()?;
    let start = out.len();
    let mut serializer = serde_json::Serializer::new(&mut *out);
    let written = if view == ViewId::DEFAULT {
        value.serialize(&mut serializer)
    } else {
        value.serialize_view(view, &mut serializer)
    };
    written.map_err(|_| {
        out.truncate(start);
        Invalid::new("", "encode_payload", "the value cannot be written as JSON")
    })
}

/// Parses with `serde_json`, then validates; explains where parsing fails.
fn decode<T: Value>(json: MessageRef<'_>) -> Result<T, Invalid> {
    // One way in for both kinds, so that one parser is compiled for each type.
    let text = match json {
        MessageRef::Text(text) => text,
        MessageRef::Binary(bytes) => std::str::from_utf8(bytes).map_err(|_| check::explain_bytes(bytes))?,
    };
    let value = serde_json::from_str::<T>(text).map_err(|error| check::explain::<T>(text.as_bytes(), &error))?;
    let mut validator = Validator::new();
    value.validate(&mut validator);
    validator.finish()?;
    Ok(value)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn json<T: Value>(value: &T) -> String {
        let mut out = b"before".to_vec();
        value.encode_view(ViewId::DEFAULT, &mut out).expect("valid");
        String::from_utf8(out.split_off(6)).expect("JSON is UTF-8")
    }

    #[test]
    fn json_may_come_as_text_or_binary_with_whitespace_around() {
        let text = <Vec<u8> as Item>::decode(ViewId::DEFAULT, MessageRef::Text(" [1, 2]\n"));
        let binary = <Vec<u8> as Item>::decode(ViewId::DEFAULT, MessageRef::Binary(b"[1,2]"));
        assert_eq!(text, Ok(vec![1, 2]));
        assert_eq!(binary, Ok(vec![1, 2]));
    }

    #[test]
    fn bytes_that_are_no_utf8_are_refused_wherever_they_stand() {
        for bytes in [&b"\"\xff\""[..], b"[1, \xc3\x28]", b"\xef\xbb", b" \xff"] {
            let invalid = <serde_json::Value as Item>::decode(ViewId::DEFAULT, MessageRef::Binary(bytes));
            let invalid = invalid.expect_err("not UTF-8");
            assert_eq!(invalid.violations()[0].rule, "decode_payload");
            assert!(invalid.to_string().contains("it is not JSON at line 1"), "{invalid}");
        }
    }

    #[test]
    fn only_one_value_is_taken_from_a_message() {
        for trailing in ["1 2", "1,", "1}", "1 null", "1 \u{0}"] {
            let invalid = u8::from_json(MessageRef::Text(trailing)).expect_err(trailing);
            assert_eq!(invalid.violations()[0].rule, "decode_payload", "{trailing}");
        }
    }

    #[test]
    fn a_non_finite_float_is_never_sent() {
        let mut map = BTreeMap::new();
        map.insert("wrong".to_owned(), vec![1.0, f64::NAN]);
        let mut out = b"before".to_vec();
        let invalid = Some(map).encode_view(ViewId::DEFAULT, &mut out).expect_err("NaN");
        assert_eq!(out, b"before");
        assert_eq!(invalid.violations()[0].path, "[*][1]", "a key may be secret");
        assert_eq!(invalid.violations()[0].rule, "invalid_range");
        assert_eq!(invalid.to_string(), "value of [*][1] must be a finite number");
        assert!(f32::INFINITY.encode_view(ViewId::DEFAULT, &mut out).is_err());
        assert_eq!(json(&1.5f32), "1.5");
    }

    #[test]
    fn sixty_four_bit_integers_are_exact() {
        assert_eq!(json(&u64::MAX), "18446744073709551615");
        assert_eq!(u64::from_json(MessageRef::Text("18446744073709551615")), Ok(u64::MAX));
        assert_eq!(i64::from_json(MessageRef::Text("-9223372036854775808")), Ok(i64::MIN));
        let invalid = u64::from_json(MessageRef::Text("1.0")).expect_err("a fraction");
        assert_eq!(invalid.violations()[0].rule, "invalid_field_type");
        assert!(u8::from_json(MessageRef::Text("256")).is_err());
    }

    /// The nearest double to a text, not one beside it: what was sent is what arrives.
    #[test]
    fn doubles_are_exact() {
        for exact in [9.320_207_359_300_743e-292, 1.142_133_346_529_832_3e-132, -5.687_008_453_751_805_4e-52] {
            assert_eq!(f64::from_json(MessageRef::Text(&json(&exact))), Ok(exact));
            let any = serde_json::Value::from(exact);
            assert_eq!(serde_json::Value::from_json(MessageRef::Text(&json(&any))), Ok(any));
        }
    }

    #[test]
    fn what_can_be_null_says_so() {
        assert!(Value::is_null(&None::<String>));
        assert!(Value::is_null(&serde_json::Value::Null));
        assert!(!Value::is_null(&Some(1u8)));
        assert!(Item::is_null(&Box::new(None::<u8>)));
    }
}
