//! From the description of a message to its implementation.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens as _, format_ident, quote, quote_spanned};
use syn::{Expr, ExprLit, Ident, Lit, Type, spanned::Spanned};

use super::{
    arguments::Options,
    generics::Pieces,
    parse::{Derived, Field, Message},
    serde_impls::{default_value, deserialize, float, serialize, ungrouped},
    views,
};
use crate::runtime::Runtime;

/// Everything but the struct itself.
pub(super) fn expand(runtime: &Runtime, message: &Message) -> TokenStream {
    let implementation = implement(runtime, message);
    let conversions = conversions(message);
    let views = views::expand(runtime, message);
    quote!(#implementation #conversions #views)
}

/// The `derive` for what the user did not derive.
pub(super) fn derive(derived: Derived) -> TokenStream {
    let clone = (!derived.clone).then(|| quote!(::core::clone::Clone,));
    let partial_eq = (!derived.partial_eq).then(|| quote!(::core::cmp::PartialEq,));
    quote!(#[derive(#clone #partial_eq)])
}

/// Everything but the struct itself, its conversions and its views.
pub(super) fn implement(runtime: &Runtime, message: &Message) -> TokenStream {
    let pieces = Pieces::of(runtime, &message.generics);
    let debug = (!message.derived.debug).then(|| debug(runtime, message, &pieces));
    let serialize = (!message.derived.serialize).then(|| serialize(runtime, message, &pieces));
    let deserialize = (!message.derived.deserialize).then(|| deserialize(runtime, message, &pieces));
    let value = value(runtime, message, &pieces);
    quote! {
        #debug
        #serialize
        #deserialize
        #value
    }
}

fn debug(runtime: &Runtime, message: &Message, pieces: &Pieces) -> TokenStream {
    let private = runtime.private();
    let ident = &message.ident;
    let name = ident.to_string();
    let implementing = pieces.implementing_with(&quote!(::core::fmt::Debug));
    let (arguments, conditions) = (pieces.arguments(), pieces.conditions());
    let fields = message.fields.iter().map(|field| {
        let ident = &field.ident;
        let label = crate::syntax::wire_name(ident);
        match field.options.secret {
            None => quote!(.field(#label, &self.#ident)),
            Some(_) => quote!(.field(#label, &#private::Redacted)),
        }
    });
    quote! {
        #[automatically_derived]
        impl #implementing ::core::fmt::Debug for #ident #arguments #conditions {
            fn fmt(&self, __f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                __f.debug_struct(#name) #(#fields)* .finish()
            }
        }
    }
}

fn value(runtime: &Runtime, message: &Message, pieces: &Pieces) -> TokenStream {
    let private = runtime.private();
    let Message { ident, description, .. } = message;
    let (implementing, arguments, conditions) = (pieces.implementing(), pieces.arguments(), pieces.conditions());
    let (named, name) = pieces.model_name(runtime, ident);
    let said = said_of_message(message);
    let fields = message.fields.iter().map(|field| model_field(runtime, message, field));
    let flattens = message.fields.iter().any(|field| field.flatten.is_some());
    let type_name = ident.to_string();
    let apart = flattens.then(|| quote!(#private::assert_members_apart(#type_name, &__message);));
    let model_views = views::model(runtime, message);
    let validated = message.fields.iter().map(|field| {
        let Field { ident, name, ty, .. } = field;
        // Where the type is wrong, all that is made of it says so at its token in the same words, which the compiler tells once.
        let span = Span::call_site().located_at(ty.span());
        match field.flatten {
            None if field.options.rules.is_empty() => quote_spanned! {span=>
                <#ty as #private::Value>::validate_member(&self.#ident, #name, __at);
            },
            None => {
                let rules = rules_name(&message.ident, ident);
                quote_spanned! {span=>
                    <#ty as #private::Ruled>::validate_ruled(&self.#ident, #name, &#rules, __at);
                }
            }
            Some(_) => quote!(#private::Value::validate(&self.#ident, __at);),
        }
    });
    let generic = !message.generics.params.is_empty();
    let rules = message.fields.iter().filter_map(|field| {
        field.options.rules.constant(runtime, &rules_name(&message.ident, &field.ident), &field.ty, generic)
    });
    let unused = message.fields.is_empty().then(|| quote!(let _ = __at;));
    let serialize_view = views::serialize(runtime, message);
    let members = message.fields.iter().map(|Field { name, ty, .. }| {
        quote_spanned!(ty.span()=> #private::Member { name: #name, scalar: <#ty as #private::Value>::SCALAR })
    });
    quote! {
        #(#rules)*

        #[automatically_derived]
        impl #implementing #private::Value for #ident #arguments #conditions {
            const MEMBERS: &'static [#private::Member] = &[#(#members),*];

            fn schema(__types: &mut #runtime::model::Types) -> #runtime::model::Schema {
                #named
                __types.define(#name, ::core::any::type_name::<Self>(), |__types| {
                    let mut __message = #runtime::model::Message::new(#description);
                    #said
                    #(#fields)*
                    #apart
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
        impl #implementing #private::NotNull for #ident #arguments #conditions {}

        #[automatically_derived]
        impl #implementing #private::Flatten for #ident #arguments #conditions {}
    }
}

/// What the model tells of the message as a whole.
fn said_of_message(message: &Message) -> TokenStream {
    let deprecated = message.deprecated.then(|| quote!(__message.deprecated = true;));
    let of = |word: fn(&Field) -> bool| message.fields.iter().find(|field| word(field)).map(|field| &field.name);
    let event_id = of(|field| field.event_id.is_some())
        .map(|name| quote!(__message.event_id = ::core::option::Option::Some(#name.into());));
    let event_type = of(|field| field.event_type.is_some())
        .map(|name| quote!(__message.event_type = ::core::option::Option::Some(#name.into());));
    quote!(#deprecated #event_id #event_type)
}

/// What the model tells of a value that has a name: what follows its schema, and statements about `target`.
pub(super) fn said_of_value(
    runtime: &Runtime,
    target: &TokenStream,
    ty: &Type,
    options: &Options,
    rules: &Ident,
) -> (Option<TokenStream>, TokenStream) {
    let private = runtime.private();
    let format = options.rules.model_format(runtime);
    let rules = (!options.rules.is_empty()).then(|| quote!(#target.rules = #rules.model();));
    let secret = options.secret.as_ref().map(|_| quote!(#target.secret = true;));
    let examples = options.examples.iter().map(|example| {
        let span = example.span();
        match ungrouped(example) {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => {
                quote_spanned!(span=> #target.examples.push(#private::text_example::<#ty>(#text));)
            }
            example => {
                let example = float(ty, example).unwrap_or_else(|| example.to_token_stream());
                quote_spanned!(span=> #target.examples.push(#private::example::<#ty>(#example));)
            }
        }
    });
    (format, quote!(#secret #rules #(#examples)*))
}

/// The constant that holds the rules of a field.
fn rules_name(message: &Ident, field: &Ident) -> Ident {
    format_ident!("__RULES_{}_{}", message, field)
}

fn model_field(runtime: &Runtime, message: &Message, field: &Field) -> TokenStream {
    let private = runtime.private();
    let Field { ty, name, description, .. } = field;
    // Locals have the span of the call: of another one they would be strangers, where a macro of the user's wrote the type.
    let (message_local, types) = (quote!(__message), quote!(__types));
    if field.flatten.is_some() {
        return quote_spanned!(ty.span()=> #private::flatten::<#ty>(&mut #message_local, #types););
    }
    let tag = field.tag.as_ref().map_or(0, |tag| tag.number);
    let schema = quote_spanned!(ty.span()=> <#ty as #private::Value>::schema(#types));
    let whole = field.optional.as_ref().unwrap_or(ty);
    let (format, said) =
        said_of_value(runtime, &quote!(__field), whole, &field.options, &rules_name(&message.ident, &field.ident));
    let deprecated = field.deprecated.then(|| quote!(__field.deprecated = true;));
    let event = (field.event_id.is_some() || field.event_type.is_some())
        .then(|| quote_spanned!(ty.span()=> #private::assert_event_text::<#whole>();));
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
            let __schema = #schema #format;
            #[allow(unused_variables)]
            let __field = #private::describe::field(&mut __message, #tag, #name, #description, __schema);
            #said
            #deprecated
            #event
            #default
        }
    }
}

/// `From` in one direction or both, field by field.
fn conversions(message: &Message) -> TokenStream {
    let ident = &message.ident;
    let (implementing, arguments, conditions) = message.generics.split_for_impl();
    let fields: Vec<_> = message.fields.iter().map(|field| &field.ident).collect();
    let conversion = |from: TokenStream, into: TokenStream, span: proc_macro2::Span| {
        quote_spanned! {span=>
            #[automatically_derived]
            impl #implementing ::core::convert::From<#from> for #into #conditions {
                fn from(__from: #from) -> Self {
                    Self { #(#fields: ::core::convert::Into::into(__from.#fields)),* }
                }
            }
        }
    };
    let from = message.from.iter().map(|from| conversion(quote!(#from), quote!(#ident #arguments), from.span()));
    let into = message.into.iter().map(|into| conversion(quote!(#ident #arguments), quote!(#into), into.span()));
    quote!(#(#from)* #(#into)*)
}
