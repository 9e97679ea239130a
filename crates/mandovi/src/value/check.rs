//! What is wrong with bytes that are not the value they should be: the slow second look, taken only after a failure.

use mandovi_model::{Definition, Enumeration, Format, Message, Rule, Schema, Service, Types, Union};
use serde_json::{Map, Value as Json, error::Category};

use super::{
    Invalid, MAX_VIOLATIONS, Value, Violation, base64,
    rules::{ModelRules, Of, Ruled as _, Subject},
    validation::join,
};

/// Reads the bytes as any JSON and compares with the schema of `T`. The parser's own message is never passed on: it quotes
/// values.
#[cold]
pub(super) fn explain<T: Value>(json: &[u8], error: &serde_json::Error) -> Invalid {
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
    Invalid::from_violations(violations::<T>(&value)).unwrap_or_else(|| {
        // The schema is satisfied and the type is not: a member twice, or a type with rules of its own.
        Invalid::new("", "decode_payload", format!("failed to decode the value: it does not fit at {}", place()))
    })
}

/// Whether the parser gave up because of the depth. It has no other way to say so; its words are held by a test.
fn is_too_deep(error: &serde_json::Error) -> bool {
    error.is_syntax() && error.to_string().starts_with("recursion limit exceeded")
}

/// What a design says against a JSON value.
fn violations<T: Value>(value: &Json) -> Vec<Violation> {
    let mut types = Types::new();
    let schema = T::schema(&mut types);
    let mut check = Check { types: &types, violations: Vec::new() };
    check.value(&schema, &[], value, "");
    check.violations
}

struct Check<'a> {
    types: &'a Types,
    violations: Vec<Violation>,
}

impl Check<'_> {
    /// Looks at a value of that shape, which also keeps these rules: those of its field, its newtypes' not yet among them.
    fn value(&mut self, schema: &Schema, rules: &[Rule], value: &Json, path: &str) {
        if self.violations.len() == MAX_VIOLATIONS {
            return;
        }
        match (schema, value) {
            (Schema::Any, Json::Null) => {}
            (Schema::Any, value) => self.rules(rules, None, value.subject(), path),
            (Schema::Null, Json::Null) => {}
            (Schema::Boolean, Json::Bool(value)) => self.rules(rules, None, Some(Subject::Boolean(*value)), path),
            (&Schema::String { format }, Json::String(text)) => {
                self.rules(rules, format, Some(Subject::Text(text)), path);
            }
            (Schema::Nullable { value: inner }, value) => {
                if !value.is_null() {
                    self.value(inner, rules, value, path);
                }
            }
            (&Schema::Integer { bits, signed }, Json::Number(number)) => match number.as_i128() {
                None => self.wrong_type(path, "an integer"),
                Some(_) if !fits(number, bits, signed) => {
                    let kind = if signed { "an integer" } else { "an unsigned integer" };
                    self.violation(path, "invalid_range", Of::Value, &format!("must be {kind} of {bits} bits"));
                }
                Some(number) => self.rules(rules, None, Some(Subject::Integer(number)), path),
            },
            (&Schema::Float { bits }, Json::Number(number)) => {
                let number = number.as_f64().unwrap_or(f64::INFINITY);
                let (subject, finite) = match bits {
                    32 => (Subject::Single(number as f32), (number as f32).is_finite()),
                    _ => (Subject::Double(number), number.is_finite()),
                };
                self.rules(rules, None, Some(subject), path);
                if !finite {
                    self.violation(path, "invalid_range", Of::Value, "must be a finite number");
                }
            }
            (Schema::Bytes, Json::String(text)) => match base64::decode(text) {
                None => {
                    let requirement = "must be base64 text, standard alphabet, padded";
                    self.violation(path, "invalid_format", Of::Value, requirement);
                }
                Some(bytes) => self.rules(rules, None, Some(Subject::Length(bytes.len())), path),
            },
            (Schema::Array { items }, Json::Array(values)) => {
                self.rules(rules, None, Some(Subject::Length(values.len())), path);
                for (index, value) in values.iter().enumerate() {
                    self.value(items, &[], value, &join(path, &format!("[{index}]")));
                }
            }
            (Schema::Map { keys, values }, Json::Object(members)) => {
                self.rules(rules, None, Some(Subject::Length(members.len())), path);
                // Not by its key: that is the peer's own text, of any length.
                let at = join(path, "[*]");
                for (key, value) in members {
                    self.key(keys, &[], key, &at);
                    self.value(values, &[], value, &at);
                }
            }
            (Schema::Named { name }, value) => self.named(name, rules, value, path),
            (schema, _) => self.wrong_type(path, kind(schema)),
        }
    }

    fn rules(&mut self, rules: &[Rule], format: Option<Format>, subject: Option<Subject<'_>>, path: &str) {
        if rules.is_empty() && format.is_none() {
            return;
        }
        if let Some(subject) = subject {
            let rules = ModelRules::new(rules, format);
            rules.rules().broken(subject, |rule, of, requirement| self.violation(path, rule, of, &requirement));
        }
    }

    fn named(&mut self, name: &str, rules: &[Rule], value: &Json, path: &str) {
        let types = self.types;
        match (types.get(name), value) {
            (Some(Definition::Message(message)), Json::Object(members)) => self.members(message, members, path),
            (Some(Definition::Enumeration(enumeration)), Json::String(text)) => self.one_of(enumeration, text, path),
            (Some(Definition::Enumeration(_)), _) => self.wrong_type(path, "a string"),
            (Some(Definition::Union(union)), Json::Object(members)) => self.union(union, members, path),
            (Some(Definition::Message(_) | Definition::Union(_)), _) => self.wrong_type(path, "an object"),
            (Some(Definition::Alias(alias)), value) => {
                let own: Vec<Rule> = rules.iter().chain(&alias.rules).cloned().collect();
                self.value(&alias.schema, &own, value, path);
            }
            // What a later model defines, or a schema that forgot to define its type: nothing to compare with.
            _ => {}
        }
    }

    fn one_of(&mut self, enumeration: &Enumeration, text: &str, path: &str) {
        self.name(enumeration.values.iter().map(|value| value.value.as_str()), text, path);
    }

    /// A text that must be one of some names.
    fn name<'n>(&mut self, mut names: impl Iterator<Item = &'n str> + Clone, text: &str, path: &str) {
        let all = names.clone();
        if !names.any(|name| name == text) {
            let names: Vec<String> = all.map(|name| format!("{name:?}")).collect();
            self.violation(path, "invalid_enum_value", Of::Value, &format!("must be one of {}", names.join(", ")));
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
                Some(value) => self.value(&field.schema, &field.rules, value, &at),
            }
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

    /// The name of a member of a map: text, which may have to be read as a number or a boolean.
    fn key(&mut self, schema: &Schema, rules: &[Rule], key: &str, path: &str) {
        let types = self.types;
        match schema {
            Schema::Named { name } => match types.get(name) {
                Some(Definition::Alias(alias)) => self.key(&alias.schema, &alias.rules, key, path),
                Some(Definition::Enumeration(enumeration)) => self.one_of(enumeration, key, path),
                _ => {}
            },
            Schema::Integer { .. } | Schema::Boolean => match serde_json::from_str(key) {
                Ok(value @ (Json::Number(_) | Json::Bool(_))) => self.value(schema, rules, &value, path),
                _ => self.wrong_type(path, kind(schema)),
            },
            &Schema::String { format } => self.rules(rules, format, Some(Subject::Text(key)), path),
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
            return self.name(union.variants.iter().map(|variant| variant.name.as_str()), name, &at);
        };
        let Some(schema) = &variant.schema else { return };
        let at = join(path, &union.content);
        match members.get(&union.content) {
            None | Some(Json::Null) if self.may_be_null(schema) => {}
            None | Some(Json::Null) => self.missing(at),
            Some(Json::String(text)) if union.json_text => {
                let found = super::union::nested(|| {
                    let value: Json = serde_json::from_str(text).ok()?;
                    self.value(schema, &[], &value, &at);
                    Some(())
                });
                if found.is_none() {
                    self.violation(&at, "invalid_format", Of::Value, "must be JSON in a text");
                }
            }
            Some(_) if union.json_text => self.wrong_type(&at, "JSON in a text"),
            Some(value) => self.value(schema, &[], value, &at),
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

    fn violation(&mut self, path: &str, rule: &'static str, of: Of, requirement: &str) {
        self.push(Violation::new(path, rule, of.message(path, requirement)));
    }

    fn push(&mut self, violation: Violation) {
        if self.violations.len() < MAX_VIOLATIONS {
            self.violations.push(violation);
        }
    }
}

/// Holds what a design says of its own values against its rules: defaults and examples, which the macro sees only where they are
/// literals, and of formats not even then. Costs nothing where debug assertions are off.
///
/// # Panics
///
/// With debug assertions, if a default or an example is none that the design allows: the text names it.
pub fn assert_model(service: &Service) {
    if !cfg!(debug_assertions) {
        return;
    }
    let hold = |what: &str, schema: &Schema, rules: &[Rule], value: &Json| {
        let mut check = Check { types: &service.types, violations: Vec::new() };
        check.value(schema, rules, value, "");
        if let Some(invalid) = Invalid::from_violations(check.violations) {
            panic!("the design breaks its own rules: {what}: {invalid}");
        }
    };
    for (name, definition) in service.types.iter() {
        match definition {
            Definition::Message(message) => {
                for field in &message.fields {
                    let what = |kind| format!("the {kind} of `{}` in `{name}`", field.name);
                    if let Some(default) = &field.default {
                        hold(&what("default"), &field.schema, &field.rules, default);
                    }
                    for example in &field.examples {
                        hold(&what("example"), &field.schema, &field.rules, example);
                    }
                }
            }
            Definition::Alias(alias) => {
                for example in &alias.examples {
                    hold(&format!("the example of `{name}`"), &alias.schema, &alias.rules, example);
                }
            }
            _ => {}
        }
    }
    for method in &service.methods {
        for parameter in &method.parameters {
            let what = |kind| format!("the {kind} of the parameter `{}` of `{}`", parameter.name, method.name);
            if let Some(default) = &parameter.default {
                hold(&what("default"), &parameter.schema, &parameter.rules, default);
            }
            for example in &parameter.examples {
                hold(&what("example"), &parameter.schema, &parameter.rules, example);
            }
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
    use serde_json::json;

    use super::*;
    use crate::Base64;

    fn told<T: Value + std::fmt::Debug>(json: &str) -> Vec<(String, &'static str, String)> {
        let invalid = T::from_json(MessageRef::Text(json)).expect_err(json);
        invalid.into_violations().into_iter().map(|found| (found.path, found.rule, found.message)).collect()
    }

    fn one<T: Value + std::fmt::Debug>(json: &str) -> String {
        let violations = told::<T>(json);
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
            for (_, _, message) in told::<u64>(json) {
                assert!(!message.contains("s3cr3t"), "{message}");
            }
        }
    }

    #[test]
    fn many_violations_are_cut() {
        let json = format!("[{}]", vec!["true"; 40].join(","));
        assert_eq!(told::<Vec<u8>>(&json).len(), MAX_VIOLATIONS);
    }

    /// Everything that rules can stand on.
    #[crate::message]
    struct Ruled {
        #[field(1, minimum = -2, maximum = 2)]
        small: i8,
        #[field(2, exclusive_minimum = 0, exclusive_maximum = 18_446_744_073_709_551_615)]
        large: Option<u64>,
        #[field(3, minimum = 0.1, maximum = 0.3)]
        single: f32,
        #[field(4, exclusive_minimum = -0.5, one_of = [0, 1, 0.25, 7.5])]
        double: Option<Box<f64>>,
        #[field(5, min_length = 2, max_length = 3, pattern = "^[aé]+$")]
        text: String,
        #[field(6, format = "date", default = "2026-11-21")]
        day: String,
        #[field(7, max_length = 2)]
        bytes: Base64,
        #[field(8, min_length = 1, max_length = 2)]
        many: Vec<f32>,
        #[field(9, max_length = 1)]
        named: Option<BTreeMap<String, Inner>>,
        #[field(10, one_of = ["x", 1, true])]
        any: serde_json::Value,
        #[field(11)]
        inner: Vec<Inner>,
        #[field(12)]
        child: Option<Box<Ruled>>,
        #[field(13, one_of = [true])]
        agreed: Option<bool>,
    }

    #[crate::message]
    struct Inner {
        #[field(1, one_of = ["a", "b"])]
        letter: String,
        #[field(2, maximum = 3)]
        number: Option<u16>,
    }

    /// The smallest generator there is: what matters is that it says the same each time.
    struct Dice(u64);

    impl Dice {
        fn roll(&mut self, sides: u64) -> usize {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((self.0 >> 33) % sides) as usize
        }

        fn pick(&mut self, from: &[Json]) -> Json {
            from[self.roll(from.len() as u64)].clone()
        }

        fn many(&mut self, mut each: impl FnMut(&mut Self) -> Json) -> Vec<Json> {
            (0..self.roll(4)).map(|_| each(self)).collect()
        }

        fn inner(&mut self) -> Json {
            json!({ "letter": self.pick(&["a".into(), "c".into(), "".into()]), "number": self.pick(&[Json::Null, 3.into(), 4.into()]) })
        }

        /// One that can be read, and breaks any of the rules.
        fn ruled(&mut self, depth: usize) -> Json {
            let children = self.many(Self::inner);
            let named: Map<String, Json> =
                self.many(Self::inner).into_iter().enumerate().map(|(at, inner)| (at.to_string(), inner)).collect();
            let any = ["x".into(), 1.into(), true.into(), Json::Null, json!([]), "y".into(), json!(1.0), false.into()];
            let mut made = json!({
                "small": self.pick(&[(-3).into(), (-2).into(), 0.into(), 2.into(), 3.into(), (-128).into()]),
                "large": self.pick(&[0.into(), 1.into(), u64::MAX.into(), (u64::MAX - 1).into(), Json::Null]),
                "single": self.pick(&[0.1.into(), 0.3.into(), 0.0999.into(), 0.30001.into(), 1e39.into(), 1.into()]),
                "double": self.pick(&[0.into(), 1.0.into(), 0.25.into(), 7.5.into(), (-0.5).into(), Json::Null, 0.3.into()]),
                "text": self.pick(&["".into(), "a".into(), "aé".into(), "ééé".into(), "aéaé".into(), "ab".into(), "😀".into()]),
                "day": self.pick(&["2024-02-29".into(), "2023-02-29".into(), "".into(), Json::Null]),
                "bytes": self.pick(&["".into(), "AQI=".into(), "AQID".into()]),
                "many": self.many(|dice| dice.pick(&[1.into(), 0.5.into(), 1e39.into()])),
                "named": named,
                "any": self.pick(&any),
                "inner": children,
                "agreed": self.pick(&[true.into(), false.into(), Json::Null]),
            });
            if depth > 0 && self.roll(2) == 0 {
                made["child"] = self.ruled(depth - 1);
            }
            made
        }
    }

    /// The typed pass and the second look are two readings of one design: they tell the same, in the same words and order.
    #[test]
    fn the_typed_pass_and_the_second_look_agree() {
        let mut dice = Dice(7);
        let mut seen = std::collections::BTreeMap::new();
        let mut valid = 0;
        for _ in 0..3_000 {
            let json = dice.ruled(2);
            let typed = match Ruled::from_json(MessageRef::Text(&json.to_string())) {
                Ok(_) => Vec::new(),
                Err(invalid) => invalid.into_violations(),
            };
            assert_eq!(typed, violations::<Ruled>(&json), "{json}");
            valid += usize::from(typed.is_empty());
            for violation in typed {
                *seen.entry(violation.rule).or_insert(0) += 1;
            }
        }
        let expected = ["invalid_enum_value", "invalid_format", "invalid_length", "invalid_pattern", "invalid_range"];
        assert!(seen.keys().eq(&expected), "{seen:?}");
        assert!(seen.values().all(|&count| count > 100), "{seen:?}");
        assert!(valid < 3_000);
    }

    /// Whatever is valid stays so when something else cannot be read; what is wrong is told beside it.
    #[test]
    fn a_value_that_cannot_be_read_is_told_with_its_broken_rules() {
        let mut dice = Dice(8);
        for _ in 0..500 {
            let mut json = dice.ruled(0);
            json["inner"] = json!([]);
            let mut expected = violations::<Ruled>(&json);
            json["inner"] = json!("secret");
            let at = expected.iter().take_while(|found| !found.path.starts_with("agreed")).count();
            let message = "invalid value for \"inner\", must be an array";
            expected.insert(at, Violation::new("inner", "invalid_field_type", message));
            expected.truncate(MAX_VIOLATIONS);
            let invalid = Ruled::from_json(MessageRef::Text(&json.to_string())).expect_err("no array");
            assert_eq!(invalid.violations(), expected, "{json}");
        }
    }
}
