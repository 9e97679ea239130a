//! JSON whose members keep the order in which they were written.
//!
//! `serde_json` sorts the members of its objects unless a feature says otherwise, and any crate of a build may switch that on
//! for all. A document must not change because of somebody else's dependency, and one that begins with `openapi` and
//! `info` is the one that people know. So the order is ours: that of the design, and by name inside of values which
//! came from a design as JSON.

use std::fmt;

use serde::ser::{Serialize, SerializeMap as _, Serializer};
use serde_json::{Number, Value};

/// A document: a JSON object that reads, prints and serialises in the order of the design.
#[derive(Clone, Debug, PartialEq)]
pub struct Document(Object);

impl Document {
    pub(crate) const fn new(object: Object) -> Self {
        Self(object)
    }

    /// Indented JSON with a final line break: the text of a file.
    pub fn to_json(&self) -> String {
        let mut json = serde_json::to_string_pretty(self).expect("member names are text and numbers are finite");
        json.push('\n');
        json
    }

    /// The same as a value to look into. The order of members is `serde_json`'s.
    pub fn to_value(&self) -> Value {
        serde_json::to_value(self).expect("member names are text and numbers are finite")
    }
}

impl Serialize for Document {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl fmt::Display for Document {
    /// As [`to_json`](Self::to_json) has it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_json())
    }
}

/// One JSON value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Node {
    /// Neither an array nor an object.
    Scalar(Value),
    Array(Vec<Node>),
    Object(Object),
}

/// Members in the order in which they were added.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Object(Vec<(String, Node)>);

impl Object {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Adds a member, or gives the one of that name another value where it stands.
    pub(crate) fn set(&mut self, name: impl Into<String>, value: impl Into<Node>) {
        let (name, value) = (name.into(), value.into());
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = value,
            None => self.0.push((name, value)),
        }
    }

    #[must_use]
    pub(crate) fn with(mut self, name: impl Into<String>, value: impl Into<Node>) -> Self {
        self.set(name, value);
        self
    }

    /// With the member where there is a value.
    #[must_use]
    pub(crate) fn with_some(self, name: &str, value: Option<impl Into<Node>>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// With the member where the text, which is from a doc comment, is not empty.
    #[must_use]
    pub(crate) fn with_text(self, name: &str, text: &str) -> Self {
        self.with_some(name, (!text.is_empty()).then(|| unlinked(text)))
    }

    /// With `"name": true` where it is so.
    #[must_use]
    pub(crate) fn with_flag(self, name: &str, flag: bool) -> Self {
        self.with_some(name, flag.then_some(true))
    }

    /// With the member where the object or array is not empty.
    #[must_use]
    pub(crate) fn with_filled(self, name: &str, value: impl Into<Node>) -> Self {
        let value = value.into();
        match &value {
            Node::Object(object) if object.is_empty() => self,
            Node::Array(array) if array.is_empty() => self,
            _ => self.with(name, value),
        }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Node> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    pub(crate) fn get_mut(&mut self, name: &str) -> Option<&mut Node> {
        self.0.iter_mut().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    pub(crate) fn remove(&mut self, name: &str) -> Option<Node> {
        let at = self.0.iter().position(|(known, _)| known == name)?;
        Some(self.0.remove(at).1)
    }

    pub(crate) fn contains(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes every member of another object, whose values win.
    pub(crate) fn extend(&mut self, other: Self) {
        for (name, value) in other.0 {
            self.set(name, value);
        }
    }

    /// Puts the texts of another object before its own, member by member.
    pub(crate) fn merge_texts(&mut self, other: Self) {
        for (name, value) in other.0 {
            let (Node::Scalar(Value::String(first)), Some(Node::Scalar(Value::String(second)))) =
                (value, self.get(&name))
            else {
                continue;
            };
            let both = format!("{first} {second}");
            self.set(name, both);
        }
    }

    /// The object of that name, made where it is missing.
    pub(crate) fn object_mut(&mut self, name: &str) -> &mut Self {
        if !matches!(self.get(name), Some(Node::Object(_))) {
            self.set(name, Self::new());
        }
        match self.get_mut(name) {
            Some(Node::Object(object)) => object,
            _ => unreachable!("it was just made"),
        }
    }
}

impl IntoIterator for Object {
    type Item = (String, Node);
    type IntoIter = std::vec::IntoIter<(String, Node)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Scalar(value) => value.serialize(serializer),
            Self::Array(values) => serializer.collect_seq(values),
            Self::Object(object) => object.serialize(serializer),
        }
    }
}

impl Serialize for Object {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl From<Value> for Node {
    fn from(value: Value) -> Self {
        match value {
            Value::Array(values) => Self::Array(values.into_iter().map(Self::from).collect()),
            Value::Object(members) => {
                let mut members: Vec<_> = members.into_iter().map(|(name, value)| (name, Self::from(value))).collect();
                members.sort_by(|(a, _), (b, _)| a.cmp(b));
                Self::Object(Object(members))
            }
            scalar => Self::Scalar(scalar),
        }
    }
}

impl From<&Value> for Node {
    fn from(value: &Value) -> Self {
        value.clone().into()
    }
}

impl From<Object> for Node {
    fn from(object: Object) -> Self {
        Self::Object(object)
    }
}

impl<T: Into<Node>> From<Vec<T>> for Node {
    fn from(values: Vec<T>) -> Self {
        Self::Array(values.into_iter().map(Into::into).collect())
    }
}

/// A doc comment for readers who have no rustdoc: a link to a name is the name. Links that say where they lead stay.
pub(crate) fn unlinked(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("[`") {
        let (before, link) = rest.split_at(at);
        plain.push_str(before);
        let end = link.find("`]").map(|end| end + 2).filter(|&end| !link[end..].starts_with(['(', '[', ':']));
        rest = match end {
            Some(end) => {
                plain.push_str(&link[1..end - 1]);
                &link[end..]
            }
            None => {
                plain.push_str("[`");
                &link[2..]
            }
        };
    }
    plain + rest
}

macro_rules! scalars {
    ($($ty:ty),*) => {
        $(impl From<$ty> for Node {
            fn from(value: $ty) -> Self {
                Self::Scalar(value.into())
            }
        })*
    };
}

scalars!(&str, String, bool, u16, u64, Number);

impl From<&String> for Node {
    fn from(value: &String) -> Self {
        value.as_str().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_keep_the_order_in_which_they_came() {
        let mut object = Object::new().with("z", 1u64).with("a", 2u64).with_text("none", "");
        object.set("z", 3u64);
        assert_eq!(Document::new(object).to_json(), "{\n  \"z\": 3,\n  \"a\": 2\n}\n");
    }

    #[test]
    fn links_to_names_are_names() {
        assert_eq!(unlinked("A [`View`] of [`a`](#a), [`b`]."), "A `View` of [`a`](#a), `b`.");
        assert_eq!(unlinked("[`open"), "[`open");
    }

    #[test]
    fn values_of_a_design_are_sorted_whatever_serde_json_does() {
        let value: Value = serde_json::from_str(r#"{"b": [{"d": 1, "c": 2}], "a": null}"#).unwrap();
        let text = serde_json::to_string(&Node::from(value)).unwrap();
        assert_eq!(text, r#"{"a":null,"b":[{"c":2,"d":1}]}"#);
    }
}
