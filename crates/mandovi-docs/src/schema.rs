//! Shapes of the model as JSON Schema, in the dialects of the three documents that need them.
//!
//! OpenAPI 3.1 and JSON Schema 2020-12 are one dialect but for where definitions lie. AsyncAPI 3 builds on draft 7, where what
//! stands beside a `$ref` is not looked at: there a reference with more to say is wrapped into `allOf`.

mod keywords;
mod names;
mod reach;

use std::collections::BTreeSet;

use mandovi_model::{Alias, Definition, Enumeration, Field, Message, Rule, Schema, Service, Union, View};
use serde_json::{Value, json};

use self::{keywords::Subject, names::Names};
pub(crate) use self::{keywords::bounds, names::component_name};
use crate::document::{Document, Node, Object};

/// The types of a design as JSON Schema 2020-12: one schema per type and view, in `$defs`.
pub fn json_schema(service: &Service) -> Document {
    let schemas = Schemas::new(service, Dialect::JSON_SCHEMA);
    Document::new(
        Object::new()
            .with("$schema", "https://json-schema.org/draft/2020-12/schema")
            .with("title", service.info.title.as_ref().unwrap_or(&service.name))
            .with_text("description", &service.description)
            .with_some("$comment", schemas.has_wide_integers().then_some(WIDE_INTEGERS))
            .with("$defs", schemas.definitions()),
    )
}

/// What every document with 64-bit integers says about them.
pub(crate) const WIDE_INTEGERS: &str = "Integers of 64 bits travel as JSON numbers, also beyond 2^53: a reader that keeps \
     numbers as doubles (JavaScript's `JSON.parse`) rounds those.";

/// What differs between the documents.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dialect {
    /// What stands before the name of a definition in a reference.
    prefix: &'static str,
    /// Whether what stands beside a `$ref` counts.
    siblings: bool,
}

impl Dialect {
    pub(crate) const JSON_SCHEMA: Self = Self { prefix: "#/$defs/", siblings: true };
    pub(crate) const OPENAPI: Self = Self { prefix: "#/components/schemas/", siblings: true };
    pub(crate) const ASYNCAPI: Self = Self { prefix: "#/components/schemas/", siblings: false };
}

/// The types of one design in one dialect.
pub(crate) struct Schemas<'a> {
    service: &'a Service,
    dialect: Dialect,
    names: Names,
    /// The types that servers send: what is secret in them is not only written.
    sent: BTreeSet<&'a str>,
}

impl<'a> Schemas<'a> {
    pub(crate) fn new(service: &'a Service, dialect: Dialect) -> Self {
        Self { service, dialect, names: Names::new(service), sent: reach::sent(service) }
    }

    /// Whether a 64-bit integer is anywhere in the types, or in what methods take and answer.
    pub(crate) fn has_wide_integers(&self) -> bool {
        reach::has_wide_integers(self.service)
    }

    /// Every definition under its name: types in the order of their names, each followed by its views, and the standard
    /// body of an error.
    pub(crate) fn definitions(&self) -> Object {
        let mut definitions = Object::new();
        for (name, definition) in self.service.types.iter() {
            match definition {
                Definition::Message(message) => {
                    definitions.set(self.names.of(name, None), self.message(name, message, None));
                    for view in &message.views {
                        let schema = self.message(name, message, Some(view));
                        definitions.set(self.names.of(name, Some(&view.name)), schema);
                    }
                }
                Definition::Enumeration(enumeration) => {
                    definitions.set(self.names.of(name, None), self.enumeration(enumeration));
                }
                Definition::Union(union) => definitions.set(self.names.of(name, None), self.union(union)),
                Definition::Alias(alias) => definitions.set(self.names.of(name, None), self.alias(name, alias)),
                _ => {}
            }
        }
        if !definitions.contains(self.names.error()) {
            definitions.set(self.names.error(), error_schema());
        }
        definitions
    }

    /// The standard body of an error.
    pub(crate) fn error(&self) -> Object {
        self.reference(self.names.error())
    }

    /// A shape with the rules that its values keep, in a view where it has that view.
    pub(crate) fn of(&self, schema: &Schema, rules: &[Rule], view: Option<&str>) -> Object {
        let described = match schema {
            Schema::Any => Object::new(),
            Schema::Null => Object::new().with("type", "null"),
            Schema::Boolean => Object::new().with("type", "boolean"),
            Schema::Integer { bits, signed } => keywords::integer(*bits, *signed),
            Schema::Float { bits } => {
                Object::new().with("type", "number").with("format", if *bits == 32 { "float" } else { "double" })
            }
            Schema::String { format } => keywords::text(*format),
            Schema::Bytes => Object::new().with("type", "string").with("contentEncoding", "base64"),
            Schema::Array { items } => Object::new().with("type", "array").with("items", self.of(items, &[], view)),
            Schema::Map { keys, values } => Object::new()
                .with("type", "object")
                .with_filled("propertyNames", self.key(keys))
                .with("additionalProperties", self.of(values, &[], view)),
            // The rules are about the value: `null` keeps them all.
            Schema::Nullable { value } => return nullable(self.of(value, rules, view)),
            Schema::Named { name } => self.named(name, view),
            _ => Object::new(),
        };
        let mut more = Object::new();
        let subject = Subject::of(schema, self.service);
        for rule in rules {
            keywords::rule(rule, subject, &mut more);
        }
        self.beside(described, more)
    }

    /// A shape with what a parameter or field says about it.
    pub(crate) fn described(&self, schema: &Schema, rules: &[Rule], view: Option<&str>, more: Object) -> Object {
        self.beside(self.of(schema, rules, view), more)
    }

    /// A schema with more keywords, wherever the dialect has their place.
    fn beside(&self, schema: Object, more: Object) -> Object {
        if more.is_empty() {
            return schema;
        }
        let mut all = match schema.contains("$ref") && !self.dialect.siblings {
            true => Object::new().with("allOf", vec![schema]),
            false => schema,
        };
        all.extend(more);
        all
    }

    fn reference(&self, name: &str) -> Object {
        Object::new().with("$ref", format!("{}{name}", self.dialect.prefix))
    }

    fn named(&self, name: &str, view: Option<&str>) -> Object {
        match (self.service.types.get(name), view) {
            (Some(Definition::Message(message)), Some(view))
                if message.views.iter().any(|known| known.name == view) =>
            {
                self.reference(self.names.of(name, Some(view)))
            }
            // An alias has no views of its own: what it stands for is shown in the view where it has that one.
            (Some(Definition::Alias(alias)), Some(view)) if reach::has_view(self.service, &alias.schema, view) => {
                self.of(&alias.schema, &alias.rules, Some(view))
            }
            _ => self.reference(self.names.of(name, None)),
        }
    }

    /// What the names of a map's members look like: numbers and booleans are written as text.
    fn key(&self, keys: &Schema) -> Object {
        match keys {
            Schema::String { format: None } => Object::new(),
            Schema::Integer { signed: true, .. } => Object::new().with("pattern", "^-?[0-9]+$"),
            Schema::Integer { signed: false, .. } => Object::new().with("pattern", "^[0-9]+$"),
            Schema::Boolean => Object::new().with("enum", vec!["true", "false"]),
            Schema::Named { name } => match self.service.types.get(name) {
                Some(Definition::Alias(alias)) if Subject::of(&alias.schema, self.service) != Subject::Text => {
                    self.key(&alias.schema)
                }
                _ => self.named(name, None),
            },
            other => self.of(other, &[], None),
        }
    }

    fn message(&self, name: &str, message: &Message, view: Option<&View>) -> Object {
        let shown = |field: &Field| match view {
            None => Some(None),
            Some(view) => view.fields.iter().find(|shown| shown.name == field.name).map(|shown| shown.view.as_deref()),
        };
        let mut properties = Object::new();
        let mut required = Vec::new();
        for field in &message.fields {
            let Some(view) = shown(field) else { continue };
            properties.set(&field.name, self.field(name, field, view));
            if field.required {
                required.push(field.name.as_str());
            }
        }
        Object::new()
            .with("type", "object")
            .with_text("description", &message.description)
            .with_flag("deprecated", message.deprecated)
            .with_filled("properties", properties)
            .with_filled("required", required)
            .with_some("x-view", view.map(|view| &view.name))
            .with_some("x-event-id", message.event_id.as_ref())
            .with_some("x-event-type", message.event_type.as_ref())
    }

    fn field(&self, message: &str, field: &Field, view: Option<&str>) -> Object {
        let mut more = Object::new().with_text("description", &field.description);
        if field.secret {
            more.extend(self.secret(message, &field.schema));
        } else {
            more = more
                .with_some("default", field.default.as_ref())
                .with_filled("examples", field.examples.iter().collect::<Vec<_>>());
        }
        more = more.with_flag("deprecated", field.deprecated).with("x-tag", u64::from(field.tag));
        self.described(&field.schema, &field.rules, view, more)
    }

    /// What says that a value is secret. Of a type that a server sends it cannot be said that it is only written.
    fn secret(&self, name: &str, schema: &Schema) -> Object {
        let plain = match schema {
            Schema::Nullable { value } => value,
            schema => schema,
        };
        Object::new()
            .with_some("format", matches!(plain, Schema::String { format: None }).then_some("password"))
            .with_flag("writeOnly", !self.sent.contains(name))
            .with("x-secret", true)
    }

    fn enumeration(&self, enumeration: &Enumeration) -> Object {
        let values = &enumeration.values;
        let described = values.iter().any(|value| !value.description.is_empty());
        let deprecated: Vec<_> = values.iter().filter(|value| value.deprecated).map(|value| &value.value).collect();
        Object::new()
            .with("type", "string")
            .with_text("description", &enumeration.description)
            .with_flag("deprecated", enumeration.deprecated)
            .with("enum", values.iter().map(|value| &value.value).collect::<Vec<_>>())
            .with_some(
                "x-enum-descriptions",
                described.then(|| values.iter().map(|value| &value.description).collect::<Vec<_>>()),
            )
            .with_filled("x-enum-deprecated", deprecated)
    }

    fn union(&self, union: &Union) -> Object {
        let variants: Vec<_> = union
            .variants
            .iter()
            .map(|variant| {
                let tag = Object::new().with("const", &variant.name);
                let mut properties = Object::new().with(&union.tag, tag);
                let mut required = vec![union.tag.as_str()];
                if let Some(schema) = &variant.schema {
                    let value = self.of(schema, &[], None);
                    properties.set(&union.content, if union.json_text { self.json_text(value) } else { value });
                    // `null` and absent are the same.
                    if schema.is_required() {
                        required.push(&union.content);
                    }
                }
                Object::new()
                    .with("type", "object")
                    .with("title", &variant.name)
                    .with_text("description", &variant.description)
                    .with_flag("deprecated", variant.deprecated)
                    .with("properties", properties)
                    .with("required", required)
            })
            .collect();
        Object::new()
            .with_text("description", &union.description)
            .with_flag("deprecated", union.deprecated)
            .with("oneOf", variants)
    }

    /// JSON inside of a text. Draft 7 has no word for what that JSON is.
    fn json_text(&self, value: Object) -> Object {
        let text = Object::new().with("type", "string").with("contentMediaType", "application/json");
        text.with(if self.dialect.siblings { "contentSchema" } else { "x-content-schema" }, value)
    }

    fn alias(&self, name: &str, alias: &Alias) -> Object {
        let mut more = Object::new().with_text("description", &alias.description);
        if alias.secret {
            more.extend(self.secret(name, &alias.schema));
        } else {
            more = more.with_filled("examples", alias.examples.iter().collect::<Vec<_>>());
        }
        more = more.with_flag("deprecated", alias.deprecated);
        self.described(&alias.schema, &alias.rules, None, more)
    }
}

/// The schema of a value, or `null`.
fn nullable(mut schema: Object) -> Object {
    let plain = !schema.contains("enum") && !schema.contains("const");
    match schema.get("type").cloned() {
        // Nothing is said of the value: it may be `null` already.
        None if schema.is_empty() => schema,
        Some(Node::Scalar(Value::String(name))) if plain => {
            schema.set("type", vec![name.as_str(), "null"]);
            schema
        }
        _ => Object::new().with("anyOf", vec![schema, Object::new().with("type", "null")]),
    }
}

/// The six fields that are the body of every error without one of its own.
fn error_schema() -> Object {
    let member = |ty: &str, description: &str| Object::new().with("type", ty).with("description", description);
    let properties = Object::new()
        .with("name", member("string", "The name of the error."))
        .with("id", member("string", "Identifies this occurrence."))
        .with("message", member("string", "What went wrong. Of a failure inside of the server nothing is told."))
        .with("temporary", member("boolean", "The same call may succeed later."))
        .with("timeout", member("boolean", "Something took too long."))
        .with("fault", member("boolean", "The server is at fault, not the caller."));
    Object::new()
        .with("type", "object")
        .with("description", "The standard body of an error.")
        .with("properties", properties)
        .with("required", ERROR_FIELDS.to_vec())
        .with("examples", vec![Node::from(error_example("missing_field", "\"token\" is missing from header"))])
}

/// The members of the standard body of an error.
pub(crate) const ERROR_FIELDS: [&str; 6] = ["name", "id", "message", "temporary", "timeout", "fault"];

/// A standard body of an error, to show.
pub(crate) fn error_example(name: &str, message: &str) -> Object {
    let mut example = Object::new().with("name", name).with("id", "Zq3v0f1c").with("message", message);
    for flag in ["temporary", "timeout", "fault"] {
        example.set(flag, Node::from(json!(false)));
    }
    example
}
