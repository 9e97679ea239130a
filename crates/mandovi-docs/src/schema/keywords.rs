//! The keywords of JSON Schema for sizes of numbers, formats and rules.

use mandovi_model::{Definition, Format, Rule, Schema, Service};
use serde_json::Number;

use crate::document::{Node, Object};

/// What a rule is about: the same rule has another keyword for another kind of value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    Text,
    Bytes,
    Array,
    Map,
    Number,
    Other,
}

impl Subject {
    /// What a shape is in the end: behind aliases and `null`.
    pub(crate) fn of(schema: &Schema, service: &Service) -> Self {
        match schema {
            Schema::String { .. } => Self::Text,
            Schema::Bytes => Self::Bytes,
            Schema::Array { .. } => Self::Array,
            Schema::Map { .. } => Self::Map,
            Schema::Integer { .. } | Schema::Float { .. } => Self::Number,
            Schema::Nullable { value } => Self::of(value, service),
            Schema::Named { name } => match service.types.get(name) {
                Some(Definition::Alias(alias)) => Self::of(&alias.schema, service),
                Some(Definition::Enumeration(_)) => Self::Text,
                _ => Self::Other,
            },
            _ => Self::Other,
        }
    }
}

/// A whole number of a size.
pub(super) fn integer(bits: u8, signed: bool) -> Object {
    let (minimum, maximum) = bounds(bits, signed);
    let format = format!("{}int{bits}", if signed { "" } else { "u" });
    let wide = (bits == 64).then_some("beyond 2^53 doubles are not exact");
    Object::new()
        .with("type", "integer")
        .with("format", format)
        .with("minimum", minimum)
        .with("maximum", maximum)
        .with_some("$comment", wide)
}

/// The smallest and the largest number of a size.
pub(crate) fn bounds(bits: u8, signed: bool) -> (Number, Number) {
    let unused = 64 - u32::from(bits.clamp(1, 64));
    match signed {
        true => ((i64::MIN >> unused).into(), (i64::MAX >> unused).into()),
        false => (0u64.into(), (u64::MAX >> unused).into()),
    }
}

/// Every length of time of ISO 8601. The order of the units is not in it, so that every language of patterns can read it.
const DURATION: &str = "^[-+]?P(T?[0-9]+([.,][0-9]+)?[YMWDHS])+$";

/// Text of a format, by the names of JSON Schema where it has one.
pub(super) fn text(format: Option<Format>) -> Object {
    let text = Object::new().with("type", "string");
    match format {
        None => text,
        // JSON Schema knows only the two apart.
        Some(Format::Ip) => {
            let either = ["ipv4", "ipv6"].map(|format| Object::new().with("format", format));
            text.with("anyOf", either.to_vec())
        }
        // JSON Schema's `duration` is RFC 3339's: without a sign, fractions, and without weeks beside other units.
        Some(Format::Duration) => text.with("pattern", DURATION).with("x-format", "duration"),
        Some(Format::Json) => text.with("format", "json").with("contentMediaType", "application/json"),
        // `mac`, `cidr`, `rfc1123` and `regexp` are names of our own (and of Goa's): JSON Schema's `regex` is another
        // language than RE2's.
        Some(format) => text.with("format", format.as_str()),
    }
}

/// The keywords of one rule.
pub(super) fn rule(rule: &Rule, subject: Subject, keywords: &mut Object) {
    match rule {
        Rule::Enumeration { values } => keywords.set("enum", values.iter().collect::<Vec<_>>()),
        Rule::Pattern { pattern } if is_shared(pattern) => keywords.set("pattern", pattern),
        // What means something else, or nothing, in the regular expressions of JSON Schema is only shown.
        Rule::Pattern { pattern } => keywords.set("x-pattern", pattern),
        Rule::Minimum { value } => keywords.set("minimum", value.clone()),
        Rule::ExclusiveMinimum { value } => keywords.set("exclusiveMinimum", value.clone()),
        Rule::Maximum { value } => keywords.set("maximum", value.clone()),
        Rule::ExclusiveMaximum { value } => keywords.set("exclusiveMaximum", value.clone()),
        Rule::MinLength { value } => {
            length(*value, subject, ["minLength", "minItems", "minProperties", "x-min-bytes"], keywords)
        }
        Rule::MaxLength { value } => {
            length(*value, subject, ["maxLength", "maxItems", "maxProperties", "x-max-bytes"], keywords)
        }
        _ => {}
    }
}

fn length(value: u64, subject: Subject, [text, array, map, bytes]: [&str; 4], keywords: &mut Object) {
    match subject {
        Subject::Text => keywords.set(text, value),
        Subject::Array => keywords.set(array, value),
        Subject::Map => keywords.set(map, value),
        Subject::Bytes => {
            // The text is padded base64: four letters for every three bytes.
            keywords.set(text, value.div_ceil(3).saturating_mul(4));
            keywords.set(bytes, Node::from(value));
        }
        Subject::Number | Subject::Other => {}
    }
}

/// Whether a regular expression means the same to the `regex` crate and to ECMA-262 with the `u` flag, as far as can be seen
/// without parsing both: groups with flags or names, escapes that only one knows, and sets within sets are not shared.
fn is_shared(pattern: &str) -> bool {
    let mut rest = pattern.chars().peekable();
    let mut in_class = false;
    while let Some(letter) = rest.next() {
        match letter {
            '\\' => match rest.next() {
                Some('-') if in_class => {}
                Some('d' | 'D' | 'w' | 'W' | 's' | 'S' | 'n' | 'r' | 't' | 'f' | 'v' | 'p' | 'P') => {}
                Some('b' | 'B') if !in_class => {}
                Some(escaped) if "^$\\.*+?()[]{}|/".contains(escaped) => {}
                _ => return false,
            },
            '[' if in_class => return false,
            '[' => {
                in_class = true;
                // `[]a]` and `[^]a]` are a class with `]` here, and an empty one there.
                rest.next_if_eq(&'^');
                if rest.peek() == Some(&']') {
                    return false;
                }
            }
            ']' if in_class => in_class = false,
            '&' | '~' | '-' if in_class && rest.peek() == Some(&letter) => return false,
            '(' if !in_class && rest.peek() == Some(&'?') => {
                rest.next();
                if rest.next() != Some(':') {
                    return false;
                }
            }
            _ => {}
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_those_of_the_types() {
        assert_eq!(bounds(8, true), (i8::MIN.into(), i8::MAX.into()));
        assert_eq!(bounds(32, false), (0u8.into(), u32::MAX.into()));
        assert_eq!(bounds(64, true), (i64::MIN.into(), i64::MAX.into()));
        assert_eq!(bounds(64, false), (0u8.into(), u64::MAX.into()));
    }

    #[test]
    fn patterns_of_one_language_only_are_told_apart() {
        for shared in ["^[a-z0-9_-]+$", r"^\d{4}-\d{2}$", "(?:a|b)+", r"\p{L}", r"[\-.]", r"a\/b"] {
            assert!(is_shared(shared), "{shared}");
        }
        for ours in ["(?i)abc", "(?P<name>a)", r"\Aab\z", "[[:alpha:]]", "[a-z&&[^b]]", r"\x{41}", r"a\-b", "[]a]"] {
            assert!(!is_shared(ours), "{ours}");
        }
    }

    #[test]
    fn bytes_are_measured_in_letters_of_base64() {
        for (bytes, letters) in [(0u64, 0u64), (1, 4), (3, 4), (4, 8)] {
            let mut keywords = Object::new();
            rule(&Rule::MaxLength { value: bytes }, Subject::Bytes, &mut keywords);
            assert_eq!(keywords.get("maxLength"), Some(&Node::from(letters)));
            assert_eq!(keywords.get("x-max-bytes"), Some(&Node::from(bytes)));
        }
    }
}
