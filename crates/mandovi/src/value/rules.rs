//! The rules of a design, as the expansion writes them down, and what they say of a value.
//!
//! There is one judge for all paths: [`Rules::broken`] tells of a [`Subject`], which is what a typed value, a parameter and
//! parsed JSON have in common. In the good case the typed pass asks [`Rules::hold`], which is inlined with rules and type
//! known, so that a few comparisons are left of it.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
    fmt::Write as _,
    sync::{Mutex, OnceLock, PoisonError},
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
    regex: OnceLock<Option<Regex>>,
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
/// and a peer decides how often that is. There are as many as in the design.
fn compiled(source: &str) -> Option<Regex> {
    static KNOWN: Mutex<BTreeMap<String, Option<Regex>>> = Mutex::new(BTreeMap::new());
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(regex) = known.get(source) {
        return regex.clone();
    }
    let regex = RegexBuilder::new(source).size_limit(PATTERN_MAX).build().ok();
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

    /// Whether a type of that kind can have all of them: asked by the compiler, of types whose name says nothing to the macro.
    pub const fn suit(&self, kind: Kind) {
        let numbers = self.minimum.is_some()
            || self.exclusive_minimum.is_some()
            || self.maximum.is_some()
            || self.exclusive_maximum.is_some();
        assert!(
            !numbers || matches!(kind, Kind::Integer(..) | Kind::Float),
            "`minimum`, `maximum` and their exclusive forms are for numbers: the length of a text, an array or a map is limited by `min_length` and `max_length`"
        );
        assert!(
            (self.format.is_none() && self.pattern.is_none()) || matches!(kind, Kind::Text),
            "`format` and `pattern` are for texts"
        );
        assert!(
            (self.min_length.is_none() && self.max_length.is_none()) || matches!(kind, Kind::Text | Kind::Length),
            "`min_length` and `max_length` are for texts, arrays, maps and bytes: numbers are limited by `minimum` and `maximum`"
        );
        let mut at = 0;
        while at < self.one_of.len() {
            assert!(
                matches!(
                    (self.one_of[at], kind),
                    (Constant::Text(_), Kind::Text)
                        | (Constant::Integer(_), Kind::Integer(..) | Kind::Float)
                        | (Constant::Float(_), Kind::Float)
                        | (Constant::Boolean(_), Kind::Boolean)
                        | (_, Kind::Any)
                ),
                "`one_of` lists values of the type itself: texts for a text, numbers for a number"
            );
            if let Constant::Integer(number) = self.one_of[at] {
                fits(number, kind);
            }
            at += 1;
        }
        limit_fits(self.minimum, kind);
        limit_fits(self.exclusive_minimum, kind);
        limit_fits(self.maximum, kind);
        limit_fits(self.exclusive_maximum, kind);
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

const fn limit_fits(limit: Option<Limit>, kind: Kind) {
    match limit {
        Some(Limit::Integer(number)) => fits(number, kind),
        Some(Limit::Float(_)) => assert!(matches!(kind, Kind::Float), "a limit of whole numbers is a whole number"),
        None => {}
    }
}

const fn fits(number: i128, kind: Kind) {
    if let Kind::Integer(least, most) = kind {
        assert!(least <= number && number <= most, "the number of a rule is none that the type can be");
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
    /// Validates the member of that name and the rules of its field.
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
    ($($map:ident),*) => {$(
        impl<K, T> Ruled for $map<K, T> {
            const KIND: Kind = Kind::Length;

            #[inline(always)]
            fn subject(&self) -> Option<Subject<'_>> {
                Some(Subject::Length(self.len()))
            }
        }
    )*};
}

maps!(BTreeMap, HashMap);

/// Rules hold where there is a value.
impl<T: Ruled> Ruled for Option<T> {
    const KIND: Kind = T::KIND;

    #[inline(always)]
    fn subject(&self) -> Option<Subject<'_>> {
        self.as_ref().and_then(T::subject)
    }
}

impl<T: Ruled> Ruled for Box<T> {
    const KIND: Kind = T::KIND;

    #[inline(always)]
    fn subject(&self) -> Option<Subject<'_>> {
        (**self).subject()
    }
}

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
