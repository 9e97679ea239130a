//! What is wrong with bytes that are not the value they should be: the slow second look, taken only after a failure.

use mandovi_model::{Definition, Enumeration, Message, Schema, Types, Union};
use serde_json::{Map, Value as Json, error::Category};

use super::{Invalid, MAX_VIOLATIONS, Value, Violation, base64, validation::join};

/// Reads the bytes as any JSON and compares with the schema of `T`. The parser's own message is never passed on: it quotes
/// values.
#[cold]
pub(super) fn explain<T: Value>(json: &[u8], error: &serde_json::Error) -> Invalid {
    explain_by(json, error, T::schema)
}

/// The same for bytes that are no text at all.
#[cold]
pub(super) fn explain_bytes(json: &[u8]) -> Invalid {
    match serde_json::from_slice::<Json>(json) {
        Err(error) => explain_by(json, &error, |_| Schema::Any),
        Ok(_) => Invalid::new("", "decode_payload", "failed to decode the value: it is not UTF-8"),
    }
}

/// Compiled once, unlike what is generic.
fn explain_by(json: &[u8], error: &serde_json::Error, schema: fn(&mut Types) -> Schema) -> Invalid {
    let place = || format!("line {}, column {}", error.line(), error.column());
    let mut too_deep = is_too_deep(error);
    let value = serde_json::from_slice::<Json>(json);
    let Ok(value) = value.map_err(|general| too_deep |= is_too_deep(&general)) else {
        let reason = match error.classify() {
            _ if too_deep => "it is nested deeper than 127 levels".to_owned(),
            Category::Eof if json.iter().all(u8::is_ascii_whitespace) => "there is none".to_owned(),
            Category::Eof => format!("it ends too early ({})", place()),
            Category::Data | Category::Syntax | Category::Io => format!("it is not JSON at {}", place()),
        };
        return Invalid::new("", "decode_payload", format!("failed to decode the value: {reason}"));
    };
    let mut types = Types::new();
    let schema = schema(&mut types);
    let mut check = Check { types: &types, violations: Vec::new() };
    check.value(&schema, &value, "");
    Invalid::from_violations(check.violations).unwrap_or_else(|| {
        // The schema is satisfied and the type is not: a member twice, or a type with rules of its own.
        Invalid::new("", "decode_payload", format!("failed to decode the value: it does not fit at {}", place()))
    })
}

/// Whether the parser gave up because of the depth. It has no other way to say so; its words are held by a test.
fn is_too_deep(error: &serde_json::Error) -> bool {
    error.is_syntax() && error.to_string().starts_with("recursion limit exceeded")
}

struct Check<'a> {
    types: &'a Types,
    violations: Vec<Violation>,
}

impl Check<'_> {
    fn value(&mut self, schema: &Schema, value: &Json, path: &str) {
        if self.violations.len() == MAX_VIOLATIONS {
            return;
        }
        match (schema, value) {
            (Schema::Any, _)
            | (Schema::Null, Json::Null)
            | (Schema::Boolean, Json::Bool(_))
            | (Schema::String { .. }, Json::String(_)) => {}
            (Schema::Nullable { value: inner }, value) => {
                if !value.is_null() {
                    self.value(inner, value, path);
                }
            }
            (&Schema::Integer { bits, signed }, Json::Number(number)) => {
                if !number.is_i64() && !number.is_u64() {
                    self.wrong_type(path, "an integer");
                } else if !fits(number, bits, signed) {
                    let kind = if signed { "an integer" } else { "an unsigned integer" };
                    self.violation(path, "invalid_range", &format!("must be {kind} of {bits} bits"));
                }
            }
            (&Schema::Float { bits }, Json::Number(number)) => {
                // What 64 bits do not hold is no number of the parser's.
                if bits == 32 && number.as_f64().is_some_and(|number| (number as f32).is_infinite()) {
                    self.violation(path, "invalid_range", "must be a finite number");
                }
            }
            (Schema::Bytes, Json::String(text)) => {
                if base64::decode(text).is_none() {
                    self.violation(path, "invalid_format", "must be base64 text, standard alphabet, padded");
                }
            }
            (Schema::Array { items }, Json::Array(values)) => {
                for (index, value) in values.iter().enumerate() {
                    self.value(items, value, &join(path, &format!("[{index}]")));
                }
            }
            (Schema::Map { keys, values }, Json::Object(members)) => {
                // Not by its key: that is the peer's own text, of any length.
                let at = join(path, "[*]");
                for (key, value) in members {
                    self.key(keys, key, &at);
                    self.value(values, value, &at);
                }
            }
            (Schema::Named { name }, value) => self.named(name, value, path),
            (schema, _) => self.wrong_type(path, kind(schema)),
        }
    }

    fn named(&mut self, name: &str, value: &Json, path: &str) {
        match (self.types.get(name), value) {
            (Some(Definition::Message(message)), Json::Object(members)) => self.members(message, members, path),
            (Some(Definition::Message(_)), _) => self.wrong_type(path, "an object"),
            (Some(Definition::Enumeration(enumeration)), Json::String(text)) => self.one_of(enumeration, text, path),
            (Some(Definition::Enumeration(_)), _) => self.wrong_type(path, "a string"),
            (Some(Definition::Union(union)), Json::Object(members)) => self.union(union, members, path),
            (Some(Definition::Union(_)), _) => self.wrong_type(path, "an object"),
            (Some(Definition::Alias(alias)), value) => self.value(&alias.schema, value, path),
            // Future kinds of definition, or a schema that forgot to define its type: nothing to compare with.
            _ => {}
        }
    }

    fn one_of(&mut self, enumeration: &Enumeration, text: &str, path: &str) {
        let values: Vec<&str> = enumeration.values.iter().map(|value| value.value.as_str()).collect();
        self.one_of_names(&values, text, path);
    }

    fn one_of_names(&mut self, names: &[&str], text: &str, path: &str) {
        if !names.contains(&text) {
            let names: Vec<String> = names.iter().map(|name| format!("{name:?}")).collect();
            self.violation(path, "invalid_enum_value", &format!("must be one of {}", names.join(", ")));
        }
    }

    /// Whether `null` is a value of it, which is then also what stands for a member that is absent.
    fn may_be_null(&self, schema: &Schema) -> bool {
        match schema {
            Schema::Any | Schema::Null | Schema::Nullable { .. } => true,
            Schema::Named { name } => match self.types.get(name) {
                Some(Definition::Alias(alias)) => self.may_be_null(&alias.schema),
                _ => false,
            },
            _ => false,
        }
    }

    fn members(&mut self, message: &Message, members: &Map<String, Json>, path: &str) {
        for field in &message.fields {
            let at = join(path, &field.name);
            match members.get(&field.name) {
                None | Some(Json::Null) if !field.required || field.default.is_some() => {}
                // A member that may be anything may be `null`, and `null` is absent.
                None | Some(Json::Null) if self.may_be_null(&field.schema) => {}
                None | Some(Json::Null) => self.missing(at),
                Some(value) => self.value(&field.schema, value, &at),
            }
        }
    }

    /// The name of a member of a map: text, which may have to be read as a number or a boolean.
    fn key(&mut self, schema: &Schema, key: &str, path: &str) {
        match schema {
            Schema::Named { name } => match self.types.get(name) {
                Some(Definition::Alias(alias)) => self.key(&alias.schema, key, path),
                Some(Definition::Enumeration(enumeration)) => self.one_of(enumeration, key, path),
                _ => {}
            },
            Schema::Integer { .. } | Schema::Boolean => match serde_json::from_str(key) {
                Ok(value @ (Json::Number(_) | Json::Bool(_))) => self.value(schema, &value, path),
                _ => self.wrong_type(path, kind(schema)),
            },
            _ => {}
        }
    }

    fn union(&mut self, union: &Union, members: &Map<String, Json>, path: &str) {
        let at = join(path, &union.tag);
        let name = match members.get(&union.tag) {
            None | Some(Json::Null) => return self.missing(at),
            Some(Json::String(name)) => name,
            Some(_) => return self.wrong_type(&at, "a string"),
        };
        let Some(variant) = union.variants.iter().find(|variant| variant.name == *name) else {
            let names: Vec<&str> = union.variants.iter().map(|variant| variant.name.as_str()).collect();
            return self.one_of_names(&names, name, &at);
        };
        let Some(schema) = &variant.schema else { return };
        let at = join(path, &union.content);
        match members.get(&union.content) {
            None | Some(Json::Null) if self.may_be_null(schema) => {}
            None | Some(Json::Null) => self.missing(at),
            Some(Json::String(text)) if union.json_text => {
                let found = super::union::nested(|| {
                    let value: Json = serde_json::from_str(text).ok()?;
                    self.value(schema, &value, &at);
                    Some(())
                });
                if found.is_none() {
                    self.violation(&at, "invalid_format", "must be JSON in a text");
                }
            }
            Some(_) if union.json_text => self.wrong_type(&at, "JSON in a text"),
            Some(value) => self.value(schema, value, &at),
        }
    }

    fn missing(&mut self, at: String) {
        let message = format!("\"{at}\" is missing from body");
        self.push(Violation::new(at, "missing_field", message));
    }

    fn wrong_type(&mut self, path: &str, expected: &str) {
        let message = match path {
            "" => format!("invalid value, must be {expected}"),
            path => format!("invalid value for \"{path}\", must be {expected}"),
        };
        self.push(Violation::new(path, "invalid_field_type", message));
    }

    fn violation(&mut self, path: &str, rule: &'static str, requirement: &str) {
        let message = match path {
            "" => format!("value {requirement}"),
            path => format!("value of \"{path}\" {requirement}"),
        };
        self.push(Violation::new(path, rule, message));
    }

    fn push(&mut self, violation: Violation) {
        if self.violations.len() < MAX_VIOLATIONS {
            self.violations.push(violation);
        }
    }
}

fn fits(number: &serde_json::Number, bits: u8, signed: bool) -> bool {
    match (number.as_i64(), number.as_u64()) {
        (Some(value), _) if signed => bits >= 64 || (value >> (bits - 1)) == 0 || (value >> (bits - 1)) == -1,
        (_, Some(value)) if !signed => bits >= 64 || value >> bits == 0,
        _ => false,
    }
}

fn kind(schema: &Schema) -> &'static str {
    match schema {
        Schema::Null => "null",
        Schema::Boolean => "a boolean",
        Schema::Integer { .. } => "an integer",
        Schema::Float { .. } => "a number",
        Schema::Bytes => "base64 text",
        Schema::Array { .. } => "an array",
        Schema::String { .. } => "a string",
        _ => "an object",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use mandovi_websocket::MessageRef;

    use super::*;

    fn violations<T: Value + std::fmt::Debug>(json: &str) -> Vec<(String, &'static str, String)> {
        let invalid = T::from_json(MessageRef::Text(json)).expect_err(json);
        invalid.into_violations().into_iter().map(|found| (found.path, found.rule, found.message)).collect()
    }

    fn one<T: Value + std::fmt::Debug>(json: &str) -> String {
        let violations = violations::<T>(json);
        assert_eq!(violations.len(), 1, "{violations:?}");
        format!("{} {}", violations[0].1, violations[0].2)
    }

    #[test]
    fn what_is_not_json_is_said_by_place() {
        assert_eq!(one::<u8>(""), "decode_payload failed to decode the value: there is none");
        assert_eq!(
            one::<Vec<u8>>("[1"),
            "decode_payload failed to decode the value: it ends too early (line 1, column 2)"
        );
        assert_eq!(one::<u8>("1 1"), "decode_payload failed to decode the value: it is not JSON at line 1, column 3");
    }

    #[test]
    fn wrong_types_are_said_by_path() {
        assert_eq!(one::<u8>("true"), "invalid_field_type invalid value, must be an integer");
        assert_eq!(one::<bool>("1"), "invalid_field_type invalid value, must be a boolean");
        assert_eq!(one::<String>("null"), "invalid_field_type invalid value, must be a string");
        assert_eq!(
            one::<BTreeMap<String, Vec<f64>>>(r#"{"a":[1,"secret"]}"#),
            "invalid_field_type invalid value for \"[*][1]\", must be a number"
        );
    }

    #[test]
    fn integers_keep_their_size() {
        for (json, fits) in
            [("127", true), ("128", false), ("-128", true), ("-129", false), ("18446744073709551615", false)]
        {
            assert_eq!(i8::from_json(MessageRef::Text(json)).is_ok(), fits, "{json}");
            if !fits {
                assert_eq!(one::<i8>(json), "invalid_range value must be an integer of 8 bits");
            }
        }
        assert_eq!(one::<u64>("-1"), "invalid_range value must be an unsigned integer of 64 bits");
        assert_eq!(one::<i64>("18446744073709551615"), "invalid_range value must be an integer of 64 bits");
        assert_eq!(one::<i64>("1.5"), "invalid_field_type invalid value, must be an integer");
    }

    #[test]
    fn values_are_never_quoted() {
        for json in ["\"s3cr3t\"", "[\"s3cr3t\"]", "{\"s3cr3t\":1}", "s3cr3t"] {
            for (_, _, message) in violations::<u64>(json) {
                assert!(!message.contains("s3cr3t"), "{message}");
            }
        }
    }

    #[test]
    fn many_violations_are_cut() {
        let json = format!("[{}]", vec!["true"; 40].join(","));
        assert_eq!(violations::<Vec<u8>>(&json).len(), MAX_VIOLATIONS);
    }
}
