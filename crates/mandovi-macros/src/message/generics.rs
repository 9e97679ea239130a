//! The type parameters of an item in what is implemented for it. Every one of them is a value of the design.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{GenericParam, Generics, Ident, parse_quote};

use crate::runtime::Runtime;

/// The pieces of an `impl` for an item.
pub(super) struct Pieces {
    /// The item's own parameters, each a `Value`.
    generics: Generics,
}

impl Pieces {
    pub(super) fn of(runtime: &Runtime, generics: &Generics) -> Self {
        let private = runtime.private();
        let mut generics = generics.clone();
        for parameter in &mut generics.params {
            if let GenericParam::Type(parameter) = parameter {
                parameter.bounds.push(parse_quote!(#private::Value));
            }
        }
        Self { generics }
    }

    /// `<T: Value>`, also as a declaration.
    pub(super) fn implementing(&self) -> TokenStream {
        let (implementing, _, _) = self.generics.split_for_impl();
        quote!(#implementing)
    }

    /// `<'de, T: Value>`
    pub(super) fn deserializing(&self) -> TokenStream {
        let mut generics = self.generics.clone();
        generics.params.insert(0, parse_quote!('de));
        let (implementing, _, _) = generics.split_for_impl();
        quote!(#implementing)
    }

    /// `<T: Value + Debug>`
    pub(super) fn implementing_with(&self, bound: &TokenStream) -> TokenStream {
        let mut generics = self.generics.clone();
        for parameter in generics.type_params_mut() {
            parameter.bounds.push(parse_quote!(#bound));
        }
        let (implementing, _, _) = generics.split_for_impl();
        quote!(#implementing)
    }

    /// `<T>`
    pub(super) fn arguments(&self) -> TokenStream {
        let (_, arguments, _) = self.generics.split_for_impl();
        quote!(#arguments)
    }

    /// `where ..`, the user's own.
    pub(super) fn conditions(&self) -> TokenStream {
        let (_, _, conditions) = self.generics.split_for_impl();
        quote!(#conditions)
    }

    /// `where #condition` beside the user's own.
    pub(super) fn conditions_with(&self, condition: &TokenStream) -> TokenStream {
        let mut generics = self.generics.clone();
        generics.make_where_clause().predicates.push(parse_quote!(#condition));
        let (_, _, conditions) = generics.split_for_impl();
        quote!(#conditions)
    }

    /// Whether there are parameters.
    pub(super) fn exist(&self) -> bool {
        !self.generics.params.is_empty()
    }

    /// The name of the type in the model: a statement that makes it of the arguments' names, where there are parameters, and an
    /// expression.
    pub(super) fn model_name(&self, runtime: &Runtime, ident: &Ident) -> (Option<TokenStream>, TokenStream) {
        let private = runtime.private();
        let name = ident.to_string();
        if !self.exist() {
            return (None, quote!(#name));
        }
        let arguments = self.generics.type_params().map(|parameter| &parameter.ident);
        let made = quote! {
            let __name = #private::name_of_instance(#name, &[#(<#arguments as #private::Value>::schema(__types)),*]);
        };
        (Some(made), quote!(&__name))
    }
}
