//! From the description of a newtype to its implementation: on the wire it is what it holds.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned as _;

use super::{expand_struct::said_of_value, generics::Pieces, parse::Newtype};
use crate::runtime::Runtime;

/// Everything but the struct itself.
pub(super) fn expand(runtime: &Runtime, newtype: &Newtype) -> TokenStream {
    let pieces = Pieces::of(runtime, &newtype.generics);
    let debug = (!newtype.derived.debug).then(|| debug(runtime, newtype, &pieces));
    let serde = serde(runtime, newtype, &pieces);
    let value = value(runtime, newtype, &pieces);
    let inherited = inherited(runtime, newtype, &pieces);
    quote!(#debug #serde #value #inherited)
}

fn debug(runtime: &Runtime, newtype: &Newtype, pieces: &Pieces) -> TokenStream {
    let private = runtime.private();
    let ident = &newtype.ident;
    let name = ident.to_string();
    let implementing = pieces.implementing_with(&quote!(::core::fmt::Debug));
    let (arguments, conditions) = (pieces.arguments(), pieces.conditions());
    let shown = match newtype.options.secret {
        None => quote!(&self.0),
        Some(_) => quote!(&#private::Redacted),
    };
    quote! {
        #[automatically_derived]
        impl #implementing ::core::fmt::Debug for #ident #arguments #conditions {
            fn fmt(&self, __f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                __f.debug_tuple(#name).field(#shown).finish()
            }
        }
    }
}

fn serde(runtime: &Runtime, newtype: &Newtype, pieces: &Pieces) -> TokenStream {
    let private = runtime.private();
    let (ident, inner) = (&newtype.ident, &newtype.inner);
    let (implementing, arguments, conditions) = (pieces.implementing(), pieces.arguments(), pieces.conditions());
    let deserializing = pieces.deserializing();
    let serialize = (!newtype.derived.serialize).then(|| {
        quote! {
            #[automatically_derived]
            impl #implementing #private::serde::Serialize for #ident #arguments #conditions {
                fn serialize<__S: #private::serde::Serializer>(
                    &self,
                    __serializer: __S,
                ) -> ::core::result::Result<__S::Ok, __S::Error> {
                    #private::serde::Serialize::serialize(&self.0, __serializer)
                }
            }
        }
    });
    let deserialize = (!newtype.derived.deserialize).then(|| {
        quote! {
            #[automatically_derived]
            impl #deserializing #private::serde::Deserialize<'de> for #ident #arguments #conditions {
                fn deserialize<__D: #private::serde::Deserializer<'de>>(
                    __deserializer: __D,
                ) -> ::core::result::Result<Self, __D::Error> {
                    <#inner as #private::serde::Deserialize<'de>>::deserialize(__deserializer).map(Self)
                }
            }
        }
    });
    quote!(#serialize #deserialize)
}

fn value(runtime: &Runtime, newtype: &Newtype, pieces: &Pieces) -> TokenStream {
    let private = runtime.private();
    let Newtype { ident, description, inner, options, .. } = newtype;
    let (implementing, arguments, conditions) = (pieces.implementing(), pieces.arguments(), pieces.conditions());
    let (named, name) = pieces.model_name(runtime, ident);
    let rules = format_ident!("__RULES_{}", ident);
    let (format, said) = said_of_value(runtime, &quote!(__alias), inner, options, &rules);
    let constant = options.rules.constant(runtime, &rules, inner, !newtype.generics.params.is_empty());
    let span = Span::call_site().located_at(inner.span());
    let ruled = (!options.rules.is_empty()).then(|| quote_spanned!(span=> __at.rules(&self.0, &#rules);));
    let deprecated = newtype.deprecated.then(|| quote!(__alias.deprecated = true;));
    quote! {
        #constant

        #[automatically_derived]
        impl #implementing #private::Value for #ident #arguments #conditions {
            const SCALAR: ::core::option::Option<#private::Scalar> = <#inner as #private::Value>::SCALAR;

            fn schema(__types: &mut #runtime::model::Types) -> #runtime::model::Schema {
                #named
                __types.define(#name, ::core::any::type_name::<Self>(), |__types| {
                    #[allow(unused_mut)]
                    let mut __alias = #runtime::model::Alias::new(
                        #description,
                        <#inner as #private::Value>::schema(__types) #format,
                    );
                    #said
                    #deprecated
                    #runtime::model::Definition::Alias(__alias)
                })
            }

            fn validate(&self, __at: &mut #private::Validator) {
                #ruled
                #private::Value::validate(&self.0, __at);
            }

            fn is_null(&self) -> ::core::primitive::bool {
                #private::Value::is_null(&self.0)
            }

            fn absent() -> ::core::option::Option<Self> {
                <#inner as #private::Value>::absent().map(Self)
            }

            fn serialize_view<__S: #private::serde::Serializer>(
                &self,
                __view: #private::ViewId,
                __serializer: __S,
            ) -> ::core::result::Result<__S::Ok, __S::Error> {
                #private::Value::serialize_view(&self.0, __view, __serializer)
            }
        }
    }
}

/// What the newtype is where its value is. The bound looks general, so that the compiler takes it where it does not hold.
fn inherited(runtime: &Runtime, newtype: &Newtype, pieces: &Pieces) -> TokenStream {
    let private = runtime.private();
    let (ident, inner) = (&newtype.ident, &newtype.inner);
    let (implementing, arguments) = (pieces.implementing(), pieces.arguments());
    let where_inner = |bound: TokenStream| pieces.conditions_with(&quote!(for<'__any> #inner: #bound));
    let not_null = where_inner(quote!(#private::NotNull));
    let map_key = where_inner(quote!(#private::MapKey));
    let parameter = where_inner(quote!(#private::Parameter));
    quote! {
        #[automatically_derived]
        impl #implementing #private::NotNull for #ident #arguments #not_null {}

        #[automatically_derived]
        impl #implementing #private::MapKey for #ident #arguments #map_key {}

        #[automatically_derived]
        impl #implementing #private::Parameter for #ident #arguments #parameter {
            fn parse(__text: &::core::primitive::str) -> ::core::result::Result<Self, #private::Expected> {
                <#inner as #private::Parameter>::parse(__text).map(Self)
            }

            fn render(&self) -> ::std::string::String {
                #private::Parameter::render(&self.0)
            }

            fn schema(__types: &mut #runtime::model::Types) -> #runtime::model::Schema {
                <Self as #private::Value>::schema(__types)
            }

            fn check_rules(&self, __at: &mut #private::Validator) {
                #private::Value::validate(self, __at);
            }
        }
    }
}
