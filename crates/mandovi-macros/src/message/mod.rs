//! `#[message]`: a struct or an enum becomes a value of a design.

mod check;
mod expand_enum;
mod expand_struct;
mod parse;
mod serde_impls;
mod views;

pub(crate) use self::serde_impls::default_value;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::Item;

use crate::{diagnostics::Mistakes, runtime::Runtime};

/// Expands the attribute with its arguments on an item.
pub(crate) fn expand(runtime: &Runtime, arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut mistakes = Mistakes::new();
    let expanded = match syn::parse2::<Item>(item.clone()) {
        Ok(Item::Struct(mut item)) => {
            let message = parse::message(arguments, &mut item, &mut mistakes);
            match message {
                Some(mut message) => {
                    check::message(&mut message, &mut mistakes);
                    expand_struct::expand(runtime, &item, &message)
                }
                None => item.into_token_stream(),
            }
        }
        Ok(Item::Enum(mut item)) => {
            let enumeration = parse::enumeration(arguments, &mut item, &mut mistakes);
            match enumeration {
                Some(mut enumeration) => {
                    check::enumeration(&mut enumeration, &mut mistakes);
                    expand_enum::expand(runtime, &item, &enumeration)
                }
                None => item.into_token_stream(),
            }
        }
        Ok(other) => {
            mistakes.at(&other, "`#[message]` goes on a struct with named fields or on an enum without fields");
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
