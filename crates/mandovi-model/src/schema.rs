//! The shape of JSON values, and the named types that shapes refer to.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Definition, Format};

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
        /// What the text must look like.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        format: Option<Format>,
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
        /// The shape of every member's name: text, or a whole number or a boolean written as text.
        #[serde(default = "Schema::boxed_string", skip_serializing_if = "Schema::is_plain_text")]
        keys: Box<Schema>,
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
        Self::Map { keys: Self::boxed_string(), values: Box::new(values) }
    }

    /// An object whose members have such names and are these.
    pub fn map_of(keys: Self, values: Self) -> Self {
        Self::Map { keys: Box::new(keys), values: Box::new(values) }
    }

    /// Text of a format.
    pub const fn formatted(format: Format) -> Self {
        Self::String { format: Some(format) }
    }

    fn boxed_string() -> Box<Self> {
        Box::new(Self::string())
    }

    fn is_plain_text(&self) -> bool {
        *self == Self::string()
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
    pub fn with_format(self, format: Format) -> Self {
        match self {
            Self::String { .. } => Self::String { format: Some(format) },
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
        // Little is compiled for every type; the rest once.
        match self.name(name, origin) {
            (name, false) => Schema::Named { name },
            (name, true) => {
                let definition = define(self);
                self.insert(name, definition)
            }
        }
    }

    /// The name of a type, and whether it is new.
    fn name(&mut self, name: &str, origin: &str) -> (String, bool) {
        let mut unique = name.to_owned();
        let mut number = 2;
        while let Some(known) = self.origins.get(&unique) {
            if known == origin {
                return (unique, false);
            }
            unique = format!("{name}{number}");
            number += 1;
        }
        self.origins.insert(unique.clone(), origin.to_owned());
        (unique, true)
    }

    fn insert(&mut self, name: String, definition: Definition) -> Schema {
        self.definitions.insert(name.clone(), definition);
        Schema::Named { name }
    }

    /// Whether a field of any of them is secret.
    pub fn has_secret(&self) -> bool {
        self.definitions.values().any(|definition| match definition {
            Definition::Message(message) => message.fields.iter().any(|field| field.secret),
            Definition::Alias(alias) => alias.secret,
            Definition::Enumeration(_) | Definition::Union(_) => false,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Enumeration, Field, Message};

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
        let formatted = Schema::nullable(Schema::string()).with_format(Format::DateTime);
        assert_eq!(formatted, Schema::nullable(Schema::String { format: Some(Format::DateTime) }));
        assert_eq!(Schema::Boolean.with_format(Format::DateTime), Schema::Boolean);
    }
}
