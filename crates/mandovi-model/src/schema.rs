//! The shape of JSON values, and the named types that shapes refer to.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The shape of one JSON value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Schema {
    /// Any JSON value.
    Any,
    /// Nothing: `null`, or an empty body.
    Null,
    /// `true` or `false`.
    Boolean,
    /// A whole number.
    Integer {
        /// Its size: 8, 16, 32 or 64 bits.
        bits: u8,
        /// Whether it may be negative.
        signed: bool,
    },
    /// A finite floating-point number.
    Float {
        /// Its size: 32 or 64 bits.
        bits: u8,
    },
    /// Text.
    String {
        /// The name of its format, such as `date-time`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        format: Option<String>,
    },
    /// Bytes as base64 text: standard alphabet, padded.
    Bytes,
    /// An array.
    Array {
        /// The shape of every element.
        items: Box<Schema>,
    },
    /// An object with free member names.
    Map {
        /// The shape of every member's value.
        values: Box<Schema>,
    },
    /// A value or `null`.
    Nullable {
        /// The shape of the value when it is there.
        value: Box<Schema>,
    },
    /// A type by its name in [`Types`].
    Named {
        /// The name.
        name: String,
    },
}

impl Schema {
    /// Text of any kind.
    pub const fn string() -> Self {
        Self::String { format: None }
    }

    /// An array of these.
    pub fn array(items: Self) -> Self {
        Self::Array { items: Box::new(items) }
    }

    /// An object whose members are these.
    pub fn map(values: Self) -> Self {
        Self::Map { values: Box::new(values) }
    }

    /// This or `null`; what already may be `null` stays as it is.
    pub fn nullable(value: Self) -> Self {
        match value {
            nullable @ (Self::Nullable { .. } | Self::Null) => nullable,
            value => Self::Nullable { value: Box::new(value) },
        }
    }

    /// Whether a member of this shape must be present.
    pub const fn is_required(&self) -> bool {
        !matches!(self, Self::Nullable { .. } | Self::Null)
    }

    /// The same shape with a format, where it is text (also text that may be `null`); any other shape is unchanged.
    #[must_use]
    pub fn with_format(self, format: &str) -> Self {
        match self {
            Self::String { .. } => Self::String { format: Some(format.to_owned()) },
            Self::Nullable { value } => Self::Nullable { value: Box::new(value.with_format(format)) },
            other => other,
        }
    }
}

/// The named types of a design, by name.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Types {
    definitions: BTreeMap<String, Definition>,
    /// Where each name comes from: two types of one name, from two modules, are two definitions. No part of the design.
    #[serde(skip)]
    origins: BTreeMap<String, String>,
}

impl PartialEq for Types {
    fn eq(&self, other: &Self) -> bool {
        self.definitions == other.definitions
    }
}

impl Types {
    /// No types.
    pub fn new() -> Self {
        Self::default()
    }

    /// The shape that refers to the type `name`, defining it at first use.
    ///
    /// `origin` identifies the type (its Rust path). Where another type already has the name, this one gets a number
    /// behind it. `define` may ask for the type itself again, which is how recursive types end.
    pub fn define(&mut self, name: &str, origin: &str, define: impl FnOnce(&mut Self) -> Definition) -> Schema {
        let mut unique = name.to_owned();
        let mut number = 2;
        while let Some(known) = self.origins.get(&unique) {
            if known == origin {
                return Schema::Named { name: unique };
            }
            unique = format!("{name}{number}");
            number += 1;
        }
        self.origins.insert(unique.clone(), origin.to_owned());
        let definition = define(self);
        self.definitions.insert(unique.clone(), definition);
        Schema::Named { name: unique }
    }

    /// Whether a field of any of them is secret.
    pub fn has_secret(&self) -> bool {
        self.definitions.values().any(|definition| match definition {
            Definition::Message(message) => message.fields.iter().any(|field| field.secret),
            Definition::Enumeration(_) => false,
        })
    }

    /// The definition of a name.
    pub fn get(&self, name: &str) -> Option<&Definition> {
        self.definitions.get(name)
    }

    /// All definitions in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Definition)> {
        self.definitions.iter().map(|(name, definition)| (name.as_str(), definition))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.definitions.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.definitions.len()
    }
}

/// What a name stands for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Definition {
    /// An object with named members.
    Message(Message),
    /// One of a list of texts.
    Enumeration(Enumeration),
}

/// An object with named members: a `#[message]` struct.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Message {
    /// The doc comment.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The members in the order of the design.
    pub fields: Vec<Field>,
    /// The named projections beside the whole.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub views: Vec<View>,
}

impl Message {
    /// A message without members.
    pub fn new(description: impl Into<String>) -> Self {
        Self { description: description.into(), ..Self::default() }
    }
}

/// One member of a [`Message`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Field {
    /// The number that identifies the member in binary encodings: 1 to 536,870,911, not 19,000 to 19,999.
    pub tag: u32,
    /// The member's name on the wire.
    pub name: String,
    /// The doc comment.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Whether it must be present.
    pub required: bool,
    /// Whether its value must never be shown: not in logs, not in traces, not in tools.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub secret: bool,
    /// The shape of its value.
    pub schema: Schema,
    /// The value that stands in when the member is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<serde_json::Value>,
    /// The rules that its value keeps beyond its shape.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
}

impl Field {
    /// A member that is required unless its shape may be `null`.
    pub fn new(tag: u32, name: impl Into<String>, schema: Schema) -> Self {
        Self {
            tag,
            name: name.into(),
            description: String::new(),
            required: schema.is_required(),
            secret: false,
            schema,
            default: None,
            rules: Vec::new(),
        }
    }
}

/// A rule that a value keeps beyond its shape. There are none yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "rule", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Rule {}

/// A named projection of a [`Message`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct View {
    /// Its name.
    pub name: String,
    /// The members that it shows, in the order of the design.
    pub fields: Vec<ViewField>,
}

impl View {
    /// A view of no members.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), fields: Vec::new() }
    }
}

/// One member that a [`View`] shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ViewField {
    /// The member's name on the wire.
    pub name: String,
    /// The view in which the member itself is shown; `None` shows it whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub view: Option<String>,
}

impl ViewField {
    /// A member that is shown whole.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), view: None }
    }
}

/// One of a list of texts: a `#[message]` enum.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Enumeration {
    /// The doc comment.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The values in the order of the design.
    pub values: Vec<EnumValue>,
}

impl Enumeration {
    /// An enumeration without values.
    pub fn new(description: impl Into<String>) -> Self {
        Self { description: description.into(), values: Vec::new() }
    }
}

/// One value of an [`Enumeration`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EnumValue {
    /// The text on the wire.
    pub value: String,
    /// The doc comment.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
}

impl EnumValue {
    /// A value and what it means.
    pub fn new(value: impl Into<String>, description: impl Into<String>) -> Self {
        Self { value: value.into(), description: description.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_that_contains_itself_is_defined_once() {
        let mut types = Types::new();
        let node = types.define("Node", "a::Node", |types| {
            let again = types.define("Node", "a::Node", |_| unreachable!("already being defined"));
            let mut message = Message::new("");
            message.fields.push(Field::new(1, "next", Schema::nullable(again)));
            Definition::Message(message)
        });
        assert_eq!(node, Schema::Named { name: "Node".into() });
        assert_eq!(types.len(), 1);
        let Some(Definition::Message(message)) = types.get("Node") else { panic!("a message") };
        assert!(!message.fields[0].required);
    }

    #[test]
    fn two_types_of_one_name_stay_two() {
        let mut types = Types::new();
        let empty = |_: &mut Types| Definition::Enumeration(Enumeration::default());
        let first = types.define("Kind", "a::Kind", empty);
        let second = types.define("Kind", "b::Kind", empty);
        assert_eq!(first, Schema::Named { name: "Kind".into() });
        assert_eq!(second, Schema::Named { name: "Kind2".into() });
        assert_eq!(types.define("Kind", "b::Kind", empty), second);
        assert_eq!(types.iter().map(|(name, _)| name).collect::<Vec<_>>(), ["Kind", "Kind2"]);
    }

    #[test]
    fn a_format_reaches_text_that_may_be_null() {
        let formatted = Schema::nullable(Schema::string()).with_format("date-time");
        assert_eq!(formatted, Schema::nullable(Schema::String { format: Some("date-time".into()) }));
        assert_eq!(Schema::Boolean.with_format("date-time"), Schema::Boolean);
    }
}
