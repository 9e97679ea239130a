//! The trait as a whole, and each signature by itself.

use syn::{FnArg, ItemTrait, LitStr, ReceiverKind, TraitItemFn};

use crate::diagnostics::Mistakes;

/// Checks the trait as a whole; `false` where nothing can be made of it.
pub(crate) fn contract(item: &ItemTrait, mistakes: &mut Mistakes) -> bool {
    // A server is made of one type, and the documents of one design.
    if !item.generics.params.is_empty() {
        mistakes.at(&item.generics.params, "a contract has no parameters: write the types that it is about");
        return false;
    }
    if let Some(unsafety) = &item.unsafety {
        mistakes.at(unsafety, "a contract is safe to implement: take `unsafe` away");
    }
    true
}

/// Checks a method's signature.
pub(crate) fn signature(written: &TraitItemFn, mistakes: &mut Mistakes) {
    it_is_async(written, mistakes);
    it_takes_self_by_reference(written, mistakes);
    it_has_no_parameters_of_its_own(written, mistakes);
    it_has_no_body(written, mistakes);
}

/// A call waits for the network.
fn it_is_async(written: &TraitItemFn, mistakes: &mut Mistakes) {
    if written.sig.asyncness.is_none() {
        mistakes.at(&written.sig.fn_token, "a method waits for its caller: write `async fn`");
    }
}

/// One implementation serves all calls at once.
fn it_takes_self_by_reference(written: &TraitItemFn, mistakes: &mut Mistakes) {
    let text = "one implementation serves all calls at once: write `&self`";
    match written.sig.inputs.first() {
        Some(FnArg::Receiver(receiver)) => {
            if !matches!(receiver.kind, ReceiverKind::Reference(_, None, None)) || receiver.mutability.is_some() {
                mistakes.at(receiver, text);
            }
        }
        _ => mistakes.at(&written.sig.ident, text),
    }
}

/// What travels has one shape.
fn it_has_no_parameters_of_its_own(written: &TraitItemFn, mistakes: &mut Mistakes) {
    let generics = &written.sig.generics;
    if !generics.params.is_empty() {
        mistakes.at(&generics.params, "what travels has one shape: write the types instead of parameters");
    } else if let Some(clause) = &generics.where_clause {
        mistakes.at(clause, "what travels has one shape: take the `where` clause away");
    }
}

/// The trait is the contract and nothing else.
fn it_has_no_body(written: &TraitItemFn, mistakes: &mut Mistakes) {
    if let Some(body) = &written.default {
        mistakes
            .at(body, "a contract says what, not how: end the method with `;` and move this into the implementation");
    }
}

/// The names between braces in a path; `None` where the path is wrong.
pub(crate) fn captures(path: &LitStr, mistakes: &mut Mistakes) -> Option<Vec<String>> {
    let text = path.value();
    if !text.starts_with('/') {
        mistakes.at(path, "a path begins with `/`");
        return None;
    }
    if text.contains(['?', '#']) || text.contains(char::is_whitespace) {
        mistakes.at(path, "a path is only a path: write `#[query]` before the argument for what follows the `?`");
        return None;
    }
    let mut captures: Vec<String> = Vec::new();
    for segment in text.split('/') {
        match segment.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) if captures.iter().any(|known| known == name) => {
                mistakes.at(path, format_args!("`{{{name}}}` stands twice in the path"));
                return None;
            }
            Some(name) if syn::parse_str::<syn::Ident>(name).is_ok() => captures.push(name.to_owned()),
            None if !segment.contains(['{', '}', '*']) => {}
            _ => {
                mistakes.at(path, "a parameter is a whole segment with the name of an argument: `/rooms/{room}`");
                return None;
            }
        }
    }
    Some(captures)
}
