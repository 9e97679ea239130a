//! The path of the `mandovi` crate in the user's crate, whatever name it has there.

use proc_macro_crate::{FoundCrate, crate_name};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};

/// Expands to the absolute path of the `mandovi` crate.
#[derive(Clone)]
pub(crate) struct Runtime(Ident);

impl Runtime {
    /// Looks the name up in the user's manifest. In `mandovi` itself, and where the manifest does not have it (a design that
    /// uses a re-export), the name is `mandovi`.
    pub(crate) fn find() -> Self {
        let name = match crate_name("mandovi") {
            Ok(FoundCrate::Name(name)) => name,
            Ok(FoundCrate::Itself) | Err(_) => "mandovi".to_owned(),
        };
        Self(Ident::new(&name, Span::call_site()))
    }

    /// The crate under this name.
    #[cfg(test)]
    pub(crate) fn named(name: &str) -> Self {
        Self(Ident::new(name, Span::call_site()))
    }

    /// The module of what only expansions use.
    pub(crate) fn private(&self) -> TokenStream {
        quote!(#self::__private)
    }

    /// The same, said to stand there: a failure of what is called through it is told at this token.
    pub(crate) fn private_at(&self, span: Span) -> TokenStream {
        let name = Ident::new(&self.0.to_string(), span);
        quote_spanned!(span=> ::#name::__private)
    }
}

impl ToTokens for Runtime {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let name = &self.0;
        tokens.extend(quote!(::#name));
    }
}
