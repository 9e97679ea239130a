//! What each argument of a method is: one of the framework's types, or something that the caller gives.

use mandovi_model::Location;
use syn::{Expr, FnArg, Ident, LitStr, Pat, Type};

use super::attributes::{self, Place, PlaceArguments};
use crate::{
    diagnostics::Mistakes,
    rules::Rules,
    syntax::{argument_of, doc_text, last_segment, type_arguments, wire_name},
};

/// One argument of a method.
pub(super) struct Argument {
    pub(super) ident: Ident,
    pub(super) ty: Type,
    pub(super) kind: Kind,
}

/// What an argument is.
pub(super) enum Kind {
    /// `Auth<T>`
    Auth,
    /// `Context`
    Context,
    /// `Receiver<T>`
    Receiver(Type),
    /// `Sender<T>`
    Sender(Type),
    /// `Opening<..>`
    Opening(Box<Opening>),
    /// What travels in the request's head.
    Parameter(Box<Parameter>),
    /// `#[body]`
    Body,
}

/// The halves of an `Opening`.
pub(super) struct Opening {
    /// What stands between its brackets.
    pub(super) halves: Type,
    pub(super) input: Option<Type>,
    pub(super) output: Option<Type>,
}

/// A parameter of a method.
pub(super) struct Parameter {
    pub(super) location: Location,
    pub(super) name: LitStr,
    pub(super) description: String,
    pub(super) count: Count,
    /// The type of one value.
    pub(super) value: Type,
    pub(super) default: Option<Expr>,
    pub(super) examples: Vec<Expr>,
    /// What each of its values keeps beyond its type.
    pub(super) rules: Rules,
    /// `#[view]`
    pub(super) selects_view: bool,
}

/// How many values a parameter has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Count {
    One,
    /// `Option<T>`
    Optional,
    /// `Vec<T>`
    Many,
}

/// Describes an argument and takes our attributes off it. `captures` are the names in the path; `None` where there is no path
/// that could be read, and any argument may be meant by it.
pub(super) fn parse(argument: &mut FnArg, captures: Option<&[String]>, mistakes: &mut Mistakes) -> Option<Argument> {
    let FnArg::Typed(typed) = argument else { return None };
    let mut places = Vec::new();
    let mut docs = Vec::new();
    let mut readable = true;
    typed.attrs.retain(|attribute| {
        if let Some(place) = attributes::place_of(attribute) {
            let arguments = mistakes.ok(attributes::place(attribute, place));
            readable &= arguments.is_some();
            places.extend(arguments);
            return false;
        }
        if attribute.path().is_ident("doc") {
            docs.push(attribute.clone());
            return false;
        }
        true
    });
    let Pat::Ident(pattern) = &*typed.pat else {
        mistakes.at(&typed.pat, "an argument has a name here: the client's method shows it");
        return None;
    };
    let (ident, ty) = (pattern.ident.clone(), (*typed.ty).clone());
    if let Type::Reference(reference) = &ty {
        mistakes.at(reference, "an argument is owned: write `String` for `&str`, and the type itself for `&Type`");
        return None;
    }
    if !readable {
        return None;
    }
    let kind = match (framework(&ty, mistakes)?, &places[..]) {
        (Some(kind), []) => kind,
        (Some(_), [place, ..]) => {
            mistakes.at(&place.attribute, "the type already says what this argument is: take the attribute away");
            return None;
        }
        (None, []) => {
            let name = wire_name(&ident);
            if let Some(captures) = captures.filter(|captures| !captures.contains(&name)) {
                mistakes.at(
                    &ident,
                    format_args!(
                        "what is `{name}`? write `#[query]`, `#[header]`, `#[cookie]` or `#[body]` before it, or `{{{name}}}` in the path{}",
                        claimed(captures)
                    ),
                );
                return None;
            }
            Kind::Parameter(Box::new(parameter(&ident, &ty, Place::Path, None, doc_text(&docs))))
        }
        (None, [place]) if place.place == Place::Body => Kind::Body,
        (None, [place]) => Kind::Parameter(Box::new(parameter(&ident, &ty, place.place, Some(place), doc_text(&docs)))),
        (None, [_, second, ..]) => {
            mistakes.at(&second.attribute, "an argument travels in one place: take this attribute away");
            return None;
        }
    };
    let mut argument = Argument { ident, ty, kind };
    if let Kind::Parameter(parameter) = &mut argument.kind {
        let Parameter { rules, value, default, examples, .. } = &mut **parameter;
        rules.check(value, default.as_ref(), &*examples, mistakes);
    }
    Some(argument)
}

/// What the path claims instead: the name may only be misspelled.
fn claimed(captures: &[String]) -> String {
    let names: Vec<_> = captures.iter().map(|name| format!("`{{{name}}}`")).collect();
    if names.is_empty() { String::new() } else { format!(", which now has {}", names.join(", ")) }
}

/// The framework's own types, by the last word of their path. `None` outside is a mistake.
fn framework(ty: &Type, mistakes: &mut Mistakes) -> Option<Option<Kind>> {
    let Some(segment) = last_segment(ty) else { return Some(None) };
    let arguments = type_arguments(segment);
    let name = segment.ident.to_string();
    Some(Some(match (name.as_str(), &arguments[..]) {
        ("Context", []) => Kind::Context,
        ("Auth", [_]) => Kind::Auth,
        ("Receiver", [item]) => Kind::Receiver((*item).clone()),
        ("Sender", [item]) => Kind::Sender((*item).clone()),
        ("Opening", [halves]) => opening(halves, mistakes)?,
        ("Auth" | "Sender" | "Opening" | "Receiver", _) => {
            let example = match name.as_str() {
                "Auth" => "Auth<Caller>",
                "Opening" => "Opening<(Receiver<T>, Sender<U>)>",
                "Sender" => "Sender<T>",
                _ => "Receiver<T>",
            };
            mistakes.at(ty, format_args!("write `{example}`, with one type between the brackets"));
            return None;
        }
        _ => return Some(None),
    }))
}

fn opening(halves: &Type, mistakes: &mut Mistakes) -> Option<Kind> {
    let (input, output) = match halves {
        Type::Tuple(tuple) if tuple.elems.len() == 2 => {
            (argument_of(&tuple.elems[0], "Receiver"), argument_of(&tuple.elems[1], "Sender"))
        }
        single => (argument_of(single, "Receiver"), argument_of(single, "Sender")),
    };
    let both = matches!(halves, Type::Tuple(_));
    if (both && (input.is_none() || output.is_none())) || (input.is_none() && output.is_none()) {
        mistakes
            .at(halves, "an opening holds `(Receiver<T>, Sender<U>)` in this order, or `Receiver<T>`, or `Sender<U>`");
        return None;
    }
    Some(Kind::Opening(Box::new(Opening { halves: halves.clone(), input: input.cloned(), output: output.cloned() })))
}

fn parameter(
    ident: &Ident,
    ty: &Type,
    place: Place,
    arguments: Option<&PlaceArguments>,
    description: String,
) -> Parameter {
    let location = match place {
        Place::Path => Location::Path,
        Place::Header => Location::Header,
        Place::Cookie => Location::Cookie,
        Place::Query | Place::View | Place::Body => Location::Query,
    };
    let default_name = match place {
        // Headers are written with hyphens.
        Place::Header => wire_name(ident).replace('_', "-"),
        _ => wire_name(ident),
    };
    let (count, value) = match (argument_of(ty, "Option"), argument_of(ty, "Vec")) {
        (Some(value), _) => (Count::Optional, value),
        (_, Some(value)) => (Count::Many, value),
        _ => (Count::One, ty),
    };
    Parameter {
        location,
        name: arguments
            .and_then(|arguments| arguments.name.clone())
            .unwrap_or_else(|| LitStr::new(&default_name, ident.span())),
        description,
        count,
        value: value.clone(),
        default: arguments.and_then(|arguments| arguments.default.clone()),
        examples: arguments.map(|arguments| arguments.examples.clone()).unwrap_or_default(),
        rules: arguments.map(|arguments| arguments.rules.clone()).unwrap_or_default(),
        selects_view: place == Place::View,
    }
}
