//! What the named types of a design are: messages, enumerations, unions and aliases.

use serde::{Deserialize, Serialize};

use crate::{Rule, Schema};

/// What a name stands for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Definition {
    /// An object with named members: a `#[message]` struct.
    Message(Message),
    /// One of a list of texts: a `#[message]` enum without values.
    Enumeration(Enumeration),
    /// One of several kinds of value, told apart by a name: a `#[message]` enum with values.
    Union(Union),
    /// Another shape under a name and with rules of its own: a `#[message]` struct of one unnamed field.
    Alias(Alias),
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
    /// Whether it should no longer be used.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deprecated: bool,
    /// The member that is the `id` of a server-sent event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
    /// The member that is the `event` (the type) of a server-sent event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_type: Option<String>,
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
    /// Values to show in documents.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub examples: Vec<serde_json::Value>,
    /// The rules that its value keeps beyond its shape.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
    /// Whether it should no longer be used.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deprecated: bool,
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
            examples: Vec::new(),
            rules: Vec::new(),
            deprecated: false,
        }
    }
}

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
    /// Whether it should no longer be used.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deprecated: bool,
}

impl Enumeration {
    /// An enumeration without values.
    pub fn new(description: impl Into<String>) -> Self {
        Self { description: description.into(), ..Self::default() }
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
    /// Whether it should no longer be used.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deprecated: bool,
}

impl EnumValue {
    /// A value and what it means.
    pub fn new(value: impl Into<String>, description: impl Into<String>) -> Self {
        Self { value: value.into(), description: description.into(), deprecated: false }
    }
}

/// One of several kinds of value: a `#[message]` enum with values.
///
/// On the wire an object of two members: the name of the variant, and its value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Union {
    /// The doc comment.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The member that holds the name of the variant; `type` unless renamed.
    pub tag: String,
    /// The member that holds the value; `value` unless renamed.
    pub content: String,
    /// Whether the value travels as JSON inside of a text, as Goa up to v3.23 has it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub json_text: bool,
    /// The variants in the order of the design.
    pub variants: Vec<Variant>,
    /// Whether it should no longer be used.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deprecated: bool,
}

impl Union {
    /// A union without variants, whose members are `type` and `value`.
    pub fn new(description: impl Into<String>) -> Self {
        Self {
            description: description.into(),
            tag: "type".to_owned(),
            content: "value".to_owned(),
            json_text: false,
            variants: Vec::new(),
            deprecated: false,
        }
    }
}

/// One kind of value of a [`Union`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Variant {
    /// Its name on the wire.
    pub name: String,
    /// The doc comment.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The shape of its value; a variant without one travels as its name alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<Schema>,
    /// Whether it should no longer be used.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deprecated: bool,
}

impl Variant {
    /// A variant, what it means, and what it holds.
    pub fn new(name: impl Into<String>, description: impl Into<String>, schema: Option<Schema>) -> Self {
        Self { name: name.into(), description: description.into(), schema, deprecated: false }
    }
}

/// Another shape under a name, with rules of its own: a `#[message]` struct of one unnamed field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Alias {
    /// The doc comment.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The shape of its values.
    pub schema: Schema,
    /// The rules that its values keep beyond their shape.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
    /// Values to show in documents.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub examples: Vec<serde_json::Value>,
    /// Whether its values must never be shown.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub secret: bool,
    /// Whether it should no longer be used.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deprecated: bool,
}

impl Alias {
    /// A name for a shape, without rules.
    pub fn new(description: impl Into<String>, schema: Schema) -> Self {
        Self {
            description: description.into(),
            schema,
            rules: Vec::new(),
            examples: Vec::new(),
            secret: false,
            deprecated: false,
        }
    }
}
