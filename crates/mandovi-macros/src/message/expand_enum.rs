//! From the description of an enumeration to its implementation.

use proc_macro2::TokenStream;
use quote::quote;

use super::parse::{Enumeration, Name};
use crate::runtime::Runtime;

/// The `derive` for what the user did not derive.
pub(super) fn derive(enumeration: &Enumeration) -> TokenStream {
    let derived = enumeration.derived;
    let missing = [
        (derived.clone, quote!(::core::clone::Clone)),
        (derived.copy, quote!(::core::marker::Copy)),
        (derived.debug, quote!(::core::fmt::Debug)),
        (derived.partial_eq, quote!(::core::cmp::PartialEq)),
        (derived.eq, quote!(::core::cmp::Eq)),
        (derived.hash, quote!(::core::hash::Hash)),
    ];
    let missing = missing.into_iter().filter_map(|(derived, path)| (!derived).then_some(path));
    quote!(#[derive(#(#missing),*)])
}

/// Everything but the enum itself.
pub(crate) fn expand_names(runtime: &Runtime, enumeration: &Enumeration) -> TokenStream {
    let inherent = inherent(enumeration);
    let serde = serde(runtime, enumeration);
    let value = value(runtime, enumeration);
    quote!(#inherent #serde #value)
}

fn inherent(enumeration: &Enumeration) -> TokenStream {
    let ident = &enumeration.ident;
    let variants: Vec<_> = enumeration.names.iter().map(|name| &name.variant).collect();
    let names: Vec<_> = enumeration.names.iter().map(|name| &name.name).collect();
    quote! {
        impl #ident {
            /// Every value in the order of the design.
            pub const ALL: &'static [Self] = &[#(Self::#variants),*];

            /// The name on the wire.
            pub const fn as_str(self) -> &'static ::core::primitive::str {
                match self {
                    #(Self::#variants => #names,)*
                }
            }

            fn __of_name(name: &::core::primitive::str) -> ::core::option::Option<Self> {
                match name {
                    #(#names => ::core::option::Option::Some(Self::#variants),)*
                    _ => ::core::option::Option::None,
                }
            }
        }

        #[automatically_derived]
        impl ::core::fmt::Display for #ident {
            fn fmt(&self, __f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                __f.pad(Self::as_str(*self))
            }
        }
    }
}

fn serde(runtime: &Runtime, enumeration: &Enumeration) -> TokenStream {
    let private = runtime.private();
    let ident = &enumeration.ident;
    let serialize = (!enumeration.derived.serialize).then(|| {
        quote! {
            #[automatically_derived]
            impl #private::serde::Serialize for #ident {
                fn serialize<__S: #private::serde::Serializer>(
                    &self,
                    __serializer: __S,
                ) -> ::core::result::Result<__S::Ok, __S::Error> {
                    #private::serde::Serializer::serialize_str(__serializer, Self::as_str(*self))
                }
            }
        }
    });
    let deserialize = (!enumeration.derived.deserialize).then(|| {
        quote! {
            #[automatically_derived]
            impl<'de> #private::serde::Deserialize<'de> for #ident {
                fn deserialize<__D: #private::serde::Deserializer<'de>>(
                    __deserializer: __D,
                ) -> ::core::result::Result<Self, __D::Error> {
                    #private::deserialize_name(__deserializer, Self::__of_name)
                }
            }
        }
    });
    quote!(#serialize #deserialize)
}

fn value(runtime: &Runtime, enumeration: &Enumeration) -> TokenStream {
    let private = runtime.private();
    let Enumeration { ident, description, .. } = enumeration;
    let type_name = ident.to_string();
    let deprecated = enumeration.deprecated.then(|| quote!(__enumeration.deprecated = true;));
    let names = enumeration.names.iter().map(|name| &name.name);
    let values = enumeration.names.iter().map(|name| {
        let Name { name, description, deprecated, .. } = name;
        let value = quote!(#runtime::model::EnumValue::new(#name, #description));
        if *deprecated {
            quote! {
                let mut __value = #value;
                __value.deprecated = true;
                __enumeration.values.push(__value);
            }
        } else {
            quote!(__enumeration.values.push(#value);)
        }
    });
    quote! {
        #[automatically_derived]
        impl #private::Value for #ident {
            const SCALAR: ::core::option::Option<#private::Scalar> = ::core::option::Option::Some(#private::Scalar::Text);

            fn schema(__types: &mut #runtime::model::Types) -> #runtime::model::Schema {
                __types.define(#type_name, ::core::any::type_name::<Self>(), |_| {
                    let mut __enumeration = #runtime::model::Enumeration::new(#description);
                    #deprecated
                    #(#values)*
                    #runtime::model::Definition::Enumeration(__enumeration)
                })
            }
        }

        #[automatically_derived]
        impl #private::NotNull for #ident {}

        #[automatically_derived]
        impl #private::MapKey for #ident {}

        #[automatically_derived]
        impl ::core::str::FromStr for #ident {
            type Err = #private::Expected;

            fn from_str(__text: &::core::primitive::str) -> ::core::result::Result<Self, Self::Err> {
                <Self as #private::Parameter>::parse(__text)
            }
        }

        #[automatically_derived]
        impl #private::Parameter for #ident {
            fn parse(__text: &::core::primitive::str) -> ::core::result::Result<Self, #private::Expected> {
                Self::__of_name(__text).ok_or(#private::Expected::OneOf(&[#(#names),*]))
            }

            fn render(&self) -> ::std::string::String {
                ::core::convert::From::from(Self::as_str(*self))
            }

            fn schema(__types: &mut #runtime::model::Types) -> #runtime::model::Schema {
                <Self as #private::Value>::schema(__types)
            }
        }
    }
}
