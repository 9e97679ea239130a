//! What a message must keep beyond its syntax: one small check for each rule, each with its reason.
//!
//! A check that finds a mistake also takes away what would make the expansion wrong once more, in words of the compiler's.

use std::collections::{HashMap, HashSet};

use syn::LitStr;

use super::{
    arguments::Options,
    parse::{Derived, Enumeration, Field, Message, Name, Newtype, Union},
};
use crate::{
    diagnostics::Mistakes,
    rules::Rules,
    syntax::{argument_of, wire_name},
};

/// Checks a struct.
pub(super) fn message(message: &mut Message, mistakes: &mut Mistakes) {
    tags_are_unique(message, mistakes);
    names_are_unique(message, mistakes);
    optional_fields_have_no_default(message, mistakes);
    nothing_is_optional_twice(message, mistakes);
    let secret = message.fields.iter().find_map(|field| field.options.secret.as_ref());
    debug_is_ours_where_there_is_a_secret(message.derived, secret, mistakes);
    flattened_fields_have_nothing_of_their_own(message, mistakes);
    rules_can_be_kept(message, mistakes);
    events_have_one_id_and_one_type(message, mistakes);
    views_belong_to_one_shape(message, mistakes);
    views_have_names_of_their_own(message, mistakes);
    views_show_fields_that_exist(message, mistakes);
}

/// Checks a newtype.
pub(super) fn newtype(newtype: &mut Newtype, mistakes: &mut Mistakes) {
    debug_is_ours_where_there_is_a_secret(newtype.derived, newtype.options.secret.as_ref(), mistakes);
    newtypes_are_always_there(newtype, mistakes);
    let Options { rules, examples, .. } = &mut newtype.options;
    rules.check(&newtype.inner, None, &*examples, mistakes);
}

/// Checks an enum whose variants hold values.
pub(super) fn union(union: &mut Union, mistakes: &mut Mistakes) {
    values_are_unique(union.variants.iter_mut().map(|variant| &mut variant.name), mistakes);
    if union.tag.value() == union.content.value() {
        mistakes
            .at(&union.content, "the name of the variant and its value cannot be one member: give one another name");
    }
}

/// Checks an enum whose variants hold nothing.
pub(super) fn enumeration(enumeration: &mut Enumeration, mistakes: &mut Mistakes) {
    values_are_unique(enumeration.names.iter_mut(), mistakes);
    there_is_a_value(enumeration, mistakes);
}

/// A number identifies a field where names do not travel.
fn tags_are_unique(message: &Message, mistakes: &mut Mistakes) {
    let mut seen = HashMap::new();
    for field in &message.fields {
        let Some(tag) = &field.tag else { continue };
        if let Some(first) = seen.insert(tag.number, &field.ident) {
            mistakes.at(
                &tag.literal,
                format_args!("the number {} already belongs to `{first}`: give each field its own", tag.number),
            );
        }
    }
}

/// An object cannot hold two members of one name.
fn names_are_unique(message: &Message, mistakes: &mut Mistakes) {
    let mut seen = HashSet::new();
    for field in message.fields.iter().filter(|field| field.flatten.is_none()) {
        if !seen.insert(field.name.value()) {
            mistakes.at(&field.name, format_args!("another field already travels as {:?}", field.name.value()));
        }
    }
}

/// Absent would mean both `None` and the default.
fn optional_fields_have_no_default(message: &mut Message, mistakes: &mut Mistakes) {
    for field in &mut message.fields {
        if let Some(inner) = &field.optional
            && let Some(default) = field.default.take()
        {
            let inner = quote::quote!(#inner);
            mistakes.at(
                &default,
                format_args!("a field with a default is never absent: write its type as `{inner}`, without `Option`"),
            );
        }
    }
}

/// `null` and absent are one, so there is nothing between `None` and `Some(None)`.
fn nothing_is_optional_twice(message: &Message, mistakes: &mut Mistakes) {
    for field in &message.fields {
        if let Some(inner) = &field.optional
            && argument_of(inner, "Option").is_some()
        {
            mistakes.at(&field.ty, "`null` is the same as absent: one `Option` says all that can be told apart");
        }
    }
}

/// Whether a member may be absent is said where the member is.
fn newtypes_are_always_there(newtype: &Newtype, mistakes: &mut Mistakes) {
    if let Some(inner) = argument_of(&newtype.inner, "Option") {
        let (ident, inner) = (&newtype.ident, quote::quote!(#inner));
        mistakes.at(
            &newtype.inner,
            format_args!(
                "what may be absent goes around a newtype: hold `{inner}`, and write `Option<{ident}>` where it is used"
            ),
        );
    }
}

/// Rules suit the type and leave something, and default and examples are among it.
fn rules_can_be_kept(message: &mut Message, mistakes: &mut Mistakes) {
    let parameters: Vec<_> = message.generics.type_params().map(|parameter| parameter.ident.clone()).collect();
    for field in &mut message.fields {
        let Options { rules, examples, .. } = &mut field.options;
        let whole = field.optional.as_ref().unwrap_or(&field.ty);
        if let Some(rule) = rules.first()
            && let Some(parameter) = parameters.iter().find(|parameter| is_ident(whole, parameter))
        {
            mistakes.at(
                &rule,
                format_args!("`{parameter}` may be any type: write the rule where the type is known, on a newtype that stands for `{parameter}`"),
            );
            **rules = Rules::default();
        }
        rules.check(&field.ty, field.default.as_ref(), &*examples, mistakes);
    }
}

fn is_ident(ty: &syn::Type, ident: &syn::Ident) -> bool {
    matches!(ty, syn::Type::Path(path) if path.path.is_ident(ident))
}

/// A derived `Debug` would show what must not be shown.
fn debug_is_ours_where_there_is_a_secret(derived: Derived, secret: Option<&syn::Ident>, mistakes: &mut Mistakes) {
    if let Some(secret) = secret.filter(|_| derived.debug) {
        mistakes.at(
            secret,
            "the derived `Debug` would show this secret: take `Debug` out of the derive, `#[message]` implements it",
        );
    }
}

/// Its members have numbers, names and rules where they are declared.
fn flattened_fields_have_nothing_of_their_own(message: &mut Message, mistakes: &mut Mistakes) {
    for field in &mut message.fields {
        if field.flatten.is_none() {
            continue;
        }
        if let Some(tag) = field.tag.take() {
            mistakes
                .at(&tag.literal, "the members of a flattened message have numbers of their own: take this one away");
        }
        if let Some(inner) = &field.optional {
            let inner = quote::quote!(#inner);
            mistakes.at(
                &field.ty,
                format_args!(
                    "a flattened message is always there: write its type as `{inner}`, and make its fields optional"
                ),
            );
            field.flatten = None;
            continue;
        }
        let Field { name, renamed, default, options, event_id, event_type, .. } = field;
        if *renamed {
            mistakes.at(name, "the members of a flattened message have names of their own: take this one away");
        }
        if let Some(example) = options.examples.first() {
            mistakes.at(example, "the members of a flattened message have examples of their own: take this one away");
        }
        options.examples.clear();
        if let Some(default) = default.take() {
            mistakes.at(&default, "a flattened message is always there: give its fields defaults");
        }
        if let Some(rule) = options.rules.first() {
            mistakes.at(&rule, "the rules of the members stand where those are declared: take this one away");
            *options.rules = Rules::default();
        }
        let words = [&options.secret, &*event_id, &*event_type];
        if let Some(word) = words.into_iter().flatten().next() {
            mistakes.at(word, "say this of the members of the flattened message, where they are declared");
        }
    }
}

/// A server-sent event has one of each.
fn events_have_one_id_and_one_type(message: &Message, mistakes: &mut Mistakes) {
    for (word, of) in [
        ("event_id", (|field: &Field| field.event_id.clone()) as fn(&Field) -> Option<syn::Ident>),
        ("event_type", |field| field.event_type.clone()),
    ] {
        for second in message.fields.iter().filter_map(of).skip(1) {
            mistakes.at(&second, format_args!("an event has one of these: another field is the `{word}` already"));
        }
    }
}

/// The types that views make have names, and an instance of a generic type has none.
fn views_belong_to_one_shape(message: &mut Message, mistakes: &mut Mistakes) {
    if !message.generics.params.is_empty()
        && let Some(view) = message.views.first()
    {
        mistakes.at(
            &view.name,
            "a view is a type with a name, and a message with parameters has many shapes: take the views or the parameters away",
        );
        message.views.clear();
    }
}

/// The names become variants of one enum and the ends of the names of structs.
fn views_have_names_of_their_own(message: &mut Message, mistakes: &mut Mistakes) {
    let ident = message.ident.clone();
    let mut seen = HashSet::new();
    message.views.retain(|view| {
        let variant = view.variant().to_string();
        if variant == "Default" {
            mistakes.at(&view.name, "the view `default` is always there and shows every field: take this one away");
        } else if variant == "View" || variant == "Viewed" {
            mistakes.at(
                &view.name,
                format_args!("`{ident}{variant}` is made for every message with views: choose another name"),
            );
        } else if !seen.insert(variant) {
            mistakes.at(&view.name, "there is already a view of this name");
        } else {
            return true;
        }
        false
    });
    // The default view is number 0 of the 256 that fit in a byte.
    if let Some(view) = message.views.get(255) {
        mistakes.at(&view.name, "a message has at most 255 views");
        message.views.truncate(255);
    }
}

/// A view is a part of what is there.
fn views_show_fields_that_exist(message: &Message, mistakes: &mut Mistakes) {
    for view in &message.views {
        let mut seen = HashSet::new();
        for shown in &view.fields {
            if !message.fields.iter().any(|field| field.ident == shown.field) {
                let fields: Vec<String> =
                    message.fields.iter().map(|field| format!("`{}`", wire_name(&field.ident))).collect();
                mistakes.at(
                    &shown.field,
                    format_args!("`{}` has no field of this name: it has {}", message.ident, fields.join(", ")),
                );
            } else if !seen.insert(&shown.field) {
                mistakes.at(&shown.field, "the view already shows this field");
            }
        }
        if view.fields.is_empty() {
            mistakes.at(&view.name, "a view shows at least one field: write its name between the brackets");
        }
    }
}

/// A text stands for one variant.
fn values_are_unique<'a>(names: impl Iterator<Item = &'a mut Name>, mistakes: &mut Mistakes) {
    let mut seen = HashMap::new();
    for name in names {
        let text = name.name.value();
        if let Some(first) = seen.get(&text) {
            mistakes.at(&name.name, format_args!("{text:?} already stands for `{first}`"));
            name.name = LitStr::new(&format!("{text} {}", seen.len()), name.name.span());
        }
        seen.insert(name.name.value(), name.variant.clone());
    }
}

/// An enumeration without values could neither be sent nor received.
fn there_is_a_value(enumeration: &Enumeration, mistakes: &mut Mistakes) {
    if enumeration.names.is_empty() {
        mistakes.at(&enumeration.ident, "an enumeration has at least one value");
    }
}
