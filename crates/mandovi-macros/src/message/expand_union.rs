//! From the description of a union to its implementation. How it travels is the runtime's; here is which variant holds what.

use proc_macro2::TokenStream;
use quote::quote;

use super::{
    generics::Pieces,
    parse::{Derived, Name, Union, Variant},
};
use crate::runtime::Runtime;

/// The `derive` for what the user did not derive.
pub(super) fn derive(derived: Derived) -> TokenStream {
    let clone = (!derived.clone).then(|| quote!(::core::clone::Clone,));
    let debug = (!derived.debug).then(|| quote!(::core::fmt::Debug,));
    let partial_eq = (!derived.partial_eq).then(|| quote!(::core::cmp::PartialEq,));
    quote!(#[derive(#clone #debug #partial_eq)])
}

/// Everything but the enum itself.
pub(super) fn expand(runtime: &Runtime, union: &Union) -> TokenStream {
    let pieces = Pieces::of(runtime, &union.generics);
    let tagged = tagged(runtime, union, &pieces);
    let serde = serde(runtime, union, &pieces);
    let value = value(runtime, union, &pieces);
    quote!(#tagged #serde #value)
}

fn tagged(runtime: &Runtime, union: &Union, pieces: &Pieces) -> TokenStream {
    let private = runtime.private();
    let Union { ident, tag, content, json_text, variants, .. } = union;
    let (implementing, arguments, conditions) = (pieces.implementing(), pieces.arguments(), pieces.conditions());
    let type_name = ident.to_string();
    let names = variants.iter().map(|variant| &variant.name.name);
    let read = variants.iter().enumerate().filter_map(|(index, Variant { name, value })| {
        let variant = &name.variant;
        value.as_ref().map(|_| quote!(#index => #private::content(__content).map(Self::#variant),))
    });
    let bare = variants.iter().enumerate().filter_map(|(index, Variant { name, value })| {
        let variant = &name.variant;
        value.is_none().then(|| quote!(#index => #private::no_content(__content, Self::#variant),))
    });
    quote! {
        #[automatically_derived]
        impl #implementing #private::Tagged for #ident #arguments #conditions {
            const NAME: &'static ::core::primitive::str = #type_name;
            const MEMBERS: &'static [&'static ::core::primitive::str; 2] = &[#tag, #content];
            const VARIANTS: &'static [&'static ::core::primitive::str] = &[#(#names),*];
            const JSON_TEXT: ::core::primitive::bool = #json_text;

            fn read<'de, __D: #private::serde::Deserializer<'de>>(
                __variant: ::core::primitive::usize,
                __content: __D,
            ) -> ::core::result::Result<Self, __D::Error> {
                match __variant {
                    #(#read)*
                    #(#bare)*
                    _ => #private::no_variant(),
                }
            }
        }
    }
}

fn serde(runtime: &Runtime, union: &Union, pieces: &Pieces) -> TokenStream {
    let private = runtime.private();
    let ident = &union.ident;
    let (implementing, arguments, conditions) = (pieces.implementing(), pieces.arguments(), pieces.conditions());
    let deserializing = pieces.deserializing();
    let serialize = (!union.derived.serialize).then(|| {
        let variants = union.variants.iter().enumerate().map(|(index, Variant { name, value })| {
            let variant = &name.variant;
            match value {
                Some(_) => quote! {
                    Self::#variant(__value) => #private::serialize_variant::<Self, _, _>(#index, __value, __serializer),
                },
                None => quote!(Self::#variant => #private::serialize_bare::<Self, _>(#index, __serializer),),
            }
        });
        quote! {
            #[automatically_derived]
            impl #implementing #private::serde::Serialize for #ident #arguments #conditions {
                fn serialize<__S: #private::serde::Serializer>(
                    &self,
                    __serializer: __S,
                ) -> ::core::result::Result<__S::Ok, __S::Error> {
                    match self {
                        #(#variants)*
                    }
                }
            }
        }
    });
    let deserialize = (!union.derived.deserialize).then(|| {
        quote! {
            #[automatically_derived]
            impl #deserializing #private::serde::Deserialize<'de> for #ident #arguments #conditions {
                fn deserialize<__D: #private::serde::Deserializer<'de>>(
                    __deserializer: __D,
                ) -> ::core::result::Result<Self, __D::Error> {
                    #private::deserialize_union(__deserializer)
                }
            }
        }
    });
    quote!(#serialize #deserialize)
}

fn value(runtime: &Runtime, union: &Union, pieces: &Pieces) -> TokenStream {
    let private = runtime.private();
    let Union { ident, description, content, variants, .. } = union;
    let (implementing, arguments, conditions) = (pieces.implementing(), pieces.arguments(), pieces.conditions());
    let (named, name) = pieces.model_name(runtime, ident);
    let deprecated = union.deprecated.then(|| quote!(__union.deprecated = true;));
    let described = variants.iter().map(|Variant { name, value }| {
        let Name { name, description, deprecated, .. } = name;
        let schema = match value {
            Some(ty) => quote!(::core::option::Option::Some(<#ty as #private::Value>::schema(__types))),
            None => quote!(::core::option::Option::None),
        };
        let variant = quote!(#runtime::model::Variant::new(#name, #description, #schema));
        if *deprecated {
            quote! {
                let mut __variant = #variant;
                __variant.deprecated = true;
                __union.variants.push(__variant);
            }
        } else {
            quote! {
                let __variant = #variant;
                __union.variants.push(__variant);
            }
        }
    });
    let validated = variants.iter().map(|Variant { name, value }| {
        let variant = &name.variant;
        match value {
            Some(_) => quote!(Self::#variant(__value) => __at.field(#content, __value),),
            None => quote!(Self::#variant => {}),
        }
    });
    quote! {
        #[automatically_derived]
        impl #implementing #private::Value for #ident #arguments #conditions {
            fn schema(__types: &mut #runtime::model::Types) -> #runtime::model::Schema {
                #named
                __types.define(#name, ::core::any::type_name::<Self>(), |__types| {
                    let mut __union = #private::union_of::<Self>(#description);
                    #deprecated
                    #(#described)*
                    #runtime::model::Definition::Union(__union)
                })
            }

            fn validate(&self, __at: &mut #private::Validator) {
                match self {
                    #(#validated)*
                }
            }
        }

        #[automatically_derived]
        impl #implementing #private::NotNull for #ident #arguments #conditions {}
    }
}
