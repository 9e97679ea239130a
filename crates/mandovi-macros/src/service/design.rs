//! `ChatterDesign`: the design as data, made without any implementation of the trait.

use mandovi_model::{Location, Verb};
use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::{Expr, ExprLit, Ident, Lit};

use super::{
    Service,
    argument::{Argument, Count, Kind, Parameter},
    method::Method,
};
use crate::{message::default_value, runtime::Runtime};

/// The struct with its one function.
pub(super) fn expand(runtime: &Runtime, service: &Service) -> TokenStream {
    let Service { ident, visibility, description, .. } = service;
    let design = service.derived_ident("Design");
    let name = ident.to_string();
    let base = service.arguments.path.as_ref().map(|path| {
        let path = path.value();
        let path = path.trim_end_matches('/');
        quote!(__service.path = #path.into();)
    });
    let schemes = service.arguments.schemes.iter().map(|scheme| scheme.model(runtime));
    let info = service.arguments.info.model(runtime);
    let tuning = service.arguments.tuning.model(runtime, &quote!(__service));
    let methods = service.methods.iter().map(|method| self::method(runtime, service, method));
    let rules = service.methods.iter().flat_map(|method| rules(runtime, method));
    let private = runtime.private();
    let doc = format!("The design of [`{ident}`], as data.");
    quote! {
        #[doc = #doc]
        #[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug)]
        #visibility struct #design;

        impl #design {
            #(#rules)*

            /// The design as plain data, from which documents and clients are made.
            pub fn model() -> #runtime::model::Service {
                #[allow(unused_mut)]
                let mut __types = #runtime::model::Types::new();
                let mut __service = #runtime::model::Service::new(#name);
                __service.description = #description.into();
                #base
                #info
                #(#schemes)*
                #tuning
                #(#methods)*
                __service.types = __types;
                #private::assert_model(&__service);
                __service
            }
        }

        #[automatically_derived]
        impl #runtime::Design for #design {
            fn model() -> #runtime::model::Service {
                Self::model()
            }
        }
    }
}

/// A verb as a path to its variant.
pub(super) fn verb(runtime: &Runtime, verb: Verb) -> TokenStream {
    match verb {
        Verb::Post => quote!(#runtime::model::Verb::Post),
        Verb::Put => quote!(#runtime::model::Verb::Put),
        Verb::Patch => quote!(#runtime::model::Verb::Patch),
        Verb::Delete => quote!(#runtime::model::Verb::Delete),
        _ => quote!(#runtime::model::Verb::Get),
    }
}

/// A location as a path to its variant.
pub(super) fn location(runtime: &Runtime, location: Location) -> TokenStream {
    match location {
        Location::Path => quote!(#runtime::model::Location::Path),
        Location::Header => quote!(#runtime::model::Location::Header),
        Location::Cookie => quote!(#runtime::model::Location::Cookie),
        _ => quote!(#runtime::model::Location::Query),
    }
}

fn method(runtime: &Runtime, service: &Service, method: &Method) -> TokenStream {
    let private = runtime.private();
    let Method { description, result, error, .. } = method;
    let name = crate::syntax::wire_name(&method.ident);
    let verb = verb(runtime, method.attribute.verb);
    let path = service.path(method);
    let parameters =
        method.parameters().map(|(argument, parameter)| self::parameter(runtime, service, method, argument, parameter));
    let body = method.body().map(|body| {
        let ty = &body.ty;
        quote! {
            #private::describe::set(&mut __method.body, <#ty as #private::Value>::schema(&mut __types));
        }
    });
    let result = method.has_result().then(|| {
        quote! {
            #private::describe::set(&mut __method.result, <#result as #private::Value>::schema(&mut __types));
        }
    });
    let input = method.input().map(|item| {
        quote! {
            #private::describe::set(
                &mut __method.streaming.input,
                <#item as #private::Item>::message_schema(&mut __types),
            );
        }
    });
    let output = method.output().map(|item| {
        quote! {
            #private::describe::set(
                &mut __method.streaming.output,
                <#item as #private::Item>::message_schema(&mut __types),
            );
        }
    });
    let raw =
        method.input().or(method.output()).map(|item| quote!(__method.streaming.raw = <#item as #private::Item>::RAW;));
    let opening = method.is_opening().then(|| quote!(__method.streaming.opening = true;));
    let view = method.attribute.view.as_ref().map(|view| {
        let view = crate::syntax::wire_name(view);
        quote!(__method.view = ::core::option::Option::Some(#view.into());)
    });
    let scopes = &method.attribute.auth.scopes;
    let security = method.attribute.auth.schemes.iter().map(|scheme| {
        let scheme = crate::syntax::wire_name(scheme);
        quote! {
            #private::describe::security(__method, #scheme, &[#(#scopes),*]);
        }
    });
    let response = method.attribute.response.model(runtime);
    let tuning = method.attribute.tuning.model(runtime, &quote!(__method));
    let deprecated = method.deprecated.as_ref().map(|_| quote!(__method.deprecated = true;));
    let errors =
        error.as_ref().map(|error| quote!(__method.errors = <#error as #private::DeclaredError>::cases(&mut __types);));
    quote! {
        {
            #[allow(unused_variables)]
            let __method = #private::describe::method(&mut __service, #name, #verb, #path, #description);
            #(#parameters)*
            #body
            #result
            #input
            #output
            #raw
            #opening
            #view
            #response
            #tuning
            #(#security)*
            #errors
            #deprecated
        }
    }
}

/// The constants that hold the rules of a method's parameters: server and client judge by them as well.
fn rules(runtime: &Runtime, method: &Method) -> Vec<TokenStream> {
    let constants = method.parameters().filter_map(|(argument, parameter)| {
        parameter.rules.constant(runtime, &rules_name(method, argument), &parameter.value, false)
    });
    constants.collect()
}

fn rules_name(method: &Method, argument: &Argument) -> Ident {
    format_ident!("__RULES_{}__{}", method.ident, argument.ident)
}

/// The path of the constant that holds the rules of a parameter, if it has any.
pub(super) fn rules_of(service: &Service, method: &Method, argument: &Argument) -> Option<TokenStream> {
    let Kind::Parameter(parameter) = &argument.kind else { return None };
    let (design, name) = (service.derived_ident("Design"), rules_name(method, argument));
    (!parameter.rules.is_empty()).then(|| quote!(#design::#name))
}

fn parameter(
    runtime: &Runtime,
    service: &Service,
    method: &Method,
    argument: &Argument,
    parameter: &Parameter,
) -> TokenStream {
    let private = runtime.private();
    let Parameter { name, description, value, selects_view, .. } = parameter;
    let last_event_id = parameter.last_event_id.then(|| quote!(__parameter.last_event_id = true;));
    let location = location(runtime, parameter.location);
    let required = parameter.count == Count::One && parameter.default.is_none();
    let many = parameter.count == Count::Many;
    let default = parameter.default.as_ref().map(|default| {
        let default = default_value(value, default);
        quote! {
            let __default: #value = #default;
            __parameter.default = #private::serde_json::to_value(__default).ok();
        }
    });
    let format = parameter.rules.model_format(runtime);
    let rules = rules_of(service, method, argument).map(|rules| quote!(__parameter.rules = #rules.model();));
    let examples = parameter.examples.iter().map(|example| match example {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => {
            quote_spanned!(text.span()=> __parameter.examples.extend(#private::describe::text_example::<#value>(#text));)
        }
        example => {
            let example = default_value(value, example);
            quote! {
                let __example: #value = #example;
                __parameter.examples.extend(#private::serde_json::to_value(__example));
            }
        }
    });
    quote! {
        let __schema = <#value as #private::Parameter>::schema(&mut __types) #format;
        let __parameter = #private::describe::parameter(__method, #name, #location, #description, __schema);
        __parameter.required = #required;
        __parameter.many = #many;
        __parameter.selects_view = #selects_view;
        #last_event_id
        #rules
        #default
        #(#examples)*
    }
}
