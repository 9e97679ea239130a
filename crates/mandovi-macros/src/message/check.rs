//! What a message must keep beyond its syntax: one small check for each rule, each with its reason.
//!
//! A check that finds a mistake also takes away what would make the expansion wrong once more, in words of the compiler's.

use std::collections::{HashMap, HashSet};

use syn::LitStr;

use super::parse::{Enumeration, Message};
use crate::{diagnostics::Mistakes, syntax::wire_name};

/// Checks a struct.
pub(super) fn message(message: &mut Message, mistakes: &mut Mistakes) {
    tags_are_unique(message, mistakes);
    names_are_unique(message, mistakes);
    optional_fields_have_no_default(message, mistakes);
    rules_can_be_kept(message, mistakes);
    debug_is_ours_where_there_is_a_secret(message, mistakes);
    views_have_names_of_their_own(message, mistakes);
    views_show_fields_that_exist(message, mistakes);
}

/// Checks an enum.
pub(super) fn enumeration(enumeration: &mut Enumeration, mistakes: &mut Mistakes) {
    values_are_unique(enumeration, mistakes);
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
    for field in &message.fields {
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

/// Rules suit the type and leave something, and the default is among it.
fn rules_can_be_kept(message: &mut Message, mistakes: &mut Mistakes) {
    for field in &mut message.fields {
        field.rules.check(&field.ty, field.default.as_ref(), [], mistakes);
    }
}

/// A derived `Debug` would show what must not be shown.
fn debug_is_ours_where_there_is_a_secret(message: &Message, mistakes: &mut Mistakes) {
    if !message.derived.debug {
        return;
    }
    if let Some(secret) = message.fields.iter().find_map(|field| field.secret.as_ref()) {
        mistakes.at(
            secret,
            "the derived `Debug` would show this secret: take `Debug` out of the derive, `#[message]` implements it",
        );
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
fn values_are_unique(enumeration: &mut Enumeration, mistakes: &mut Mistakes) {
    let mut seen = HashMap::new();
    for name in &mut enumeration.names {
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
