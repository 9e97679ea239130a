//! How a message becomes JSON and back.
//!
//! Written out and not derived: a derived `Deserialize` also takes arrays for objects and knows nothing of `null` for absent,
//! and a view is serialised by the same lines as the whole.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::Ident;

use super::parse::{Field, Message};
use crate::runtime::Runtime;

/// Serialises some fields of `self`, each whole or as the view of that name, to `serializer`.
pub(super) fn serialize_fields(runtime: &Runtime, ident: &Ident, fields: &[(&Field, Option<&str>)]) -> TokenStream {
    let private = runtime.private();
    let always = fields.iter().filter(|(field, _)| field.optional.is_none()).count();
    let sometimes = fields.iter().filter(|(field, _)| field.optional.is_some()).map(|(field, _)| &field.ident);
    let members = fields.iter().map(|(field, view)| {
        let Field { ident, ty, name, .. } = field;
        let value = match view {
            None => quote!(&self.#ident),
            Some(view) => quote! {
                &#private::Projected::new(&self.#ident, <#ty as #private::InView<{ #private::view_key(#view) }>>::ID)
            },
        };
        let member = quote!(#private::serde::ser::SerializeStruct::serialize_field(&mut __object, #name, #value)?;);
        match field.optional {
            None => member,
            Some(_) => quote!(if ::core::option::Option::is_some(&self.#ident) { #member }),
        }
    });
    let name = ident.to_string();
    quote! {
        let __count = #always #(+ ::core::primitive::usize::from(::core::option::Option::is_some(&self.#sometimes)))*;
        let mut __object = #private::serde::Serializer::serialize_struct(__serializer, #name, __count)?;
        #(#members)*
        #private::serde::ser::SerializeStruct::end(__object)
    }
}

/// `impl Serialize`: all fields.
pub(super) fn serialize(runtime: &Runtime, message: &Message) -> TokenStream {
    let private = runtime.private();
    let ident = &message.ident;
    let all: Vec<_> = message.fields.iter().map(|field| (field, None)).collect();
    let body = serialize_fields(runtime, ident, &all);
    quote! {
        #[automatically_derived]
        impl #private::serde::Serialize for #ident {
            fn serialize<__S: #private::serde::Serializer>(
                &self,
                __serializer: __S,
            ) -> ::core::result::Result<__S::Ok, __S::Error> {
                #body
            }
        }
    }
}

/// `impl Deserialize`: members in any order, unknown ones ignored, `null` for absent.
pub(super) fn deserialize(runtime: &Runtime, message: &Message) -> TokenStream {
    let private = runtime.private();
    let ident = &message.ident;
    let names = message.fields.iter().map(|field| &field.name);
    let locals: Vec<Ident> = message.fields.iter().map(|field| format_ident!("__field_{}", field.ident)).collect();
    // The type of the value when it is there: an `Option` would make `null` and absent two things.
    let types = message.fields.iter().map(|field| field.optional.as_ref().unwrap_or(&field.ty));
    let indices = 0..message.fields.len();
    let members = message.fields.iter().zip(&locals).map(|(field, local)| {
        let Field { ident, name, ty, .. } = field;
        let value = match (&field.optional, &field.default) {
            (Some(_), _) => quote!(#local),
            (None, Some(default)) => {
                let default = default_value(ty, default);
                quote!(match #local { ::core::option::Option::Some(__value) => __value, ::core::option::Option::None => #default })
            }
            (None, None) => quote!(#private::member(#name, #local)?),
        };
        quote!(#ident: #value)
    });
    quote! {
        #[automatically_derived]
        impl<'de> #private::serde::Deserialize<'de> for #ident {
            fn deserialize<__D: #private::serde::Deserializer<'de>>(
                __deserializer: __D,
            ) -> ::core::result::Result<Self, __D::Error> {
                const __NAMES: &[&str] = &[#(#names),*];
                struct __Visitor;
                impl<'de> #private::serde::de::Visitor<'de> for __Visitor {
                    type Value = #ident;

                    fn expecting(&self, __f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                        __f.write_str("an object")
                    }

                    fn visit_map<__A: #private::serde::de::MapAccess<'de>>(
                        self,
                        mut __members: __A,
                    ) -> ::core::result::Result<#ident, __A::Error> {
                        #(let mut #locals: ::core::option::Option<#types> = ::core::option::Option::None;)*
                        while let ::core::option::Option::Some(__index) =
                            #private::serde::de::MapAccess::next_key_seed(&mut __members, #private::Names(__NAMES))?
                        {
                            match __index {
                                #(#indices => #locals = #private::serde::de::MapAccess::next_value(&mut __members)?,)*
                                _ => {
                                    let _: #private::serde::de::IgnoredAny =
                                        #private::serde::de::MapAccess::next_value(&mut __members)?;
                                }
                            }
                        }
                        ::core::result::Result::Ok(#ident { #(#members),* })
                    }
                }
                #private::serde::Deserializer::deserialize_map(__deserializer, __Visitor)
            }
        }
    }
}

/// A default as a value of the field's type. Text may stand for any type that is made from it.
pub(crate) fn default_value(ty: &syn::Type, default: &syn::Expr) -> TokenStream {
    match default {
        syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => {
            quote!(<#ty as ::core::convert::From<&str>>::from(#text))
        }
        default => quote!(#default),
    }
}
