//! From the description of a message to its implementation.

use proc_macro2::TokenStream;
use quote::quote;
use syn::ItemStruct;

use super::{
    parse::{Derived, Field, Message},
    serde_impls::{default_value, deserialize, serialize},
    views,
};
use crate::runtime::Runtime;

/// The item itself, what it did not derive, and the implementation of `Value`.
pub(super) fn expand(runtime: &Runtime, item: &ItemStruct, message: &Message) -> TokenStream {
    let derive = derive(message.derived);
    let implementation = implement(runtime, message);
    let views = views::expand(runtime, message);
    quote! {
        #derive
        #item
        #implementation
        #views
    }
}

/// The `derive` for what the user did not derive.
pub(super) fn derive(derived: Derived) -> TokenStream {
    let clone = (!derived.clone).then(|| quote!(::core::clone::Clone,));
    let partial_eq = (!derived.partial_eq).then(|| quote!(::core::cmp::PartialEq,));
    quote!(#[derive(#clone #partial_eq)])
}

/// Everything but the struct itself and its views.
pub(super) fn implement(runtime: &Runtime, message: &Message) -> TokenStream {
    let debug = (!message.derived.debug).then(|| debug(runtime, message));
    let serialize = (!message.derived.serialize).then(|| serialize(runtime, message));
    let deserialize = (!message.derived.deserialize).then(|| deserialize(runtime, message));
    let value = value(runtime, message);
    quote! {
        #debug
        #serialize
        #deserialize
        #value
    }
}

fn debug(runtime: &Runtime, message: &Message) -> TokenStream {
    let private = runtime.private();
    let ident = &message.ident;
    let name = ident.to_string();
    let fields = message.fields.iter().map(|field| {
        let ident = &field.ident;
        let label = crate::syntax::wire_name(ident);
        match field.secret {
            None => quote!(.field(#label, &self.#ident)),
            Some(_) => quote!(.field(#label, &#private::Redacted)),
        }
    });
    quote! {
        #[automatically_derived]
        impl ::core::fmt::Debug for #ident {
            fn fmt(&self, __f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                __f.debug_struct(#name) #(#fields)* .finish()
            }
        }
    }
}

fn value(runtime: &Runtime, message: &Message) -> TokenStream {
    let private = runtime.private();
    let Message { ident, description, .. } = message;
    let name = ident.to_string();
    let fields = message.fields.iter().map(|field| model_field(runtime, field));
    let model_views = views::model(runtime, message);
    let validated = message.fields.iter().map(|field| {
        let Field { ident, name, .. } = field;
        quote!(__at.field(#name, &self.#ident);)
    });
    let unused = message.fields.is_empty().then(|| quote!(let _ = __at;));
    let serialize_view = views::serialize(runtime, message);
    let members = message.fields.iter().map(|Field { name, ty, .. }| quote!(#private::Member::of::<#ty>(#name)));
    quote! {
        #[automatically_derived]
        impl #private::Value for #ident {
            const MEMBERS: &'static [#private::Member] = &[#(#members),*];

            fn schema(__types: &mut #runtime::model::Types) -> #runtime::model::Schema {
                __types.define(#name, ::core::any::type_name::<Self>(), |__types| {
                    let mut __message = #runtime::model::Message::new(#description);
                    #(#fields)*
                    #model_views
                    let _ = __types;
                    #runtime::model::Definition::Message(__message)
                })
            }

            fn validate(&self, __at: &mut #private::Validator) {
                #unused
                #(#validated)*
            }

            #serialize_view
        }

        #[automatically_derived]
        impl #private::NotNull for #ident {}
    }
}

fn model_field(runtime: &Runtime, field: &Field) -> TokenStream {
    let private = runtime.private();
    let Field { ty, name, description, .. } = field;
    let tag = field.tag.as_ref().map_or(0, |tag| tag.number);
    let format = field.format.as_ref().map(|(format, _)| {
        // Its variant is named like its debug output.
        let variant = quote::format_ident!("{format:?}");
        quote!(.with_format(#runtime::model::Format::#variant))
    });
    let described = (!description.is_empty()).then(|| quote!(__field.description = #description.into();));
    let secret = field.secret.as_ref().map(|_| quote!(__field.secret = true;));
    let default = field.default.as_ref().map(|default| {
        let default = default_value(ty, default);
        quote! {
            let __default: #ty = #default;
            __field.required = false;
            __field.default = #private::serde_json::to_value(__default).ok();
        }
    });
    quote! {
        {
            let mut __field = #runtime::model::Field::new(#tag, #name, <#ty as #private::Value>::schema(__types) #format);
            #described
            #secret
            #default
            __message.fields.push(__field);
        }
    }
}
