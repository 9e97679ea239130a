//! What declared errors must keep beyond their syntax: one small check for each rule, each with its reason.
//!
//! A check that finds a mistake also takes away what would make the expansion wrong once more, in words of the compiler's.

use std::collections::HashMap;

use syn::LitStr;

use super::parse::{Case, Content, Errors};
use crate::{
    diagnostics::Mistakes,
    syntax::{argument_of, last_segment},
};

/// Checks an enum.
pub(super) fn errors(errors: &mut Errors, mistakes: &mut Mistakes) {
    there_is_an_error(errors, mistakes);
    includes_are_of_different_types(errors, mistakes);
    names_are_unique(errors, mistakes);
    names_fit_in_a_header(errors, mistakes);
    waits_are_durations_and_one(errors, mistakes);
}

/// An enum without variants is what `NoError` is for.
fn there_is_an_error(errors: &Errors, mistakes: &mut Mistakes) {
    if errors.cases.is_empty() && errors.includes.is_empty() {
        mistakes.at(
            &errors.ident,
            "there is no error here: write a variant, or use `NoError` for methods that declare none",
        );
    }
}

/// What is converted into this enum must know its variant.
fn includes_are_of_different_types(errors: &mut Errors, mistakes: &mut Mistakes) {
    let mut seen: Vec<syn::Type> = Vec::new();
    let cases = &mut errors.cases;
    errors.includes.retain(|include| {
        let again = seen.contains(&include.ty);
        if again {
            mistakes.at(&include.ty, "these errors are already included: take this variant away");
            cases.push(Case::wrong(&include.variant));
        }
        seen.push(include.ty.clone());
        !again
    });
}

/// The name is what a caller tells errors apart by.
fn names_are_unique(errors: &mut Errors, mistakes: &mut Mistakes) {
    let mut seen = HashMap::new();
    for case in &mut errors.cases {
        let name = case.name.value();
        if let Some(first) = seen.get(&name) {
            mistakes.at(&case.name, format_args!("`{first}` already has the name {name:?}"));
            case.name = LitStr::new(&format!("{name}-{}", seen.len()), case.name.span());
        }
        seen.insert(case.name.value(), case.variant.clone());
    }
}

/// The name travels in the header `goa-error` and in the reason of a close frame, which holds 123 bytes.
fn names_fit_in_a_header(errors: &Errors, mistakes: &mut Mistakes) {
    for case in &errors.cases {
        let name = case.name.value();
        let fits = (1..=64).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
        if !fits {
            mistakes.at(&case.name, "a name is 1 to 64 letters, digits, `-`, `_` or `.`");
        }
    }
}

/// It goes into one header and one member, in milliseconds.
fn waits_are_durations_and_one(errors: &mut Errors, mistakes: &mut Mistakes) {
    for case in &mut errors.cases {
        let Content::Fields(fields) = &case.content else { continue };
        let mut own = Mistakes::new();
        let mut waits = fields.iter().filter_map(|field| Some((field, field.retry_after.as_ref()?)));
        if let Some((field, _)) = waits.next() {
            let ty = argument_of(&field.ty, "Option").unwrap_or(&field.ty);
            if last_segment(ty).is_none_or(|segment| segment.ident != "Duration") {
                own.at(&field.ty, "the time to wait is a `Duration` or an `Option<Duration>`");
            }
        }
        for (_, attribute) in waits {
            own.at(attribute, "an error has one time to wait: take this `#[retry_after]` away");
        }
        if !own.is_empty() {
            case.content = Content::Wrong;
        }
        mistakes.absorb(own);
    }
}
