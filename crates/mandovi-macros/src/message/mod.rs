//! `#[message]`: a struct or an enum becomes a value of a design.

mod arguments;
mod case;
mod check;
mod expand_enum;
mod expand_newtype;
mod expand_struct;
mod expand_union;
mod generics;
mod parse;
mod serde_impls;
mod views;

pub(crate) use self::serde_impls::default_value;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::Item;

use self::parse::{Enum, Struct};
use crate::{diagnostics::Mistakes, runtime::Runtime};

/// Expands the attribute with its arguments on an item.
pub(crate) fn expand(runtime: &Runtime, arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut mistakes = Mistakes::new();
    let expanded = match syn::parse2::<Item>(item.clone()) {
        Ok(Item::Struct(mut item)) => match parse::structure(arguments, &mut item, &mut mistakes) {
            Some(Struct::Message(mut message)) => {
                check::message(&mut message, &mut mistakes);
                let implementation = expand_struct::expand(runtime, &message);
                with(&item, expand_struct::derive(message.derived), implementation)
            }
            Some(Struct::Newtype(mut newtype)) => {
                check::newtype(&mut newtype, &mut mistakes);
                let implementation = expand_newtype::expand(runtime, &newtype);
                with(&item, expand_struct::derive(newtype.derived), implementation)
            }
            None => item.into_token_stream(),
        },
        Ok(Item::Enum(mut item)) => match parse::enumeration(arguments, &mut item, &mut mistakes) {
            Some(Enum::Enumeration(mut enumeration)) => {
                check::enumeration(&mut enumeration, &mut mistakes);
                let implementation = expand_enum::expand_names(runtime, &enumeration);
                with(&item, expand_enum::derive(&enumeration), implementation)
            }
            Some(Enum::Union(mut union)) => {
                check::union(&mut union, &mut mistakes);
                let implementation = expand_union::expand(runtime, &union);
                with(&item, expand_union::derive(union.derived), implementation)
            }
            None => item.into_token_stream(),
        },
        Ok(other) => {
            mistakes.at(&other, "`#[message]` goes on a struct or on an enum");
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

/// The item, what it derives and what is implemented for it. What may be deprecated is used without a warning there: the
/// user is warned where the user names it.
fn with(item: &impl ToTokens, derive: TokenStream, implementation: TokenStream) -> TokenStream {
    let item = item.to_token_stream();
    let implementation = if mentions_deprecated(item.clone()) { quiet(implementation) } else { implementation };
    quote!(#derive #item #implementation)
}

/// Whether it is deprecated somewhere, or allows itself what is.
fn mentions_deprecated(item: TokenStream) -> bool {
    item.into_iter().any(|token| match token {
        proc_macro2::TokenTree::Group(group) => mentions_deprecated(group.stream()),
        proc_macro2::TokenTree::Ident(ident) => ident == "deprecated",
        _ => false,
    })
}

/// The same items, each of which may use what is deprecated.
fn quiet(items: TokenStream) -> TokenStream {
    let Ok(file) = syn::parse2::<syn::File>(items.clone()) else { return items };
    file.items.into_iter().map(|item| quote!(#[allow(deprecated)] #item)).collect()
}
