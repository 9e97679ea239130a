//! The rules of a design, as the expansion writes them down, and what they say of a value.
//!
//! There is one judge for all paths: [`Rules::broken`] tells of a [`Subject`], which is what a typed value, a parameter and
//! parsed JSON have in common. In the good case the typed pass asks [`Rules::hold`], which is inlined with rules and type
//! known, so that a few comparisons are left of it.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
    fmt::Write as _,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use mandovi_model::{Format, Rule};
use regex::{Regex, RegexBuilder};
use serde_json::{Number, Value as Json};

use super::{Base64, Validator, Value, formats};

/// The rules of a field, a newtype or a parameter. Generated code makes it; not for anyone else.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'a> {
    /// The values that are allowed; none where all are.
    pub one_of: &'a [Constant<'a>],
    /// What a text looks like.
    pub format: Option<Format>,
    /// Where a text must match.
    pub pattern: Option<&'a Pattern>,
    /// The smallest number that is allowed.
    pub minimum: Option<Limit>,
    /// The largest number that is too small.
    pub exclusive_minimum: Option<Limit>,
    /// The largest number that is allowed.
    pub maximum: Option<Limit>,
    /// The smallest number that is too large.
    pub exclusive_maximum: Option<Limit>,
    /// The smallest length that is allowed.
    pub min_length: Option<u64>,
    /// The largest length that is allowed.
    pub max_length: Option<u64>,
}

/// A value that `one_of` allows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Constant<'a> {
    /// A text.
    Text(&'a str),
    /// A whole number.
    Integer(i128),
    /// Any other number.
    Float(f64),
    /// `true` or `false`.
    Boolean(bool),
}

/// A limit of numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Limit {
    /// A whole number.
    Integer(i128),
    /// Any other number.
    Float(f64),
}

/// A regular expression of the design, compiled at its first use.
#[derive(Debug)]
pub struct Pattern {
    source: Cow<'static, str>,
    regex: OnceLock<Option<Arc<Regex>>>,
}

/// A compiled pattern takes at most so many bytes.
const PATTERN_MAX: usize = 1 << 20;

impl Pattern {
    /// The expression of that source.
    pub const fn new(source: &'static str) -> Self {
        Self { source: Cow::Borrowed(source), regex: OnceLock::new() }
    }

    /// Whether it matches somewhere in the text. One that cannot be compiled never does; `#[message]` refuses those, and
    /// `model()` those that are too large.
    fn matches(&self, text: &str) -> bool {
        self.regex.get_or_init(|| compiled(&self.source)).as_ref().is_some_and(|regex| regex.is_match(text))
    }
}

/// Compiles an expression once in a process, however many patterns have it: the second look makes its patterns anew each time,
/// and a peer decides how often that is. There are as many as in the design. Behind an `Arc`, because a clone of an expression has to
/// make the working memory anew that it matches with.
fn compiled(source: &str) -> Option<Arc<Regex>> {
    static KNOWN: Mutex<BTreeMap<String, Option<Arc<Regex>>>> = Mutex::new(BTreeMap::new());
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(regex) = known.get(source) {
        return regex.clone();
    }
    let regex = RegexBuilder::new(source).size_limit(PATTERN_MAX).build().ok().map(Arc::new);
    known.insert(source.to_owned(), regex.clone());
    regex
}

/// What rules look at, of whatever type it is.
#[derive(Clone, Copy, Debug)]
pub enum Subject<'a> {
    /// A whole number.
    Integer(i128),
    /// A number of 64 bits.
    Double(f64),
    /// A number of 32 bits: limits are rounded to it, so that 0.1 is 0.1.
    Single(f32),
    /// A text.
    Text(&'a str),
    /// How many bytes, or elements.
    Length(usize),
    /// `true` or `false`.
    Boolean(bool),
    /// Something that is no part of any rule.
    Nothing,
}

/// Which rules a type can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Whole numbers from and to these.
    Integer(i128, i128),
    /// Other numbers.
    Float,
    /// Texts.
    Text,
    /// What has a length and nothing else.
    Length,
    /// `true` and `false`.
    Boolean,
    /// Any JSON.
    Any,
}

/// A type whose values may have rules.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot have rules",
    label = "no rules hold for this type",
    note = "numbers have `minimum` and `maximum`, texts `min_length`, `max_length`, `pattern` and `format`, `Vec`, maps and `Base64` `min_length` and `max_length`, and `one_of` is for texts and numbers",
    note = "write the rules of a message on its fields, those of a newtype on itself (`#[message(min_length = 1)] struct Name(String);`), and give the elements of a `Vec` or a map such a newtype"
)]
pub trait Ruled {
    /// Which rules it can have.
    const KIND: Kind;

    /// What the rules look at; `None` where there is no value to look at.
    fn subject(&self) -> Option<Subject<'_>>;

    /// Validates a member with rules of its own.
    #[doc(hidden)]
    #[inline]
    fn validate_ruled(&self, name: &str, rules: &Rules<'_>, at: &mut Validator)
    where
        Self: Value,
    {
        at.ruled_field(name, self, rules);
    }
}

impl<'a> Rules<'a> {
    /// No rules.
    pub const NONE: Self = Self {
        one_of: &[],
        format: None,
        pattern: None,
        minimum: None,
        exclusive_minimum: None,
        maximum: None,
        exclusive_maximum: None,
        min_length: None,
        max_length: None,
    };

    /// The rules as the model has them, in the order in which they are told; the format is a part of the shape there.
    pub fn model(&self) -> Vec<Rule> {
        let mut rules = Vec::new();
        if !self.one_of.is_empty() {
            rules.push(Rule::Enumeration { values: self.one_of.iter().map(|constant| constant.json()).collect() });
        }
        rules.extend(self.pattern.map(|pattern| Rule::Pattern { pattern: pattern.source.clone().into_owned() }));
        let number = |limit: Option<Limit>| limit.and_then(Limit::number);
        rules.extend(number(self.minimum).map(|value| Rule::Minimum { value }));
        rules.extend(number(self.exclusive_minimum).map(|value| Rule::ExclusiveMinimum { value }));
        rules.extend(number(self.maximum).map(|value| Rule::Maximum { value }));
        rules.extend(number(self.exclusive_maximum).map(|value| Rule::ExclusiveMaximum { value }));
        rules.extend(self.min_length.map(|value| Rule::MinLength { value }));
        rules.extend(self.max_length.map(|value| Rule::MaxLength { value }));
        rules
    }

    /// Whether all of them hold. Always inlined: of known rules and a known type a few comparisons are left.
    #[inline(always)]
    pub(crate) fn hold(&self, subject: Subject<'_>) -> bool {
        (self.one_of.is_empty() || self.allows(subject))
            && self.format.is_none_or(|format| has_format(subject, format))
            && self.pattern.is_none_or(|pattern| has_pattern(subject, pattern))
            && self.minimum.is_none_or(|limit| limit.compare(subject, |value, limit| value >= limit, |a, b| a >= b))
            && self
                .exclusive_minimum
                .is_none_or(|limit| limit.compare(subject, |value, limit| value > limit, |a, b| a > b))
            && self.maximum.is_none_or(|limit| limit.compare(subject, |value, limit| value <= limit, |a, b| a <= b))
            && self
                .exclusive_maximum
                .is_none_or(|limit| limit.compare(subject, |value, limit| value < limit, |a, b| a < b))
            && self.min_length.is_none_or(|least| is_at_least(subject, least))
            && self.max_length.is_none_or(|most| is_at_most(subject, most))
    }

    fn allows(&self, subject: Subject<'_>) -> bool {
        self.one_of.iter().any(|constant| match (subject, *constant) {
            (Subject::Text(text), Constant::Text(allowed)) => text == allowed,
            (Subject::Integer(number), Constant::Integer(allowed)) => number == allowed,
            (Subject::Double(number), allowed) => allowed.float() == Some(number),
            (Subject::Single(number), allowed) => allowed.float().is_some_and(|allowed| number == allowed as f32),
            (Subject::Boolean(value), Constant::Boolean(allowed)) => value == allowed,
            _ => false,
        })
    }

    /// Tells which rules are broken, in their fixed order: for each its name, what of the value is meant, and the requirement.
    #[cold]
    pub(crate) fn broken(&self, subject: Subject<'_>, mut tell: impl FnMut(&'static str, Of, String)) {
        // Each rule by itself is asked what it is asked in the good case.
        let hold = |rules: Self| rules.hold(subject);
        if !hold(Self { one_of: self.one_of, ..Self::NONE }) {
            let mut requirement = String::from("must be one of ");
            for (index, constant) in self.one_of.iter().enumerate() {
                requirement.push_str(if index > 0 { ", " } else { "" });
                let _ = match constant {
                    Constant::Text(text) => write!(requirement, "{text:?}"),
                    Constant::Integer(number) => write!(requirement, "{number}"),
                    Constant::Float(number) => write!(requirement, "{number}"),
                    Constant::Boolean(value) => write!(requirement, "{value}"),
                };
            }
            tell("invalid_enum_value", Of::Value, requirement);
        }
        if let Some(format) = self.format
            && !hold(Self { format: Some(format), ..Self::NONE })
        {
            tell("invalid_format", Of::Itself, format!("must be formatted as a {format}"));
        }
        if let Some(pattern) = self.pattern
            && !hold(Self { pattern: Some(pattern), ..Self::NONE })
        {
            tell("invalid_pattern", Of::Itself, format!("must match the regexp {:?}", pattern.source));
        }
        let limits = [
            (self.minimum, Self { minimum: self.minimum, ..Self::NONE }, "greater or equal than"),
            (self.exclusive_minimum, Self { exclusive_minimum: self.exclusive_minimum, ..Self::NONE }, "greater than"),
            (self.maximum, Self { maximum: self.maximum, ..Self::NONE }, "lesser or equal than"),
            (self.exclusive_maximum, Self { exclusive_maximum: self.exclusive_maximum, ..Self::NONE }, "lesser than"),
        ];
        for (limit, rule, comparison) in limits {
            let limit = match limit {
                Some(Limit::Integer(limit)) => limit.to_string(),
                Some(Limit::Float(limit)) => limit.to_string(),
                None => continue,
            };
            if !hold(rule) {
                tell("invalid_range", Of::Itself, format!("must be {comparison} {limit}"));
            }
        }
        let lengths = [
            (self.min_length, Self { min_length: self.min_length, ..Self::NONE }, "greater"),
            (self.max_length, Self { max_length: self.max_length, ..Self::NONE }, "lesser"),
        ];
        for (length, rule, comparison) in lengths {
            if let Some(length) = length
                && !hold(rule)
            {
                tell("invalid_length", Of::Length, format!("must be {comparison} or equal than {length}"));
            }
        }
    }

    /// Why a type of that kind cannot have all of them: asked by the compiler, of types whose name says nothing to the macro.
    pub const fn unsuited(&self, kind: Kind) -> Option<&'static str> {
        let limits = [self.minimum, self.exclusive_minimum, self.maximum, self.exclusive_maximum];
        let mut at = 0;
        while at < limits.len() {
            match (limits[at], kind) {
                (None, _) | (Some(Limit::Integer(_)), Kind::Float) | (Some(Limit::Float(_)), Kind::Float) => {}
                (Some(Limit::Integer(number)), Kind::Integer(least, most)) if least <= number && number <= most => {}
                (_, Kind::Integer(..)) => {
                    return Some("this type cannot be the number of the limit: write one that it can be");
                }
                _ => {
                    return Some(
                        "`minimum`, `maximum` and their exclusive forms are for numbers: to limit the length of a text, an array, a map or bytes write `min_length` or `max_length`",
                    );
                }
            }
            at += 1;
        }
        if (self.format.is_some() || self.pattern.is_some()) && !matches!(kind, Kind::Text) {
            return Some("`format` and `pattern` are for texts: take them away");
        }
        if (self.min_length.is_some() || self.max_length.is_some()) && !matches!(kind, Kind::Text | Kind::Length) {
            return Some(
                "`min_length` and `max_length` are for texts, arrays, maps and bytes: to limit a number write `minimum` or `maximum`",
            );
        }
        let mut at = 0;
        while at < self.one_of.len() {
            match (self.one_of[at], kind) {
                (Constant::Integer(number), Kind::Integer(least, most)) if least <= number && number <= most => {}
                (Constant::Text(_), Kind::Text)
                | (Constant::Integer(_) | Constant::Float(_), Kind::Float)
                | (Constant::Boolean(_), Kind::Boolean)
                | (_, Kind::Any) => {}
                _ => return Some("`one_of` lists values that the type can be: texts for a text, numbers for a number"),
            }
            at += 1;
        }
        None
    }
}

/// The rules of a model, read so that they can be asked.
pub(super) struct ModelRules<'a> {
    plain: Rules<'static>,
    one_of: Vec<Constant<'a>>,
    pattern: Option<Pattern>,
}

impl<'a> ModelRules<'a> {
    /// The format of a text is a part of its shape in the model.
    pub(super) fn new(rules: &'a [Rule], format: Option<Format>) -> Self {
        let mut read = Self { plain: Rules { format, ..Rules::NONE }, one_of: Vec::new(), pattern: None };
        for rule in rules {
            match rule {
                Rule::Enumeration { values } => read.one_of.extend(values.iter().filter_map(constant)),
                Rule::Pattern { pattern } => {
                    read.pattern = Some(Pattern { source: Cow::Owned(pattern.clone()), regex: OnceLock::new() });
                }
                Rule::Minimum { value } => read.plain.minimum = limit(value),
                Rule::ExclusiveMinimum { value } => read.plain.exclusive_minimum = limit(value),
                Rule::Maximum { value } => read.plain.maximum = limit(value),
                Rule::ExclusiveMaximum { value } => read.plain.exclusive_maximum = limit(value),
                Rule::MinLength { value } => read.plain.min_length = Some(*value),
                Rule::MaxLength { value } => read.plain.max_length = Some(*value),
                // What a later model says.
                _ => {}
            }
        }
        read
    }

    pub(super) fn rules(&self) -> Rules<'_> {
        Rules { one_of: &self.one_of, pattern: self.pattern.as_ref(), ..self.plain }
    }
}

/// What of the value a requirement speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Of {
    /// "value of x must be one of .."
    Value,
    /// "x must match .."
    Itself,
    /// "length of x must be .."
    Length,
}

impl Of {
    /// The whole message, in Goa's words.
    pub(crate) fn message(self, path: &str, requirement: &str) -> String {
        match (self, path) {
            (Self::Value | Self::Itself, "") => format!("value {requirement}"),
            (Self::Length, "") => format!("length of value {requirement}"),
            (Self::Value, path) => format!("value of {path} {requirement}"),
            (Self::Itself, path) => format!("{path} {requirement}"),
            (Self::Length, path) => format!("length of {path} {requirement}"),
        }
    }
}

impl Constant<'_> {
    fn float(self) -> Option<f64> {
        match self {
            Self::Integer(number) => Some(number as f64),
            Self::Float(number) => Some(number),
            Self::Text(_) | Self::Boolean(_) => None,
        }
    }

    fn json(self) -> Json {
        match self {
            Self::Text(text) => text.into(),
            Self::Integer(number) => Limit::Integer(number).number().into(),
            Self::Float(number) => Limit::Float(number).number().into(),
            Self::Boolean(value) => value.into(),
        }
    }
}

fn constant(value: &Json) -> Option<Constant<'_>> {
    match value {
        Json::String(text) => Some(Constant::Text(text)),
        Json::Bool(value) => Some(Constant::Boolean(*value)),
        Json::Number(number) => limit(number).map(|limit| match limit {
            Limit::Integer(number) => Constant::Integer(number),
            Limit::Float(number) => Constant::Float(number),
        }),
        _ => None,
    }
}

fn limit(number: &Number) -> Option<Limit> {
    number.as_i128().map(Limit::Integer).or_else(|| number.as_f64().map(Limit::Float))
}

impl Limit {
    fn number(self) -> Option<Number> {
        match self {
            Self::Integer(number) => Number::from_i128(number),
            Self::Float(number) => Number::from_f64(number),
        }
    }

    #[inline(always)]
    fn compare(
        self,
        subject: Subject<'_>,
        integers: impl Fn(i128, i128) -> bool,
        floats: impl Fn(f64, f64) -> bool,
    ) -> bool {
        match (subject, self) {
            (Subject::Integer(value), Self::Integer(limit)) => integers(value, limit),
            (Subject::Integer(value), Self::Float(limit)) => floats(value as f64, limit),
            (Subject::Double(value), limit) => floats(value, limit.float()),
            (Subject::Single(value), limit) => floats(f64::from(value), f64::from(limit.float() as f32)),
            _ => true,
        }
    }

    #[inline(always)]
    const fn float(self) -> f64 {
        match self {
            Self::Integer(limit) => limit as f64,
            Self::Float(limit) => limit,
        }
    }
}

fn has_format(subject: Subject<'_>, format: Format) -> bool {
    match subject {
        Subject::Text(text) => formats::matches(format, text),
        _ => true,
    }
}

fn has_pattern(subject: Subject<'_>, pattern: &Pattern) -> bool {
    match subject {
        Subject::Text(text) => pattern.matches(text),
        _ => true,
    }
}

/// A character takes one to four bytes: mostly the bytes alone decide, and nothing is counted.
#[inline(always)]
fn is_at_least(subject: Subject<'_>, least: u64) -> bool {
    match subject {
        Subject::Length(length) => length as u64 >= least,
        Subject::Text(text) => {
            let bytes = text.len() as u64;
            bytes >= least && (bytes / 4 >= least || characters(text) >= least)
        }
        _ => true,
    }
}

#[inline(always)]
fn is_at_most(subject: Subject<'_>, most: u64) -> bool {
    match subject {
        Subject::Length(length) => length as u64 <= most,
        Subject::Text(text) => {
            let bytes = text.len() as u64;
            bytes <= most || (bytes.div_ceil(4) <= most && characters(text) <= most)
        }
        _ => true,
    }
}

/// Not inlined: it is the rarer way.
#[inline(never)]
fn characters(text: &str) -> u64 {
    text.chars().count() as u64
}

impl Validator {
    /// Validates the rules of a field, then its value. Here, and not at the container, so that what is told comes in one order.
    #[inline]
    pub fn ruled_field<T: Value + Ruled>(&mut self, name: &str, value: &T, rules: &Rules<'_>) {
        if value.subject().is_some_and(|subject| !rules.hold(subject)) {
            self.broken(name, value, rules);
        }
        self.field(name, value);
    }

    /// The rules of the value at hand: those of a newtype.
    #[inline]
    pub fn rules<T: Ruled>(&mut self, value: &T, rules: &Rules<'_>) {
        if value.subject().is_some_and(|subject| !rules.hold(subject)) {
            self.broken("", value, rules);
        }
    }

    #[cold]
    fn broken<T: Ruled>(&mut self, name: &str, value: &T, rules: &Rules<'_>) {
        if let Some(subject) = value.subject() {
            rules.broken(subject, |rule, of, requirement| self.finding(name, rule, of, requirement));
        }
    }
}

macro_rules! numbers {
    ($($number:ty: $variant:ident($kind:expr)),*) => {$(
        impl Ruled for $number {
            const KIND: Kind = $kind;

            #[inline(always)]
            fn subject(&self) -> Option<Subject<'_>> {
                Some(Subject::$variant((*self).into()))
            }
        }
    )*};
}

numbers!(
    i8: Integer(Kind::Integer(i8::MIN as i128, i8::MAX as i128)),
    i16: Integer(Kind::Integer(i16::MIN as i128, i16::MAX as i128)),
    i32: Integer(Kind::Integer(i32::MIN as i128, i32::MAX as i128)),
    i64: Integer(Kind::Integer(i64::MIN as i128, i64::MAX as i128)),
    u8: Integer(Kind::Integer(u8::MIN as i128, u8::MAX as i128)),
    u16: Integer(Kind::Integer(u16::MIN as i128, u16::MAX as i128)),
    u32: Integer(Kind::Integer(u32::MIN as i128, u32::MAX as i128)),
    u64: Integer(Kind::Integer(u64::MIN as i128, u64::MAX as i128)),
    f32: Single(Kind::Float),
    f64: Double(Kind::Float),
    bool: Boolean(Kind::Boolean)
);

impl Ruled for String {
    const KIND: Kind = Kind::Text;

    #[inline(always)]
    fn subject(&self) -> Option<Subject<'_>> {
        Some(Subject::Text(self))
    }
}

impl Ruled for Base64 {
    const KIND: Kind = Kind::Length;

    #[inline(always)]
    fn subject(&self) -> Option<Subject<'_>> {
        Some(Subject::Length(self.len()))
    }
}

impl<T> Ruled for Vec<T> {
    const KIND: Kind = Kind::Length;

    #[inline(always)]
    fn subject(&self) -> Option<Subject<'_>> {
        Some(Subject::Length(self.len()))
    }
}

macro_rules! maps {
    ($($map:ident $(, $hasher:ident)?;)*) => {$(
        impl<K, T $(, $hasher)?> Ruled for $map<K, T $(, $hasher)?> {
            const KIND: Kind = Kind::Length;

            #[inline(always)]
            fn subject(&self) -> Option<Subject<'_>> {
                Some(Subject::Length(self.len()))
            }
        }
    )*};
}

maps! { BTreeMap; HashMap, H; }

/// Rules hold where there is a value.
impl<T: Ruled> Ruled for Option<T> {
    const KIND: Kind = T::KIND;

    #[inline(always)]
    fn subject(&self) -> Option<Subject<'_>> {
        self.as_ref().and_then(T::subject)
    }
}

macro_rules! pointers {
    ($($pointer:ident),*) => {$(
        impl<T: Ruled> Ruled for $pointer<T> {
            const KIND: Kind = T::KIND;

            #[inline(always)]
            fn subject(&self) -> Option<Subject<'_>> {
                (**self).subject()
            }
        }
    )*};
}

pointers!(Box, Arc);

impl Ruled for Json {
    const KIND: Kind = Kind::Any;

    fn subject(&self) -> Option<Subject<'_>> {
        match self {
            // It counts as absent.
            Json::Null => None,
            Json::Bool(value) => Some(Subject::Boolean(*value)),
            Json::Number(number) => Some(match limit(number) {
                Some(Limit::Integer(number)) => Subject::Integer(number),
                Some(Limit::Float(number)) => Subject::Double(number),
                None => Subject::Nothing,
            }),
            Json::String(text) => Some(Subject::Text(text)),
            Json::Array(_) | Json::Object(_) => Some(Subject::Nothing),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What these rules say of a value.
    fn told<T: Ruled>(value: T, rules: &Rules<'_>) -> String {
        let mut validator = Validator::new();
        validator.rules(&value, rules);
        match validator.finish() {
            Ok(()) => "fine".to_owned(),
            Err(invalid) => {
                let told = invalid.violations().iter().map(|found| format!("{}: {}", found.rule, found.message));
                told.collect::<Vec<_>>().join("; ")
            }
        }
    }

    fn limits(minimum: Limit, maximum: Limit) -> [Rules<'static>; 2] {
        [
            Rules { minimum: Some(minimum), maximum: Some(maximum), ..Rules::NONE },
            Rules { exclusive_minimum: Some(minimum), exclusive_maximum: Some(maximum), ..Rules::NONE },
        ]
    }

    #[test]
    fn whole_numbers_at_their_limits() {
        let [inclusive, exclusive] = limits(Limit::Integer(-3), Limit::Integer(5));
        assert_eq!(told(-4i8, &inclusive), "invalid_range: value must be greater or equal than -3");
        assert_eq!(told(-3i8, &inclusive), "fine");
        assert_eq!(told(5i64, &inclusive), "fine");
        assert_eq!(told(6u64, &inclusive), "invalid_range: value must be lesser or equal than 5");
        assert_eq!(told(-3i8, &exclusive), "invalid_range: value must be greater than -3");
        assert_eq!(told(-2i16, &exclusive), "fine");
        assert_eq!(told(4u32, &exclusive), "fine");
        assert_eq!(told(5i32, &exclusive), "invalid_range: value must be lesser than 5");
    }

    #[test]
    fn the_largest_numbers_are_exact() {
        let [inclusive, exclusive] = limits(Limit::Integer(i128::from(i64::MIN)), Limit::Integer(i128::from(u64::MAX)));
        assert_eq!(told(u64::MAX, &inclusive), "fine");
        assert_eq!(told(i64::MIN, &inclusive), "fine");
        assert_eq!(told(u64::MAX, &exclusive), "invalid_range: value must be lesser than 18446744073709551615");
        assert_eq!(told(u64::MAX - 1, &exclusive), "fine");
        assert_eq!(told(i64::MIN, &exclusive), "invalid_range: value must be greater than -9223372036854775808");
        assert_eq!(told(i64::MIN + 1, &exclusive), "fine");
    }

    #[test]
    fn floats_at_their_limits() {
        let [inclusive, exclusive] = limits(Limit::Float(0.1), Limit::Integer(1));
        assert_eq!(told(0.1f64, &inclusive), "fine");
        assert_eq!(told(0.1f64.next_down(), &inclusive), "invalid_range: value must be greater or equal than 0.1");
        assert_eq!(told(0.1f64.next_up(), &exclusive), "fine");
        assert_eq!(told(1.0f64.next_up(), &inclusive), "invalid_range: value must be lesser or equal than 1");
        // The nearest number of 32 bits to 0.1 is above it: it is what the limit means there.
        assert_eq!(told(0.1f32, &inclusive), "fine");
        assert_eq!(told(0.1f32, &exclusive), "invalid_range: value must be greater than 0.1");
        assert_eq!(told(0.1f32.next_up(), &exclusive), "fine");
        assert_eq!(told(-0.0f64, &limits(Limit::Integer(0), Limit::Integer(0))[0]), "fine");
    }

    #[test]
    fn no_number_passes_that_is_none() {
        for rules in limits(Limit::Integer(0), Limit::Integer(1)) {
            assert_ne!(told(f64::NAN, &rules), "fine");
            assert_ne!(told(f64::INFINITY, &rules), "fine");
        }
    }

    #[test]
    fn texts_are_measured_in_characters() {
        let rules = Rules { min_length: Some(2), max_length: Some(4), ..Rules::NONE };
        let short = "invalid_length: length of value must be greater or equal than 2";
        let long = "invalid_length: length of value must be lesser or equal than 4";
        // One to four bytes each, and a letter with a combining mark, which is two.
        for letter in ["a", "é", "漢", "😀"] {
            for (count, expected) in [(0, short), (1, short), (2, "fine"), (4, "fine"), (5, long), (17, long)] {
                assert_eq!(told(letter.repeat(count), &rules), expected, "{letter} {count}");
            }
        }
        assert_eq!(told("e\u{301}".to_owned(), &rules), "fine");
        assert_eq!(told("e\u{301}".repeat(3), &rules), long);
        assert_eq!(told(String::new(), &Rules { min_length: Some(0), ..Rules::NONE }), "fine");
        assert_eq!(told("a".to_owned(), &Rules { max_length: Some(u64::MAX), ..Rules::NONE }), "fine");
    }

    #[test]
    fn containers_are_measured_in_elements_and_bytes_in_bytes() {
        let rules = Rules { min_length: Some(1), max_length: Some(2), ..Rules::NONE };
        for (count, fine) in [(0, false), (1, true), (2, true), (3, false)] {
            assert_eq!(told(vec![(); count], &rules) == "fine", fine);
            assert_eq!(told(Base64::from(vec![0; count]), &rules) == "fine", fine);
            assert_eq!(told((0..count).map(|key| (key, ())).collect::<BTreeMap<_, _>>(), &rules) == "fine", fine);
            assert_eq!(told((0..count).map(|key| (key, ())).collect::<HashMap<_, _>>(), &rules) == "fine", fine);
        }
    }

    #[test]
    fn a_pattern_matches_anywhere_unless_it_is_anchored() {
        static ANYWHERE: Pattern = Pattern::new("[0-9]+");
        static WHOLE: Pattern = Pattern::new("^[0-9]+$");
        let rules = |pattern| Rules { pattern: Some(pattern), ..Rules::NONE };
        assert_eq!(told("a1b".to_owned(), &rules(&ANYWHERE)), "fine");
        assert_eq!(told("1\n".to_owned(), &rules(&WHOLE)), "invalid_pattern: value must match the regexp \"^[0-9]+$\"");
        assert_eq!(told("12".to_owned(), &rules(&WHOLE)), "fine");
    }

    #[test]
    fn a_pattern_that_is_too_large_matches_nothing() {
        static LARGE: Pattern = Pattern::new("(a{1000}){1000}");
        assert_ne!(told("a".repeat(1_000_000), &Rules { pattern: Some(&LARGE), ..Rules::NONE }), "fine");
    }

    #[test]
    fn values_are_those_of_the_list() {
        let texts = Rules { one_of: &[Constant::Text("a"), Constant::Text("b")], ..Rules::NONE };
        assert_eq!(told("b".to_owned(), &texts), "fine");
        assert_eq!(told("B".to_owned(), &texts), "invalid_enum_value: value must be one of \"a\", \"b\"");
        let numbers = Rules { one_of: &[Constant::Integer(1), Constant::Float(0.1)], ..Rules::NONE };
        assert_eq!((told(1.0f32, &numbers).as_str(), told(0.1f32, &numbers).as_str()), ("fine", "fine"));
        assert_eq!((told(1u8, &numbers).as_str(), told(0.1f64, &numbers).as_str()), ("fine", "fine"));
        assert_eq!(told(2u64, &numbers), "invalid_enum_value: value must be one of 1, 0.1");
        let truth = Rules { one_of: &[Constant::Boolean(true)], ..Rules::NONE };
        assert_eq!(told(false, &truth), "invalid_enum_value: value must be one of true");
        assert_eq!((told(Json::from("b"), &texts).as_str(), told(Json::Null, &texts).as_str()), ("fine", "fine"));
        assert_ne!(told(Json::from(vec!["b"]), &texts), "fine");
    }

    #[test]
    fn rules_hold_where_there_is_a_value() {
        let rules = Rules { maximum: Some(Limit::Integer(1)), ..Rules::NONE };
        assert_eq!(told(None::<u8>, &rules), "fine");
        assert_ne!(told(Some(Box::new(2u8)), &rules), "fine");
    }

    #[test]
    fn all_that_is_broken_is_told_in_one_order() {
        static PATTERN: Pattern = Pattern::new("^x");
        let rules = Rules {
            one_of: &[Constant::Text("x")],
            format: Some(Format::Date),
            pattern: Some(&PATTERN),
            min_length: Some(2),
            ..Rules::NONE
        };
        let expected = [
            "invalid_enum_value: value must be one of \"x\"",
            "invalid_format: value must be formatted as a date",
            "invalid_pattern: value must match the regexp \"^x\"",
            "invalid_length: length of value must be greater or equal than 2",
        ];
        assert_eq!(told("y".to_owned(), &rules), expected.join("; "));
    }

    /// The macro asks it of types that it does not know by name.
    #[test]
    fn types_have_the_rules_that_suit_them() {
        let [limits, fractions] =
            [Limit::Integer(300), Limit::Float(0.5)].map(|limit| Rules { maximum: Some(limit), ..Rules::NONE });
        let length = Rules { min_length: Some(1), ..Rules::NONE };
        let format = Rules { format: Some(Format::Date), ..Rules::NONE };
        let list = Rules { one_of: &[Constant::Integer(300)], ..Rules::NONE };
        let suited: [(&Rules<'_>, &[Kind], &[Kind]); 5] = [
            (
                &limits,
                &[u16::KIND, f32::KIND, Option::<Box<i64>>::KIND],
                &[u8::KIND, String::KIND, bool::KIND, Json::KIND],
            ),
            (&fractions, &[f64::KIND], &[u64::KIND, String::KIND]),
            (&length, &[String::KIND, Vec::<u8>::KIND, Base64::KIND], &[u8::KIND, f64::KIND, bool::KIND, Json::KIND]),
            (&format, &[String::KIND], &[u8::KIND, Vec::<String>::KIND, Base64::KIND]),
            (&list, &[u16::KIND, f64::KIND, Json::KIND], &[u8::KIND, String::KIND, bool::KIND, Vec::<u16>::KIND]),
        ];
        for (rules, right, wrong) in suited {
            for kind in right {
                assert_eq!(rules.unsuited(*kind), None, "{rules:?} {kind:?}");
            }
            for kind in wrong {
                assert!(rules.unsuited(*kind).is_some(), "{rules:?} {kind:?}");
            }
        }
    }

    /// A copy of an expression would make its working memory anew for each value of the second look.
    #[test]
    fn a_pattern_is_compiled_once_and_shared() {
        let (one, other) = (compiled("^a{1,3}shared$").unwrap(), compiled("^a{1,3}shared$").unwrap());
        assert!(Arc::ptr_eq(&one, &other));
    }
}
