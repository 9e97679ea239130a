//! Rules: what a field, a newtype or a parameter keeps beyond its type. Parsed, held against each other and against the type, and
//! written down as one constant that the runtime judges by.
//!
//! Whoever has options has a [`Rules`]: it hands every key that it does not know itself to [`Rules::option`], calls
//! [`Rules::check`] once the type is known, and expands [`Rules::constant`].

use mandovi_model::Format;
use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use regex_automata::nfa::thompson::pikevm::PikeVM;
use syn::{
    Expr, ExprLit, ExprUnary, Ident, Lit, LitStr, Token, Type, UnOp, bracketed, parse::ParseStream,
    punctuated::Punctuated, spanned::Spanned as _,
};

use crate::{
    diagnostics::Mistakes,
    runtime::Runtime,
    syntax::{argument_of, assigned, last_segment},
};

/// The rules of one field, newtype or parameter.
#[derive(Clone, Default)]
pub(crate) struct Rules {
    one_of: Option<Rule<Vec<Rule<Constant>>>>,
    format: Option<(Format, LitStr)>,
    pattern: Option<Rule<String>>,
    minimum: Option<Rule<Constant>>,
    exclusive_minimum: Option<Rule<Constant>>,
    maximum: Option<Rule<Constant>>,
    exclusive_maximum: Option<Rule<Constant>>,
    min_length: Option<Rule<u64>>,
    max_length: Option<Rule<u64>>,
}

/// The names of all rules, for messages that list options.
macro_rules! options {
    () => {
        "`minimum`, `maximum`, `exclusive_minimum`, `exclusive_maximum`, `min_length`, `max_length`, `pattern`, `format`, `one_of`"
    };
}

pub(crate) use options;

/// What a rule says, and where it is written.
#[derive(Clone)]
struct Rule<T> {
    key: Ident,
    value: T,
    written: TokenStream,
}

/// A literal.
#[derive(Clone, PartialEq)]
enum Constant {
    Text(String),
    Integer(i128),
    Float(f64),
    Boolean(bool),
}

/// What the name of a type says of the rules that it can have.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Integer {
        least: i128,
        most: i128,
    },
    Float,
    Text,
    /// An array, a map, bytes.
    Length(&'static str),
    Boolean,
}

impl Rules {
    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.first().is_none()
    }

    /// The token of the first of them, for messages.
    pub(crate) fn first(&self) -> Option<TokenStream> {
        let keys = [
            self.one_of.as_ref().map(|rule| &rule.key),
            self.pattern.as_ref().map(|rule| &rule.key),
            self.minimum.as_ref().map(|rule| &rule.key),
            self.exclusive_minimum.as_ref().map(|rule| &rule.key),
            self.maximum.as_ref().map(|rule| &rule.key),
            self.exclusive_maximum.as_ref().map(|rule| &rule.key),
            self.min_length.as_ref().map(|rule| &rule.key),
            self.max_length.as_ref().map(|rule| &rule.key),
        ];
        let format = self.format.as_ref().map(|(_, name)| name.to_token_stream());
        keys.into_iter().flatten().map(ToTokens::to_token_stream).next().or(format)
    }

    /// Reads what follows a key, if the key is a rule's.
    pub(crate) fn option(&mut self, key: &Ident, input: ParseStream<'_>) -> syn::Result<bool> {
        let name = key.to_string();
        let twice = match name.as_str() {
            "one_of" => self.one_of.is_some(),
            "format" => self.format.is_some(),
            "pattern" => self.pattern.is_some(),
            "minimum" => self.minimum.is_some(),
            "exclusive_minimum" => self.exclusive_minimum.is_some(),
            "maximum" => self.maximum.is_some(),
            "exclusive_maximum" => self.exclusive_maximum.is_some(),
            "min_length" => self.min_length.is_some(),
            "max_length" => self.max_length.is_some(),
            _ => return Ok(false),
        };
        if twice {
            return Err(syn::Error::new(key.span(), format!("`{name}` is already there: take one of them away")));
        }
        match name.as_str() {
            "one_of" => self.one_of = Some(one_of(key, input)?),
            "format" => self.format = Some(format(assigned(input)?)?),
            "pattern" => self.pattern = Some(pattern(key, assigned(input)?)?),
            "minimum" => self.minimum = Some(number(key, input)?),
            "exclusive_minimum" => self.exclusive_minimum = Some(number(key, input)?),
            "maximum" => self.maximum = Some(number(key, input)?),
            "exclusive_maximum" => self.exclusive_maximum = Some(number(key, input)?),
            "min_length" => self.min_length = Some(length(key, input)?),
            _ => self.max_length = Some(length(key, input)?),
        }
        Ok(true)
    }

    /// Holds the rules against the type and against each other, and the values of the design against the rules. What is wrong
    /// is reported and taken away.
    pub(crate) fn check<'a>(
        &mut self,
        ty: &Type,
        default: Option<&Expr>,
        examples: impl IntoIterator<Item = &'a Expr>,
        mistakes: &mut Mistakes,
    ) {
        if self.is_empty() {
            return;
        }
        let kind = kind(ty);
        if let Some(kind) = kind {
            self.suits(kind, mistakes);
        }
        self.limits_leave_something(kind, mistakes);
        self.lengths_leave_something(mistakes);
        self.values_are_distinct(mistakes);
        for (what, value) in default
            .map(|value| ("default", value))
            .into_iter()
            .chain(examples.into_iter().map(|value| ("example", value)))
        {
            self.allows(what, value, mistakes);
        }
    }

    /// A rule is for the types that it says something of.
    fn suits(&mut self, kind: Kind, mistakes: &mut Mistakes) {
        let this = kind.name();
        for limit in [&mut self.minimum, &mut self.exclusive_minimum, &mut self.maximum, &mut self.exclusive_maximum] {
            let Some(rule) = limit else { continue };
            let text = match kind {
                Kind::Float => continue,
                Kind::Integer { least, most } => match rule.value {
                    Constant::Integer(number) if (least..=most).contains(&number) => continue,
                    Constant::Integer(_) => {
                        mistakes.at(
                            &rule.written,
                            format_args!("this type goes from {least} to {most}: write a number of these"),
                        );
                        *limit = None;
                        continue;
                    }
                    _ => {
                        mistakes.at(&rule.written, "this type has whole numbers only: write one");
                        *limit = None;
                        continue;
                    }
                },
                Kind::Text | Kind::Length(_) => {
                    let instead = if rule.key.to_string().contains("min") { "min_length" } else { "max_length" };
                    format!("`{}` is for numbers, and this is {this}: write `{instead}` to limit its length", rule.key)
                }
                Kind::Boolean => format!("`{}` is for numbers, and this is {this}: take it away", rule.key),
            };
            mistakes.at(&rule.key, text);
            *limit = None;
        }
        for length in [&mut self.min_length, &mut self.max_length] {
            let Some(rule) = length else { continue };
            let text = match kind {
                Kind::Text | Kind::Length(_) => continue,
                Kind::Boolean => format!("{this} has no length: take `{}` away", rule.key),
                Kind::Integer { .. } | Kind::Float => {
                    let instead = if rule.key == "min_length" { "minimum" } else { "maximum" };
                    format!("{this} has no length: write `{instead}` to limit the number itself")
                }
            };
            mistakes.at(&rule.key, text);
            *length = None;
        }
        if kind != Kind::Text {
            let element = match kind {
                Kind::Length("an array" | "a map") => {
                    "; for its elements write a newtype: `#[message(pattern = \"..\")] struct Name(String);`"
                }
                _ => "",
            };
            if let Some(rule) = self.pattern.take() {
                mistakes
                    .at(&rule.key, format_args!("`pattern` is for texts, and this is {this}: take it away{element}"));
            }
            if let Some((_, name)) = self.format.take() {
                let element = element.replace("pattern", "format");
                mistakes.at(&name, format_args!("`format` is for texts, and this is {this}: take it away{element}"));
            }
        }
        self.values_suit(kind, mistakes);
    }

    fn values_suit(&mut self, kind: Kind, mistakes: &mut Mistakes) {
        let Some(one_of) = &self.one_of else { return };
        if let Kind::Length(this) = kind {
            mistakes.at(
                &one_of.key,
                format_args!("`one_of` is for texts, numbers and booleans, and this is {this}: take it away"),
            );
            self.one_of = None;
            return;
        }
        let wrong = one_of.value.iter().find(|value| match (kind, &value.value) {
            (Kind::Integer { least, most }, Constant::Integer(number)) => !(least..=most).contains(number),
            (Kind::Float, Constant::Integer(_) | Constant::Float(_))
            | (Kind::Text, Constant::Text(_))
            | (Kind::Boolean, Constant::Boolean(_)) => false,
            _ => true,
        });
        if let Some(wrong) = wrong {
            let text = match kind {
                Kind::Integer { least, most } => {
                    format!("write whole numbers from {least} to {most}, of which this type is one")
                }
                Kind::Float => "write numbers: this type is one".to_owned(),
                Kind::Text => "write texts, `one_of = [\"a\", \"b\"]`: this type is one".to_owned(),
                _ => "write `true` or `false`: this type is a boolean".to_owned(),
            };
            mistakes.at(&wrong.written, text);
            self.one_of = None;
        }
    }

    /// A value must be able to keep all rules at once.
    fn limits_leave_something(&mut self, kind: Option<Kind>, mistakes: &mut Mistakes) {
        for (inclusive, exclusive) in
            [(&self.minimum, &mut self.exclusive_minimum), (&self.maximum, &mut self.exclusive_maximum)]
        {
            if let (Some(inclusive), Some(both)) = (inclusive, &exclusive) {
                mistakes.at(&both.key, format_args!("there already is `{}`: take one of the two away", inclusive.key));
                *exclusive = None;
            }
        }
        let lower = self.minimum.as_ref().or(self.exclusive_minimum.as_ref());
        let upper = self.maximum.as_ref().or(self.exclusive_maximum.as_ref());
        let (open_below, open_above) = (self.exclusive_minimum.is_some(), self.exclusive_maximum.is_some());
        let nothing_left = match kind {
            Some(Kind::Integer { least, most }) => {
                let whole = |rule: Option<&Rule<Constant>>| match rule.map(|rule| &rule.value) {
                    Some(Constant::Integer(number)) => Some(*number),
                    _ => None,
                };
                let from = whole(lower).map_or(least, |number| number + i128::from(open_below));
                let to = whole(upper).map_or(most, |number| number - i128::from(open_above));
                from.max(least) > to.min(most)
            }
            _ => match (lower.map(|rule| rule.value.float()), upper.map(|rule| rule.value.float())) {
                (Some(from), Some(to)) => from > to || (from == to && (open_below || open_above)),
                _ => false,
            },
        };
        if !nothing_left {
            return;
        }
        match (lower, upper) {
            (Some(lower), Some(upper)) => mistakes.at(
                &upper.written,
                format_args!(
                    "no number keeps both `{} = {}` and `{} = {}`: write a larger number here or a smaller one there",
                    lower.key, lower.written, upper.key, upper.written
                ),
            ),
            (Some(only), None) | (None, Some(only)) => {
                mistakes.at(
                    &only.written,
                    format_args!("no number of this type keeps `{} = {}`: write another one", only.key, only.written),
                );
            }
            (None, None) => {}
        }
        (self.minimum, self.exclusive_minimum, self.maximum, self.exclusive_maximum) = (None, None, None, None);
    }

    fn lengths_leave_something(&mut self, mistakes: &mut Mistakes) {
        if let (Some(least), Some(most)) = (&self.min_length, &self.max_length)
            && least.value > most.value
        {
            mistakes.at(
                &most.written,
                format_args!(
                    "nothing is at least {} and at most {} long: write the larger one as `max_length`",
                    least.value, most.value
                ),
            );
            (self.min_length, self.max_length) = (None, None);
        }
    }

    /// A value twice is one that should have been another.
    fn values_are_distinct(&mut self, mistakes: &mut Mistakes) {
        let Some(one_of) = &self.one_of else { return };
        for (index, value) in one_of.value.iter().enumerate() {
            if one_of.value[..index].iter().any(|earlier| earlier.value == value.value) {
                mistakes.at(&value.written, "this value is already in the list: take it away");
                self.one_of = None;
                return;
            }
        }
    }

    /// A default or an example keeps the rules, as far as it is a literal. What else it may be, and formats, the runtime holds
    /// against the rules when the model is made.
    fn allows(&self, what: &str, value: &Expr, mistakes: &mut Mistakes) {
        let Some(constant) = constant(value) else { return };
        if let Some(broken) = self.broken_by(&constant) {
            mistakes.at(value, format_args!("this {what} breaks {broken}: write one that keeps it"));
        }
    }

    fn broken_by(&self, constant: &Constant) -> Option<String> {
        if let Some(one_of) = &self.one_of
            && !one_of.value.iter().any(|allowed| match (&allowed.value, constant) {
                (Constant::Text(_) | Constant::Boolean(_), _) | (_, Constant::Text(_) | Constant::Boolean(_)) => {
                    allowed.value == *constant
                }
                (allowed, constant) => allowed.float() == constant.float(),
            })
        {
            return Some(format!("`one_of = [{}]`", one_of.written));
        }
        if let Constant::Text(text) = constant {
            let characters = text.chars().count() as u64;
            if let Some(rule) = &self.pattern
                && !PikeVM::new(&rule.value)
                    .is_ok_and(|regex| regex.is_match(&mut regex.create_cache(), text.as_bytes()))
            {
                return Some(format!("`pattern = {}`", rule.written));
            }
            if let Some(rule) = self.min_length.as_ref().filter(|rule| characters < rule.value) {
                return Some(format!("`min_length = {}`", rule.written));
            }
            if let Some(rule) = self.max_length.as_ref().filter(|rule| characters > rule.value) {
                return Some(format!("`max_length = {}`", rule.written));
            }
            return None;
        }
        let (Constant::Integer(_) | Constant::Float(_)) = constant else { return None };
        type Breaks = fn(std::cmp::Ordering) -> bool;
        let limits: [(&Option<Rule<Constant>>, Breaks); 4] = [
            (&self.minimum, std::cmp::Ordering::is_lt),
            (&self.exclusive_minimum, std::cmp::Ordering::is_le),
            (&self.maximum, std::cmp::Ordering::is_gt),
            (&self.exclusive_maximum, std::cmp::Ordering::is_ge),
        ];
        let mut broken = limits.into_iter().filter_map(|(rule, breaks)| {
            let rule = rule.as_ref()?;
            breaks(constant.compare(&rule.value)).then(|| format!("`{} = {}`", rule.key, rule.written))
        });
        broken.next()
    }

    /// What follows the schema in the model, where the format is a part of it.
    pub(crate) fn model_format(&self, runtime: &Runtime) -> Option<TokenStream> {
        self.format.as_ref().map(|(format, _)| {
            // Its variant is named like its debug output.
            let variant = format_ident!("{format:?}");
            quote!(.with_format(#runtime::model::Format::#variant))
        })
    }

    /// The constant of that name that holds the rules, and, for types whose name says nothing, what makes the compiler hold
    /// them against the type; nothing where there are no rules.
    ///
    /// Of a type with parameters the compiler cannot be asked outside of it.
    pub(crate) fn constant(&self, runtime: &Runtime, name: &Ident, ty: &Type, generic: bool) -> Option<TokenStream> {
        let first = self.first()?;
        let private = runtime.private();
        let some = |name: &str, value: TokenStream| {
            let name = format_ident!("{name}");
            quote!(#name: ::core::option::Option::Some(#value),)
        };
        let limit = |name: &str, rule: &Option<Rule<Constant>>| {
            rule.as_ref().map(|rule| {
                let value = rule.value.expand();
                some(name, quote!(#private::Limit::#value))
            })
        };
        let length = |name: &str, rule: &Option<Rule<u64>>| {
            rule.as_ref().map(|rule| {
                let value = Literal::u64_unsuffixed(rule.value);
                some(name, quote!(#value))
            })
        };
        let one_of = self.one_of.as_ref().map(|rule| {
            let values = rule.value.iter().map(|value| value.value.expand());
            quote!(one_of: &[#(#private::Constant::#values),*],)
        });
        let format = self.format.as_ref().map(|(format, _)| {
            // Its variant is named like its debug output.
            let variant = format_ident!("{format:?}");
            some("format", quote!(#private::Format::#variant))
        });
        let pattern = self.pattern.as_ref().map(|rule| {
            let source = &rule.value;
            some(
                "pattern",
                quote!({ static __PATTERN: #private::Pattern = #private::Pattern::new(#source); &__PATTERN }),
            )
        });
        let limits = [
            limit("minimum", &self.minimum),
            limit("exclusive_minimum", &self.exclusive_minimum),
            limit("maximum", &self.maximum),
            limit("exclusive_maximum", &self.exclusive_maximum),
            length("min_length", &self.min_length),
            length("max_length", &self.max_length),
        ];
        let limits = limits.into_iter().flatten();
        let suits = (!generic && kind(ty).is_none()).then(|| {
            let span = first.span();
            let kind = quote_spanned!(ty.span()=> <#ty as #private::Ruled>::KIND);
            quote_spanned! {span=>
                const _: () = if let ::core::option::Option::Some(__text) = #name.unsuited(#kind) {
                    ::core::panic!("{}", __text)
                };
            }
        });
        Some(quote! {
            #[allow(non_upper_case_globals)]
            const #name: #private::Rules<'static> = #private::Rules {
                #one_of
                #format
                #pattern
                #(#limits)*
                ..#private::Rules::NONE
            };
            #suits
        })
    }
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Integer { .. } => "a whole number",
            Self::Float => "a number",
            Self::Text => "a text",
            Self::Length(name) => name,
            Self::Boolean => "a boolean",
        }
    }
}

impl Constant {
    fn float(&self) -> f64 {
        match self {
            Self::Integer(number) => *number as f64,
            Self::Float(number) => *number,
            Self::Text(_) | Self::Boolean(_) => f64::NAN,
        }
    }

    /// Exact where both are whole.
    fn compare(&self, other: &Self) -> std::cmp::Ordering {
        match (self, other) {
            (Self::Integer(this), Self::Integer(other)) => this.cmp(other),
            _ => self.float().total_cmp(&other.float()),
        }
    }

    /// The variant of `Limit` or `Constant`.
    fn expand(&self) -> TokenStream {
        match self {
            Self::Text(text) => quote!(Text(#text)),
            Self::Integer(number) => {
                let number = Literal::i128_unsuffixed(*number);
                quote!(Integer(#number))
            }
            Self::Float(number) => {
                let number = Literal::f64_suffixed(*number);
                quote!(Float(#number))
            }
            Self::Boolean(value) => quote!(Boolean(#value)),
        }
    }
}

/// What the name of a type says; `None` where it says nothing.
fn kind(ty: &Type) -> Option<Kind> {
    if let Some(inner) = ["Option", "Box", "Arc"].iter().find_map(|name| argument_of(ty, name)) {
        return kind(inner);
    }
    macro_rules! integers {
        ($name:expr, $($integer:ident)*) => {
            match $name {
                $(stringify!($integer) => Some(Kind::Integer { least: $integer::MIN as i128, most: $integer::MAX as i128 }),)*
                "f32" | "f64" => Some(Kind::Float),
                "String" => Some(Kind::Text),
                "Vec" => Some(Kind::Length("an array")),
                "BTreeMap" | "HashMap" => Some(Kind::Length("a map")),
                "Base64" => Some(Kind::Length("bytes")),
                "bool" => Some(Kind::Boolean),
                _ => None,
            }
        };
    }
    integers!(last_segment(ty)?.ident.to_string().as_str(), i8 i16 i32 i64 u8 u16 u32 u64)
}

/// The value of a literal, with a minus before it or not.
fn constant(expression: &Expr) -> Option<Constant> {
    match expression {
        Expr::Lit(ExprLit { lit, .. }) => match lit {
            Lit::Str(text) => Some(Constant::Text(text.value())),
            Lit::Bool(value) => Some(Constant::Boolean(value.value)),
            Lit::Int(number) => number.base10_parse().ok().map(Constant::Integer),
            Lit::Float(number) => {
                number.base10_parse().ok().filter(|number: &f64| number.is_finite()).map(Constant::Float)
            }
            _ => None,
        },
        Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }) => match constant(expr)? {
            Constant::Integer(number) => number.checked_neg().map(Constant::Integer),
            Constant::Float(number) => Some(Constant::Float(-number)),
            Constant::Text(_) | Constant::Boolean(_) => None,
        },
        Expr::Group(group) => constant(&group.expr),
        Expr::Paren(paren) => constant(&paren.expr),
        _ => None,
    }
}

fn number(key: &Ident, input: ParseStream<'_>) -> syn::Result<Rule<Constant>> {
    let expression: Expr = assigned(input)?;
    let value = constant(&expression).filter(|value| match value {
        Constant::Integer(number) => in_json(*number),
        Constant::Float(_) => true,
        Constant::Text(_) | Constant::Boolean(_) => false,
    });
    match value {
        Some(value) => Ok(Rule { key: key.clone(), value, written: expression.to_token_stream() }),
        None => {
            let text = format!("a limit is a finite number that stands here itself: write `{key} = 1`");
            Err(syn::Error::new_spanned(expression, text))
        }
    }
}

/// Whether any integer type of a design could be it.
fn in_json(number: i128) -> bool {
    (i128::from(i64::MIN)..=i128::from(u64::MAX)).contains(&number)
}

fn length(key: &Ident, input: ParseStream<'_>) -> syn::Result<Rule<u64>> {
    let expression: Expr = assigned(input)?;
    let value = match constant(&expression) {
        Some(Constant::Integer(number)) => u64::try_from(number).ok(),
        _ => None,
    };
    match value {
        Some(value) => Ok(Rule { key: key.clone(), value, written: expression.to_token_stream() }),
        None => {
            let text = format!("a length is a whole number, 0 or more: write `{key} = 1`");
            Err(syn::Error::new_spanned(expression, text))
        }
    }
}

fn format(name: LitStr) -> syn::Result<(Format, LitStr)> {
    match name.value().parse() {
        Ok(format) => Ok((format, name)),
        Err(_) => {
            let known: Vec<_> = Format::ALL.iter().map(|format| format!("{:?}", format.as_str())).collect();
            let text = format!("not a format: there are {}", known.join(", "));
            Err(syn::Error::new(name.span(), text))
        }
    }
}

fn pattern(key: &Ident, source: LitStr) -> syn::Result<Rule<String>> {
    match PikeVM::new(&source.value()) {
        Ok(_) => Ok(Rule { key: key.clone(), value: source.value(), written: source.to_token_stream() }),
        Err(mistake) => {
            // The reason is the last line of what the parser draws.
            let reasons = std::iter::successors(Some(&mistake as &dyn std::error::Error), |error| error.source());
            let reason = reasons.last().map(ToString::to_string).unwrap_or_default();
            let reason = reason.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
            let text = format!("not a regular expression ({reason}): write one in RE2's syntax, such as \"^[a-z]+$\"");
            Err(syn::Error::new(source.span(), text))
        }
    }
}

fn one_of(key: &Ident, input: ParseStream<'_>) -> syn::Result<Rule<Vec<Rule<Constant>>>> {
    input.parse::<Token![=]>()?;
    if !input.peek(syn::token::Bracket) {
        return Err(input.error("a list of values follows: write `one_of = [\"a\", \"b\"]`"));
    }
    let content;
    let bracket = bracketed!(content in input);
    let values = Punctuated::<Expr, Token![,]>::parse_terminated(&content)?;
    if values.is_empty() {
        return Err(syn::Error::new(
            bracket.span.join(),
            "no value could be sent: write those that are allowed, `one_of = [\"a\", \"b\"]`",
        ));
    }
    let written = values.to_token_stream();
    let read = values.into_iter().map(|value| match constant(&value) {
        Some(Constant::Integer(number)) if !in_json(number) => {
            Err(syn::Error::new_spanned(value, "no type of a design can be this number: take it away"))
        }
        Some(constant) => Ok(Rule { key: key.clone(), value: constant, written: value.to_token_stream() }),
        None => Err(syn::Error::new_spanned(value, "a value is a literal here: a text, a number, `true` or `false`")),
    });
    Ok(Rule { key: key.clone(), value: read.collect::<syn::Result<_>>()?, written })
}
