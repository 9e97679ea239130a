//! Examples, composed from what the design says: the designer's own first, then defaults, then what the shape and its rules ask
//! for. Always the same for the same design.
//!
//! Where no valid value can be made up (a pattern without an example beside it) there is none: a wrong example is worse. The
//! value of a secret is never taken from the design.

use mandovi_model::{Definition, Field, Format, Message, Rule, Schema, Service, Union};
use serde_json::{Number, Value, json};

use crate::document::{Node, Object};
use crate::schema::bounds;

/// An example of a shape, in a view where it has that view.
pub(crate) fn example(service: &Service, schema: &Schema, rules: &[Rule], view: Option<&str>) -> Option<Node> {
    Composer { service, open: Vec::new() }.value(schema, rules, view)
}

struct Composer<'a> {
    service: &'a Service,
    /// The types that are being made: one inside of itself ends there.
    open: Vec<&'a str>,
}

impl<'a> Composer<'a> {
    fn value(&mut self, schema: &'a Schema, rules: &[Rule], view: Option<&str>) -> Option<Node> {
        for rule in rules {
            match rule {
                Rule::Enumeration { values } => return values.first().map(Node::from),
                Rule::Pattern { .. } => return None,
                _ => {}
            }
        }
        match schema {
            Schema::Any => Some("anything".into()),
            Schema::Null => Some(Value::Null.into()),
            Schema::Boolean => Some(true.into()),
            Schema::Integer { bits, signed } => integer(*bits, *signed, rules).map(Node::from),
            Schema::Float { .. } => float(rules).map(Node::from),
            Schema::String { format } => text(*format, rules).map(Node::from),
            Schema::Bytes => bytes(rules).map(Node::from),
            Schema::Array { items } => self.array(items, rules, view),
            Schema::Map { keys, values } => self.map(keys, values, rules, view),
            Schema::Nullable { value } => self.value(value, rules, view).or_else(|| Some(Value::Null.into())),
            Schema::Named { name } => self.named(name, rules, view),
            _ => None,
        }
    }

    fn array(&mut self, items: &'a Schema, rules: &[Rule], view: Option<&str>) -> Option<Node> {
        let (least, most) = lengths(rules);
        if most == 0 {
            return Some(Node::Array(Vec::new()));
        }
        match self.value(items, &[], view) {
            Some(item) if least <= 16 => Some(Node::Array(vec![item; usize::try_from(least.max(1)).ok()?])),
            _ => (least == 0).then(|| Node::Array(Vec::new())),
        }
    }

    fn map(&mut self, keys: &'a Schema, values: &'a Schema, rules: &[Rule], view: Option<&str>) -> Option<Node> {
        let (least, most) = lengths(rules);
        let member =
            (least <= 1 && most > 0).then(|| Some((self.key(keys)?, self.value(values, &[], view)?))).flatten();
        match member {
            Some((key, value)) => Some(Object::new().with(key, value).into()),
            None => (least == 0).then(|| Object::new().into()),
        }
    }

    fn key(&mut self, keys: &'a Schema) -> Option<String> {
        match self.value(keys, &[], None)? {
            Node::Scalar(Value::String(text)) => Some(text),
            Node::Scalar(scalar) => Some(scalar.to_string()),
            _ => None,
        }
    }

    fn named(&mut self, name: &'a str, rules: &[Rule], view: Option<&str>) -> Option<Node> {
        let service = self.service;
        let definition = service.types.get(name)?;
        if self.open.contains(&name) {
            return None;
        }
        self.open.push(name);
        let value = match definition {
            Definition::Message(message) => self.message(message, view),
            Definition::Enumeration(enumeration) => {
                let current = enumeration.values.iter().find(|value| !value.deprecated);
                current.or(enumeration.values.first()).map(|value| Node::from(&value.value))
            }
            Definition::Union(union) => self.union(union),
            Definition::Alias(alias) => match alias.examples.first() {
                Some(example) if !alias.secret && rules.is_empty() => Some(example.into()),
                _ => {
                    // Rules of both places hold; the nearer ones are looked at last and so decide.
                    let all: Vec<_> = alias.rules.iter().chain(rules).cloned().collect();
                    self.value(&alias.schema, &all, view)
                }
            },
            _ => None,
        };
        self.open.pop();
        value
    }

    fn message(&mut self, message: &'a Message, view: Option<&str>) -> Option<Node> {
        let view = view.and_then(|view| message.views.iter().find(|known| known.name == view));
        let mut object = Object::new();
        for field in &message.fields {
            let shown = view.map(|view| view.fields.iter().find(|shown| shown.name == field.name));
            let view = match shown {
                None => None,
                Some(Some(shown)) => shown.view.as_deref(),
                Some(None) => continue,
            };
            match self.field(field, view) {
                Some(value) => object.set(&field.name, value),
                None if field.required => return None,
                None => {}
            }
        }
        Some(object.into())
    }

    fn field(&mut self, field: &'a Field, view: Option<&str>) -> Option<Node> {
        if !field.required && (field.secret || field.deprecated) {
            return None;
        }
        if !field.secret
            && let Some(known) = field.examples.first().or(field.default.as_ref())
        {
            return Some(known.into());
        }
        match self.value(&field.schema, &field.rules, view) {
            // Optional, and nothing to show: left out, as on the wire.
            Some(Node::Scalar(Value::Null)) if !field.required => None,
            value => value,
        }
    }

    fn union(&mut self, union: &'a Union) -> Option<Node> {
        union.variants.iter().filter(|variant| !variant.deprecated).find_map(|variant| {
            let object = Object::new().with(&union.tag, &variant.name);
            let Some(schema) = &variant.schema else { return Some(object.into()) };
            let value = self.value(schema, &[], None)?;
            let value = match union.json_text {
                true => serde_json::to_string(&value).ok()?.into(),
                false => value,
            };
            Some(object.with(&union.content, value).into())
        })
    }
}

/// The least and the most of a length.
fn lengths(rules: &[Rule]) -> (u64, u64) {
    rules.iter().fold((0, u64::MAX), |(least, most), rule| match rule {
        Rule::MinLength { value } => (least.max(*value), most),
        Rule::MaxLength { value } => (least, most.min(*value)),
        _ => (least, most),
    })
}

fn integer(bits: u8, signed: bool, rules: &[Rule]) -> Option<Number> {
    let (least, most) = bounds(bits, signed);
    let (mut least, mut most) = (whole(&least)?, whole(&most)?);
    for rule in rules {
        match rule {
            Rule::Minimum { value } => least = least.max(whole(value)?),
            Rule::ExclusiveMinimum { value } => least = least.max(whole(value)? + 1),
            Rule::Maximum { value } => most = most.min(whole(value)?),
            Rule::ExclusiveMaximum { value } => most = most.min(whole(value)? - 1),
            _ => {}
        }
    }
    let value = 1.clamp(least, most.max(least));
    (value <= most).then(|| Number::from_i128(value)).flatten()
}

fn whole(number: &Number) -> Option<i128> {
    number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from))
}

fn float(rules: &[Rule]) -> Option<Number> {
    let mut candidates = vec![1.5];
    for rule in rules {
        let (Rule::Minimum { value }
        | Rule::Maximum { value }
        | Rule::ExclusiveMinimum { value }
        | Rule::ExclusiveMaximum { value }) = rule
        else {
            continue;
        };
        let value = value.as_f64()?;
        candidates.extend([value, value + 0.5, value - 0.5]);
    }
    if let [first, .., last] = candidates[..] {
        candidates.push(f64::midpoint(first, last));
    }
    let keeps = |candidate: &f64| {
        rules.iter().all(|rule| match rule {
            Rule::Minimum { value } => value.as_f64().is_some_and(|limit| *candidate >= limit),
            Rule::ExclusiveMinimum { value } => value.as_f64().is_some_and(|limit| *candidate > limit),
            Rule::Maximum { value } => value.as_f64().is_some_and(|limit| *candidate <= limit),
            Rule::ExclusiveMaximum { value } => value.as_f64().is_some_and(|limit| *candidate < limit),
            _ => true,
        })
    };
    Number::from_f64(candidates.into_iter().find(keeps)?)
}

fn text(format: Option<Format>, rules: &[Rule]) -> Option<String> {
    let (least, most) = lengths(rules);
    let Some(format) = format else {
        let mut text = "text".to_owned();
        // A long text shows nothing, and makes a document unreadable.
        if least > 256 {
            return None;
        }
        while (text.len() as u64) < least {
            text.push_str(" text");
        }
        text.truncate(usize::try_from(most.min(text.len() as u64).min(least.max(4))).ok()?);
        return Some(text);
    };
    let text = match format {
        Format::Date => "2015-07-13",
        Format::DateTime => "2015-07-13T19:00:00Z",
        Format::Duration => "PT1H30M",
        Format::Uuid => "0190a5b0-7c1e-7cc3-98c4-dc0c0c07398f",
        Format::Email => "ada@example.com",
        Format::Hostname => "chat.example.com",
        Format::Ipv4 | Format::Ip => "192.0.2.1",
        Format::Ipv6 => "2001:db8::1",
        Format::Uri => "https://example.com/page",
        Format::Mac => "00:00:5e:00:53:01",
        Format::Cidr => "192.0.2.0/24",
        Format::Regexp => "^[a-z]+$",
        Format::Json => "{\"a\":1}",
        Format::Rfc1123 => "Mon, 13 Jul 2015 19:00:00 UTC",
        _ => return None,
    };
    let length = text.len() as u64;
    (least <= length && length <= most).then(|| text.to_owned())
}

/// So many bytes as are asked for, all of them zero; three where nothing is said.
fn bytes(rules: &[Rule]) -> Option<String> {
    let (least, most) = lengths(rules);
    let length = usize::try_from(3.clamp(least.min(most), most)).ok().filter(|length| *length <= 256)?;
    if length == 3 {
        return Some("AQID".to_owned());
    }
    let rest = ["", "AA==", "AAA="][length % 3];
    Some("AAAA".repeat(length / 3) + rest)
}

/// An example of a parameter, where it is not secret: an array where it may be repeated, also where the design shows one value.
pub(crate) fn parameter_example(service: &Service, parameter: &mandovi_model::Parameter) -> Option<Node> {
    if parameter.secret {
        return None;
    }
    let value = match parameter.examples.first().or(parameter.default.as_ref()) {
        Some(known) if known.is_array() => return Some(known.into()),
        Some(known) => known.into(),
        None => example(service, &parameter.schema, &parameter.rules, None)?,
    };
    let null = value == Node::from(json!(null));
    (!null).then(|| if parameter.many { Node::Array(vec![value]) } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;
    use mandovi_model::{Alias, Field};

    fn of(schema: &Schema, rules: &[Rule]) -> Option<Value> {
        example(&Service::new("S"), schema, rules, None).map(|node| serde_json::to_value(node).unwrap())
    }

    #[test]
    fn numbers_keep_their_rules() {
        let byte = Schema::Integer { bits: 8, signed: false };
        assert_eq!(of(&byte, &[]), Some(json!(1)));
        assert_eq!(of(&byte, &[Rule::ExclusiveMinimum { value: 9.into() }]), Some(json!(10)));
        assert_eq!(of(&byte, &[Rule::Maximum { value: 0.into() }]), Some(json!(0)));
        assert_eq!(of(&byte, &[Rule::Minimum { value: 300.into() }]), None);
        let wide = Schema::Integer { bits: 64, signed: false };
        assert_eq!(of(&wide, &[Rule::Minimum { value: u64::MAX.into() }]), Some(json!(u64::MAX)));
        let float = Schema::Float { bits: 64 };
        assert_eq!(of(&float, &[Rule::ExclusiveMaximum { value: 0.into() }]), Some(json!(-0.5)));
    }

    #[test]
    fn texts_keep_their_lengths_and_formats() {
        let text = Schema::string();
        assert_eq!(of(&text, &[Rule::MaxLength { value: 2 }]), Some(json!("te")));
        assert_eq!(of(&text, &[Rule::MinLength { value: 6 }]), Some(json!("text t")));
        assert_eq!(of(&text, &[Rule::Pattern { pattern: "^a$".into() }]), None);
        assert_eq!(of(&Schema::formatted(Format::Date), &[Rule::MaxLength { value: 3 }]), None);
        for length in 0..8 {
            let rules = [Rule::MinLength { value: length }, Rule::MaxLength { value: length }];
            let Some(Value::String(text)) = of(&Schema::Bytes, &rules) else { panic!("{length} bytes") };
            let padding = text.bytes().filter(|letter| *letter == b'=').count() as u64;
            assert_eq!(text.len() as u64 / 4 * 3 - padding, length, "{text}");
        }
    }

    #[test]
    fn a_secret_is_never_shown_and_recursion_ends() {
        let mut service = Service::new("S");
        let node = service.types.define("Node", "a::Node", |types| {
            let again = types.define("Node", "a::Node", |_| unreachable!());
            let word = types.define("Word", "a::Word", |_| Definition::Alias(Alias::new("", Schema::string())));
            let mut message = Message::new("");
            let mut secret = Field::new(1, "secret", word);
            secret.secret = true;
            secret.examples = vec![json!("hunter2")];
            let mut optional = Field::new(2, "optional", Schema::nullable(Schema::string()));
            optional.secret = true;
            message.fields = vec![
                secret,
                optional,
                Field::new(3, "next", Schema::nullable(again.clone())),
                Field::new(4, "all", Schema::array(again)),
            ];
            Definition::Message(message)
        });
        let made = example(&service, &node, &[], None).map(|node| serde_json::to_value(node).unwrap());
        assert_eq!(made, Some(json!({"secret": "text", "all": []})));
    }
}
