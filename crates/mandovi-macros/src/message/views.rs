//! What the views of a message make: a struct per view, the enum of their names, and the enum of what may arrive.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::{Ident, LitStr, parse_quote};

use super::{
    expand_enum::expand_names,
    expand_struct::{derive, implement},
    parse::{Derived, Enumeration, Field, Message, Name, View},
    serde_impls::serialize_fields,
};
use crate::{runtime::Runtime, syntax::wire_name};

/// The fields that a view shows, in the order of the message, each with the view in which it shows it. What a view names and
/// the message does not have has been reported already.
fn shown<'a>(message: &'a Message, view: &'a View) -> Vec<(&'a Field, Option<&'a Ident>)> {
    let shown = message.fields.iter().filter_map(|field| {
        let shown = view.fields.iter().find(|shown| shown.field == field.ident)?;
        Some((field, shown.view.as_ref()))
    });
    shown.collect()
}

/// The constant that holds the number of the view in which a view shows a field. The compiler finds it, or says at the name
/// that there is none, once.
fn nested_number(message: &Message, view: &View, field: &Field, nested: &Ident) -> Ident {
    format_ident!("__VIEW_{}_{}_{}", message.ident, view.name, field.ident, span = nested.span())
}

/// Those constants.
fn nested_numbers(runtime: &Runtime, message: &Message) -> Vec<TokenStream> {
    let mut numbers = Vec::new();
    for view in &message.views {
        for (field, nested) in shown(message, view) {
            let Some(nested) = nested else { continue };
            let (number, ty, name) = (nested_number(message, view, field, nested), &field.ty, wire_name(nested));
            let private = runtime.private_at(nested.span());
            numbers.push(quote_spanned! {nested.span()=>
                #[allow(non_upper_case_globals)]
                const #number: ::core::primitive::u8 = #private::view_number::<#ty>(#name);
            });
        }
    }
    numbers
}

/// The statements that add the views to the model.
pub(super) fn model(runtime: &Runtime, message: &Message) -> TokenStream {
    let views = message.views.iter().map(|view| {
        let name = view.wire_name();
        let fields = shown(message, view).into_iter().map(|(field, nested)| {
            let nested = nested.map(wire_name);
            if field.flatten.is_some() {
                let (ty, private) = (&field.ty, runtime.private());
                let nested = match nested {
                    None => quote!(::core::option::Option::None),
                    Some(nested) => quote!(::core::option::Option::Some(#nested)),
                };
                return quote!(#private::flatten_view::<#ty>(&mut __view, #nested, __types););
            }
            let field = &field.name;
            let nested = nested.map(|nested| quote!(__field.view = ::core::option::Option::Some(#nested.into());));
            let mutable = nested.is_some().then(|| quote!(mut));
            quote! {
                let #mutable __field = #runtime::model::ViewField::new(#field);
                #nested
                __view.fields.push(__field);
            }
        });
        quote! {
            let mut __view = #runtime::model::View::new(#name);
            #(#fields)*
            __message.views.push(__view);
        }
    });
    quote!(#(#views)*)
}

/// `Value::serialize_view`, where there are views.
pub(super) fn serialize(runtime: &Runtime, message: &Message) -> TokenStream {
    if message.views.is_empty() {
        return TokenStream::new();
    }
    let private = runtime.private();
    let views = numbered(message).map(|(number, view)| {
        let fields = shown(message, view)
            .into_iter()
            .map(|(field, nested)| (field, nested.map(|nested| nested_number(message, view, field, nested))));
        let fields: Vec<_> = fields.collect();
        let body = serialize_fields(runtime, &message.ident, &fields);
        quote!(#number => { #body })
    });
    quote! {
        fn serialize_view<__S: #private::serde::Serializer>(
            &self,
            __view: #private::ViewId,
            __serializer: __S,
        ) -> ::core::result::Result<__S::Ok, __S::Error> {
            match __view.as_u8() {
                #(#views)*
                _ => #private::serde::Serialize::serialize(self, __serializer),
            }
        }
    }
}

/// The views with their numbers; 0 is the default view.
fn numbered(message: &Message) -> impl Iterator<Item = (u8, &View)> {
    (1..=u8::MAX).zip(&message.views)
}

/// The types that views make and their implementations.
pub(super) fn expand(runtime: &Runtime, message: &Message) -> TokenStream {
    if message.views.is_empty() {
        return TokenStream::new();
    }
    let projections = numbered(message).map(|(number, view)| projection(runtime, message, number, view));
    let names = names(runtime, message);
    let viewed = viewed(runtime, message);
    let whole = in_view(runtime, message, 0, &message.ident, message.ident.span());
    let numbers = nested_numbers(runtime, message);
    quote! {
        #(#numbers)*
        #(#projections)*
        #names
        #viewed
        #whole
    }
}

/// `impl InView`: the value has a view of that number.
fn in_view(
    runtime: &Runtime,
    message: &Message,
    number: u8,
    projection: &Ident,
    span: proc_macro2::Span,
) -> TokenStream {
    let private = runtime.private();
    let ident = &message.ident;
    quote_spanned! {span=>
        #[automatically_derived]
        impl #private::InView<#number> for #ident {
            type Projection = #projection;
        }
    }
}

/// The struct of what one view shows.
fn projection(runtime: &Runtime, message: &Message, number: u8, view: &View) -> TokenStream {
    let private = runtime.private();
    let Message { ident, visibility, .. } = message;
    let name = view.wire_name();
    let projection = view.projection(ident);
    let fields = shown(message, view).into_iter().map(|(field, nested)| {
        let mut field = field.clone();
        if let Some(nested) = nested.map(|nested| nested_number(message, view, &field, nested)) {
            let whole = field.optional.as_ref().unwrap_or(&field.ty);
            let part = quote_spanned!(nested.span()=> <#whole as #private::InView<{ #nested }>>::Projection);
            if field.optional.is_some() {
                field.optional = Some(parse_quote!(#part));
                field.ty = parse_quote!(::core::option::Option<#part>);
            } else {
                field.ty = parse_quote!(#part);
            }
        }
        field
    });
    let description = format!("A [`{ident}`] in its view `{name}`.");
    let part = Message {
        ident: projection.clone(),
        visibility: visibility.clone(),
        generics: syn::Generics::default(),
        description: description.clone(),
        deprecated: message.deprecated,
        fields: fields.collect(),
        views: Vec::new(),
        from: Vec::new(),
        into: Vec::new(),
        derived: Derived::default(),
    };
    let derive = derive(part.derived);
    let implementation = implement(runtime, &part);
    let in_view = in_view(runtime, message, number, &projection, view.name.span());
    let fields = part.fields.iter().map(|field| {
        let Field { ident, ty, .. } = field;
        let description = if field.description.is_empty() {
            format!("As in [`{0}`]({0}::{1}).", message.ident, wire_name(ident))
        } else {
            field.description.clone()
        };
        quote!(#[doc = #description] pub #ident: #ty)
    });
    quote! {
        #[doc = #description]
        #derive
        #visibility struct #projection {
            #(#fields,)*
        }
        #implementation
        #in_view
    }
}

/// The enum of the views' names.
fn names(runtime: &Runtime, message: &Message) -> TokenStream {
    let private = runtime.private();
    let Message { ident, visibility, .. } = message;
    let view_ident = format_ident!("{ident}View");
    let description = format!("The views of a [`{ident}`].");
    let mut names = vec![Name {
        variant: Ident::new("Default", ident.span()),
        name: LitStr::new("default", ident.span()),
        description: "Every field.".to_owned(),
        deprecated: false,
    }];
    names.extend(message.views.iter().map(|view| {
        // In documents the members have the names that travel.
        let fields: Vec<_> =
            shown(message, view).iter().map(|(field, _)| format!("`{}`", field.name.value())).collect();
        Name {
            variant: view.variant(),
            name: LitStr::new(&view.wire_name(), view.name.span()),
            description: format!("Only {}.", fields.join(", ")),
            deprecated: false,
        }
    }));
    // In Rust they have the names of the fields.
    let docs = std::iter::once("Every field.".to_owned()).chain(message.views.iter().map(|view| {
        let fields: Vec<_> = shown(message, view)
            .iter()
            .map(|(field, _)| format!("`{}`", crate::syntax::wire_name(&field.ident)))
            .collect();
        format!("Only {}.", fields.join(", "))
    }));
    let variants = names.iter().zip(docs).enumerate().map(|(index, (name, description))| {
        let variant = &name.variant;
        let default = (index == 0).then(|| quote!(#[default]));
        quote!(#[doc = #description] #default #variant)
    });
    let numbers = (0..=u8::MAX).zip(&names).map(|(number, name)| {
        let variant = &name.variant;
        quote!(#view_ident::#variant => #private::ViewId::new(#number))
    });
    let item = quote! {
        #[doc = #description]
        #[derive(
            ::core::clone::Clone,
            ::core::marker::Copy,
            ::core::fmt::Debug,
            ::core::default::Default,
            ::core::cmp::PartialEq,
            ::core::cmp::Eq,
            ::core::hash::Hash,
        )]
        #visibility enum #view_ident {
            #(#variants,)*
        }

        #[automatically_derived]
        impl #private::ViewName for #view_ident {
            fn id(self) -> #private::ViewId {
                match self {
                    #(#numbers,)*
                }
            }

            fn of(__id: #private::ViewId) -> ::core::option::Option<Self> {
                Self::ALL.get(::core::primitive::usize::from(__id.as_u8())).copied()
            }

            fn as_str(self) -> &'static ::core::primitive::str {
                #view_ident::as_str(self)
            }
        }
    };
    let enumeration = Enumeration::new(view_ident, description, names);
    let implementation = expand_names(runtime, &enumeration);
    quote!(#item #implementation)
}

/// The enum of what may arrive where the view is chosen at run time.
fn viewed(runtime: &Runtime, message: &Message) -> TokenStream {
    let private = runtime.private();
    let Message { ident, visibility, .. } = message;
    let (view_ident, viewed) = (format_ident!("{ident}View"), format_ident!("{ident}Viewed"));
    let description = format!("A [`{ident}`] in the view in which it was sent.");
    let variants: Vec<_> = message.views.iter().map(View::variant).collect();
    let projections: Vec<_> = message.views.iter().map(|view| view.projection(ident)).collect();
    let numbers: Vec<_> = numbered(message).map(|(number, _)| number).collect();
    let names: Vec<_> = message.views.iter().map(View::wire_name).collect();
    let descriptions = message.views.iter().map(|view| format!("In the view `{}`.", view.wire_name()));
    let name = ident.to_string();
    quote! {
        #[doc = #description]
        #[derive(::core::clone::Clone, ::core::fmt::Debug, ::core::cmp::PartialEq)]
        #visibility enum #viewed {
            /// Whole.
            Default(#ident),
            #(
                #[doc = #descriptions]
                #variants(#projections),
            )*
        }

        impl #viewed {
            /// The view in which it was sent.
            pub const fn view(&self) -> #view_ident {
                match self {
                    #viewed::Default(_) => #view_ident::Default,
                    #(#viewed::#variants(_) => #view_ident::#variants,)*
                }
            }
        }

        #[automatically_derived]
        impl #private::serde::Serialize for #viewed {
            fn serialize<__S: #private::serde::Serializer>(
                &self,
                __serializer: __S,
            ) -> ::core::result::Result<__S::Ok, __S::Error> {
                match self {
                    #viewed::Default(__value) => #private::serde::Serialize::serialize(__value, __serializer),
                    #(#viewed::#variants(__value) => #private::serde::Serialize::serialize(__value, __serializer),)*
                }
            }
        }

        #[automatically_derived]
        impl #private::Item for #viewed {
            const RAW: ::core::primitive::bool = false;

            fn encode(
                &self,
                _: #private::ViewId,
                __out: &mut ::std::vec::Vec<::core::primitive::u8>,
            ) -> ::core::result::Result<#private::MessageKind, #private::Invalid> {
                match self {
                    #viewed::Default(__value) => #private::Item::encode(__value, #private::ViewId::DEFAULT, __out),
                    #(#viewed::#variants(__value) => #private::Item::encode(__value, #private::ViewId::DEFAULT, __out),)*
                }
            }

            fn decode(
                __view: #private::ViewId,
                __message: #private::MessageRef<'_>,
            ) -> ::core::result::Result<Self, #private::Invalid> {
                match __view.as_u8() {
                    #(
                        #numbers => <#projections as #private::Item>::decode(#private::ViewId::DEFAULT, __message)
                            .map(#viewed::#variants),
                    )*
                    _ => <#ident as #private::Item>::decode(#private::ViewId::DEFAULT, __message).map(#viewed::Default),
                }
            }

            fn view_named(__name: &::core::primitive::str) -> ::core::option::Option<#private::ViewId> {
                match __name {
                    "" | "default" => ::core::option::Option::Some(#private::ViewId::DEFAULT),
                    #(#names => ::core::option::Option::Some(#private::ViewId::new(#numbers)),)*
                    _ => ::core::option::Option::None,
                }
            }

            fn message_schema(__types: &mut #runtime::model::Types) -> #runtime::model::Schema {
                <#ident as #private::Value>::schema(__types)
            }
        }

        #[automatically_derived]
        impl #private::NamedViews for #ident {
            const OF: &'static ::core::primitive::str = #name;
            const NAMES: &'static [&'static ::core::primitive::str] = &["default", #(#names),*];
        }

        #[automatically_derived]
        impl #private::Views for #ident {
            type View = #view_ident;
            type Viewed = #viewed;

            fn decode_list(
                __view: #private::ViewId,
                __message: #private::MessageRef<'_>,
            ) -> ::core::result::Result<::std::vec::Vec<#viewed>, #private::Invalid> {
                match __view.as_u8() {
                    #(#numbers => #private::decode_list::<#projections, _>(__message, #viewed::#variants),)*
                    _ => #private::decode_list::<#ident, _>(__message, #viewed::Default),
                }
            }
        }
    }
}
