//! How a message becomes JSON and back.
//!
//! Written out and not derived: a derived `Deserialize` also takes arrays for objects and knows nothing of `null` for absent,
//! and a view is serialised by the same lines as the whole.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::{Ident, spanned::Spanned};

use super::{
    generics::Pieces,
    parse::{Field, Message},
};
use crate::{
    runtime::Runtime,
    syntax::{argument_of, last_segment},
};

/// Serialises some fields of `self`, each whole or in the view whose number that constant holds, to `serializer`.
pub(super) fn serialize_fields(runtime: &Runtime, ident: &Ident, fields: &[(&Field, Option<Ident>)]) -> TokenStream {
    let private = runtime.private();
    let flattens = fields.iter().any(|(field, _)| field.flatten.is_some());
    let members = fields.iter().map(|(field, view)| {
        let Field { ident, name, .. } = field;
        let value = match view {
            None => quote!(&self.#ident),
            Some(view) => quote! {
                &#private::Projected::new(&self.#ident, #private::ViewId::new(#view))
            },
        };
        let member = if field.flatten.is_some() {
            quote!(#private::serialize_flattened(#value, &mut __object)?;)
        } else if flattens {
            quote!(#private::serde::ser::SerializeMap::serialize_entry(&mut __object, #name, #value)?;)
        } else {
            quote!(#private::serde::ser::SerializeStruct::serialize_field(&mut __object, #name, #value)?;)
        };
        match field.optional {
            None => member,
            Some(_) => quote!(if ::core::option::Option::is_some(&self.#ident) { #member }),
        }
    });
    if flattens {
        // How many members there are in the end is known only to what is flattened.
        return quote! {
            let mut __object = #private::serde::Serializer::serialize_map(__serializer, ::core::option::Option::None)?;
            #(#members)*
            #private::serde::ser::SerializeMap::end(__object)
        };
    }
    let always = fields.iter().filter(|(field, _)| field.optional.is_none()).count();
    let sometimes = fields.iter().filter(|(field, _)| field.optional.is_some()).map(|(field, _)| &field.ident);
    let name = ident.to_string();
    quote! {
        let __count = #always #(+ ::core::primitive::usize::from(::core::option::Option::is_some(&self.#sometimes)))*;
        let mut __object = #private::serde::Serializer::serialize_struct(__serializer, #name, __count)?;
        #(#members)*
        #private::serde::ser::SerializeStruct::end(__object)
    }
}

/// `impl Serialize`: all fields.
pub(super) fn serialize(runtime: &Runtime, message: &Message, pieces: &Pieces) -> TokenStream {
    let private = runtime.private();
    let ident = &message.ident;
    let all: Vec<_> = message.fields.iter().map(|field| (field, None)).collect();
    let body = serialize_fields(runtime, ident, &all);
    let (implementing, arguments, conditions) = (pieces.implementing(), pieces.arguments(), pieces.conditions());
    quote! {
        #[automatically_derived]
        impl #implementing #private::serde::Serialize for #ident #arguments #conditions {
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
pub(super) fn deserialize(runtime: &Runtime, message: &Message, pieces: &Pieces) -> TokenStream {
    let private = runtime.private();
    let ident = &message.ident;
    let arguments = pieces.arguments();
    let (deserializing, conditions) = (pieces.deserializing(), pieces.conditions());
    let flattens = message.fields.iter().any(|field| field.flatten.is_some());
    let body = if flattens {
        let members = message.fields.iter().map(|field| flat_member(runtime, field));
        quote! {
            let mut __members = #private::FlatMembers::read(__deserializer)?;
            ::core::result::Result::Ok(#ident { #(#members),* })
        }
    } else {
        visitor(runtime, message, pieces)
    };
    quote! {
        #[automatically_derived]
        impl #deserializing #private::serde::Deserialize<'de> for #ident #arguments #conditions {
            fn deserialize<__D: #private::serde::Deserializer<'de>>(
                __deserializer: __D,
            ) -> ::core::result::Result<Self, __D::Error> {
                #body
            }
        }
    }
}

/// A member of a message that flattens another: which type a member belongs to is known only when all of them are there.
fn flat_member(runtime: &Runtime, field: &Field) -> TokenStream {
    let Field { ident, ty, name, .. } = field;
    if field.flatten.is_some() {
        return quote!(#ident: __members.flattened::<#ty, _>()?);
    }
    let present = field.optional.as_ref().unwrap_or(ty);
    let found = quote!(__members.take::<#present, _>(#name)?);
    let value = member_value(runtime, field, &found);
    quote!(#ident: #value)
}

/// The value of a field, from an expression for what was found.
fn member_value(runtime: &Runtime, field: &Field, found: &TokenStream) -> TokenStream {
    let private = runtime.private();
    let Field { name, ty, .. } = field;
    match (&field.optional, &field.default) {
        (Some(_), _) => found.clone(),
        (None, Some(default)) => {
            let default = default_value(ty, default);
            quote! {
                match #found {
                    ::core::option::Option::Some(__value) => __value,
                    ::core::option::Option::None => #default,
                }
            }
        }
        (None, None) => {
            let absent = quote_spanned!(ty.span()=> <#ty as #private::Value>::absent);
            quote!(#private::member(#name, #found, #absent)?)
        }
    }
}

fn visitor(runtime: &Runtime, message: &Message, pieces: &Pieces) -> TokenStream {
    let private = runtime.private();
    let ident = &message.ident;
    let names = message.fields.iter().map(|field| &field.name);
    let locals: Vec<Ident> = message.fields.iter().map(|field| format_ident!("__field_{}", field.ident)).collect();
    // The type of the value when it is there: an `Option` would make `null` and absent two things.
    let types = message.fields.iter().map(|field| field.optional.as_ref().unwrap_or(&field.ty));
    let indices = 0..message.fields.len();
    let members = message.fields.iter().zip(&locals).map(|(field, local)| {
        let ident = &field.ident;
        let value = member_value(runtime, field, &quote!(#local));
        quote!(#ident: #value)
    });
    let (implementing, deserializing) = (pieces.implementing(), pieces.deserializing());
    let (arguments, conditions) = (pieces.arguments(), pieces.conditions());
    // An item inside of a function does not see the parameters around it.
    let (declared, made) = if pieces.exist() {
        (
            quote!(struct __Visitor #implementing (::core::marker::PhantomData<fn() -> #ident #arguments>) #conditions;),
            quote!(__Visitor(::core::marker::PhantomData)),
        )
    } else {
        (
            quote!(
                struct __Visitor;
            ),
            quote!(__Visitor),
        )
    };
    quote! {
        const __NAMES: &[&str] = &[#(#names),*];
        #declared
        impl #deserializing #private::serde::de::Visitor<'de> for __Visitor #arguments #conditions {
            type Value = #ident #arguments;

            fn expecting(&self, __f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                __f.write_str("an object")
            }

            fn visit_map<__A: #private::serde::de::MapAccess<'de>>(
                self,
                mut __members: __A,
            ) -> ::core::result::Result<#ident #arguments, __A::Error> {
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
        #private::serde::Deserializer::deserialize_map(__deserializer, #made)
    }
}

/// A default as a value of the field's type. Text may stand for any type that is made from it.
pub(crate) fn default_value(ty: &syn::Type, default: &syn::Expr) -> TokenStream {
    match ungrouped(default) {
        syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => {
            quote!(<#ty as ::core::convert::From<&str>>::from(#text))
        }
        default => float(ty, default).unwrap_or_else(|| quote!(#default)),
    }
}

/// A whole number where a float stands, `80` for `80.0`: what is written is no mistake, only what Rust asks for.
pub(super) fn float(ty: &syn::Type, value: &syn::Expr) -> Option<TokenStream> {
    let ty = argument_of(ty, "Option").unwrap_or(ty);
    last_segment(ty).filter(|segment| segment.ident == "f64" || segment.ident == "f32")?;
    let (minus, value) = match value {
        syn::Expr::Unary(syn::ExprUnary { op: syn::UnOp::Neg(minus), expr, .. }) => (Some(minus), &**expr),
        value => (None, value),
    };
    match value {
        syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Int(whole), .. }) if whole.suffix().is_empty() => {
            let float = syn::LitFloat::new(&format!("{}.0", whole.base10_digits()), whole.span());
            Some(quote!(#minus #float))
        }
        _ => None,
    }
}

/// An expression without the invisible brackets that `$x:expr` of a `macro_rules!` has around it.
pub(super) fn ungrouped(mut expression: &syn::Expr) -> &syn::Expr {
    while let syn::Expr::Group(group) = expression {
        expression = &group.expr;
    }
    expression
}
