//! The trait itself, as it is left to the user: without our attributes, with futures that are `Send`.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote_spanned};
use syn::{ItemTrait, ReturnType, TraitItemFn, parse_quote, parse_quote_spanned, spanned::Spanned};

/// `async fn f(..) -> R` becomes `fn f(..) -> impl Future<Output = R> + Send`: an `async fn` in a trait promises no `Send`,
/// and an implementation may still write `async fn`.
pub(super) fn transform(method: &mut TraitItemFn) {
    if method.sig.asyncness.take().is_none() {
        return;
    }
    let (span, output) = match &method.sig.output {
        ReturnType::Default => (method.sig.ident.span(), quote_spanned!(method.sig.ident.span()=> ())),
        ReturnType::Type(_, ty) => (ty.span(), ty.to_token_stream()),
    };
    method.sig.output = parse_quote_spanned! {span=>
        -> impl ::core::future::Future<Output = #output> + ::core::marker::Send
    };
    // A body would have to become an `async` block; it has been reported as a mistake.
    method.default = None;
    method.semi_token = Some(parse_quote!(;));
    // Its arguments are those of a request: their number is no mistake. Seven are what clippy allows unless told otherwise.
    if method.sig.inputs.len() > 7 {
        method.attrs.push(parse_quote!(#[allow(clippy::too_many_arguments)]));
    }
}

/// The trait with the bounds that a server needs.
pub(super) fn expand(mut item: ItemTrait) -> TokenStream {
    let user = std::mem::take(&mut item.supertraits);
    item.supertraits = parse_quote!(::core::marker::Send + ::core::marker::Sync + 'static);
    item.supertraits.extend(user);
    item.colon_token.get_or_insert_with(|| parse_quote!(:));
    item.into_token_stream()
}
