//! `#[errors]`: an enum becomes the declared errors of a design.

mod check;
mod expand;
mod parse;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::Item;

use crate::{diagnostics::Mistakes, runtime::Runtime};

/// Expands the attribute with its arguments on an item.
pub(crate) fn expand(runtime: &Runtime, arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut mistakes = Mistakes::new();
    if !arguments.is_empty() {
        mistakes.at(
            &arguments,
            "`#[errors]` takes no options: what there is to say stands in `#[status(..)]` on each variant",
        );
    }
    let expanded = match syn::parse2::<Item>(item.clone()) {
        Ok(Item::Enum(mut item)) => {
            let errors = parse::errors(&mut item, &mut mistakes);
            match errors {
                Some(mut errors) => {
                    check::errors(&mut errors, &mut mistakes);
                    expand::expand(runtime, &item, &errors)
                }
                None => item.into_token_stream(),
            }
        }
        Ok(other) => {
            mistakes.at(&other, "`#[errors]` goes on an enum: one variant for each error that a caller can tell apart");
            other.into_token_stream()
        }
        Err(mistake) => {
            mistakes.push(mistake);
            item
        }
    };
    let mistakes = mistakes.into_tokens();
    quote!(#expanded #mistakes)
}
